/**
 * A permit that is asked for beside the one for which the callers of a process have, or are about to get, a place in the
 * server's queue. It does not wait: where it is not granted at once, its caller waits for the other.
 */
import type { LeaseShare } from '../../stores/lock-store.js';
import { marginOf } from '../lease/margin.js';
import type { LeaseRequests } from '../lease/lease-requests.js';
import type { Admission, PendingLease, PendingOwner } from '../lease/pending-lease.js';
import type { LockSettings } from '../settings.js';

/** The queue that it is asked for. */
interface ExtraHome {
  readonly key: string;
  readonly tools: { readonly requests: LeaseRequests };
  admittedExtra(extra: ExtraAsk, pending: PendingLease, admission: Admission): void;
  refusedExtra(extra: ExtraAsk): void;
}

export class ExtraAsk implements PendingOwner {
  readonly ttl: number;
  readonly share: LeaseShare;
  readonly margin: number;
  private readonly pending: PendingLease;

  constructor(
    private readonly home: ExtraHome,
    settings: LockSettings,
    now: number,
  ) {
    const { ttl, share } = settings;
    this.ttl = ttl;
    this.share = share;
    this.margin = marginOf(settings, ttl);
    const { requests } = home.tools;
    this.pending = requests.pending.add(home.key, ttl, now, this);
    requests.ask(this.pending, settings, false);
  }

  /** No caller wants it any more. */
  abandon(): void {
    this.pending.isAbandoned = true;
    this.over();
    void this.home.tools.requests.giveBack(this.home.key, this.pending.token, this.length);
  }

  admitted(pending: PendingLease, admission: Admission): void {
    this.home.admittedExtra(this, pending, admission);
  }

  late({ token }: PendingLease): void {
    this.done();
    void this.home.tools.requests.giveBack(this.home.key, token, this.length);
  }

  busy(): void {
    this.done();
  }

  gone(): void {
    this.done();
  }

  failed({ key, token }: PendingLease, error: unknown): void {
    this.done();
    this.home.tools.requests.takeBack(key, token, this.length, error);
  }

  // It has no place in the server's queue, so none of these is called.
  inQueue(): void {}
  unreachable(): void {}
  moved(): void {}
  touch(): void {}

  private get length(): number {
    return this.ttl + this.margin;
  }

  private done(): void {
    this.over();
    this.home.refusedExtra(this);
  }

  private over(): void {
    this.pending.end();
    this.home.tools.requests.pending.remove(this.pending);
  }
}
