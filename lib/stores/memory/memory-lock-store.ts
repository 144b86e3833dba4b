/**
 * The store that lives in the memory of one process: it excludes callers of this process only. It is what unit tests
 * and the demo without a server use, and it answers every request as the Redis store does. It has no timers: what has
 * expired is found out when somebody asks.
 */
import { randomBytes } from 'node:crypto';
import { LockUnavailableError } from '../../lock.errors.js';
import { DEFAULT_TIMING } from '../lock-store.js';
import type {
  AcquireRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TouchRequest,
} from '../lock-store.js';
import { clockMicroseconds, toMicroseconds } from './clock.js';
import { KeyRecord } from './key-record.js';
import type { RecordSurroundings } from './key-record.js';
import { RecordTable } from './record-table.js';

const STOPPED =
  'The in-memory lock store was stopped and has forgotten all leases. Stop using locks before the module is closed, or ' +
  'make a new store.';

/** Keeps leases in the memory of this process. */
export class MemoryLockStore implements LockStore {
  readonly name = 'memory';
  readonly processId = randomBytes(8).toString('base64url');
  /** @internal */
  readonly records: RecordTable;

  private readonly surroundings: RecordSurroundings;
  private lastFence = 0;
  private listener: GrantListener | null = null;
  private stopped = false;

  /** @param timing - numbers of the protocol that differ from the defaults. */
  constructor(timing: Partial<StoreTiming> = {}) {
    const { claimWindow, placeLife, retention } = { ...DEFAULT_TIMING, ...timing };
    this.records = new RecordTable(toMicroseconds(retention));
    this.surroundings = {
      claimWindow: toMicroseconds(claimWindow),
      placeLife: toMicroseconds(placeLife),
      nextFence: (now) => this.nextFence(now),
      reportGrant: (token) => this.reportGrant(token),
    };
  }

  async start(): Promise<void> {
    this.refuseWhenStopped();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.listener = null;
    this.records.clear();
  }

  async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.answer(requests, (request, now) => {
      const record = this.records.find(request.key, now) ?? new KeyRecord(this.surroundings);
      const answer = record.acquire(request, now);
      this.records.file(request.key, record, now);
      return answer;
    });
  }

  async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.answer(
      requests,
      (request, now) => this.records.find(request.key, now)?.touch(request, now) ?? { state: 'gone' },
    );
  }

  async release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.answer(requests, (request, now) => {
      const record = this.records.find(request.key, now);
      if (record === undefined) return 'gone';
      const answer = record.release(request, now);
      this.records.file(request.key, record, now);
      return answer;
    });
  }

  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    return this.answer(
      keys,
      (key, now) =>
        this.records.find(key, now)?.inspect(key, now) ?? { key, holder: null, waiting: [], lastFencingToken: null },
    );
  }

  onGrant(listener: GrantListener | null): void {
    this.listener = listener;
  }

  private answer<Request, Answer>(
    requests: readonly Request[],
    one: (request: Request, now: number) => Answer,
  ): Answer[] {
    this.refuseWhenStopped();
    const now = clockMicroseconds();
    return requests.map((request) => one(request, now));
  }

  private refuseWhenStopped(): void {
    if (this.stopped) throw new LockUnavailableError(STOPPED);
  }

  /** One sequence for the whole store: it grows for every key, whatever was forgotten about that key. */
  private nextFence(now: number): number {
    this.lastFence = Math.max(this.lastFence + 1, now);
    return this.lastFence;
  }

  private reportGrant(token: string): void {
    if (!token.startsWith(this.processId)) return;
    // A promise and not queueMicrotask, which fake clocks replace. What the listener throws is no concern of the
    // caller whose request admitted the waiter: the report is only a hint.
    Promise.resolve(token)
      .then((admitted) => this.listener?.(admitted))
      .catch(() => undefined);
  }
}
