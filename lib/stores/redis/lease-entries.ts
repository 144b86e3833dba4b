/** Writes requests as the lease script takes them. */
import type { AcquireRequest, ConvertRequest, ReleaseRequest, TouchRequest } from '../lock-store.js';
import { recordName } from './redis-keys.js';
import { convertDetail } from './scripts/convert.js';
import { leaseWords } from './scripts/lease-script.js';
import type { LeaseEntry } from './scripts/lease-script.js';
import { Mode } from './scripts/mode.js';
import { passDetail } from './scripts/release.js';
import { shareDetail } from './scripts/share-hold.js';

export class LeaseEntries {
  /** @param retention - see `StoreTiming`. */
  constructor(
    private readonly prefix: string,
    private readonly retention: number,
  ) {}

  readonly acquire = (request: AcquireRequest): LeaseEntry => {
    const { key, token, ttl, wait, limit } = request;
    if (limit === 1) return this.entry(key, token, (wait ? Mode.wait : Mode.try) + String(ttl + this.retention));
    return this.shared(wait ? Mode.waitShared : Mode.tryShared, request);
  };

  /** Only asks whether an acquire would be granted. */
  readonly ask = (request: AcquireRequest): LeaseEntry => this.shared(Mode.ask, request);

  readonly touch = ({ key, token, ttl }: TouchRequest): LeaseEntry =>
    this.entry(key, token, Mode.touch + String(ttl + this.retention));

  readonly release = (request: ReleaseRequest): LeaseEntry => {
    const { key, token, fencingToken } = request;
    const detail = fencingToken === undefined ? Mode.release : passDetail(fencingToken, request, this.retention);
    return this.entry(key, token, detail);
  };

  readonly convert = (request: ConvertRequest): LeaseEntry =>
    this.entry(request.key, request.token, convertDetail(request, this.retention));

  private shared(mode: string, request: AcquireRequest): LeaseEntry {
    return this.entry(request.key, request.token, shareDetail(mode, request.ttl + this.retention, request));
  }

  private entry(key: string, token: string, detail: string): LeaseEntry {
    return { record: recordName(this.prefix, key), words: leaseWords(token, detail) };
  }
}
