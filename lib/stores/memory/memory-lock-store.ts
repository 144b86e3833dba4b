/**
 * The store that lives in the memory of one process: it excludes callers of this process only. It is what unit tests
 * and the demo without a server use, and it answers every request as the Redis store does. It has no timers: what has
 * expired is found out when somebody asks.
 */
import { INSPECT, printed } from '../../inspection.js';
import type { InspectArguments } from '../../inspection.js';
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { newProcessId } from '../lock-store.js';
import type {
  AcquireRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from '../lock-store.js';
import { clockMicroseconds } from './clock.js';
import { MemoryLeases } from './memory-leases.js';

/** Keeps leases in the memory of this process. */
export class MemoryLockStore implements LockStore {
  readonly name = 'memory';
  readonly processId = newProcessId();
  readonly maxListLength = 100;
  private stopped = false;

  /** @param leases - what to look at; several stores on the same leases exclude each other. By default leases of its own. */
  constructor(private readonly leases: MemoryLeases = new MemoryLeases()) {}

  /** @internal */
  toJSON(): Record<string, unknown> {
    return { name: this.name, ...this.leases.toJSON() };
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    return printed('MemoryLockStore', this.toJSON(), ...args);
  }

  async start(): Promise<void> {
    this.refuseWhenStopped();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.leases.listen(this.processId, null);
  }

  async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.answer(requests, (request, now) => {
      const record = this.leases.records.find(request.key, now) ?? this.leases.newRecord();
      const answer = record.acquire(request, now);
      this.leases.records.file(request.key, record, now);
      return answer;
    });
  }

  async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.answer(
      requests,
      (request, now) => this.leases.records.find(request.key, now)?.touch(request, now) ?? { state: 'gone' },
    );
  }

  async release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.answer(requests, (request, now) => {
      const record = this.leases.records.find(request.key, now);
      if (record === undefined) return { state: 'gone', ...(request.successor && { successor: { state: 'gone' } }) };
      const answer = record.release(request, now);
      this.leases.records.file(request.key, record, now);
      return answer;
    });
  }

  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    return this.answer(
      keys,
      (key, now) =>
        this.leases.records.find(key, now)?.inspect(key, now) ?? {
          key,
          holder: null,
          waiting: [],
          lastFencingToken: null,
        },
    );
  }

  listen(listener: GrantListener | null): void {
    this.leases.listen(this.processId, listener);
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
    if (this.stopped) throw new LockUnavailableError(messages.storeStopped(), { wasSent: false });
  }
}
