/**
 * The store that lives in the memory of one process: it excludes callers of this process only. It is what unit tests
 * and the demo without a server use, and it answers every request as the Redis store does. It has no timers: a request
 * finds out what has expired.
 */
import { INSPECT, printed } from '../../inspection.js';
import type { InspectArguments } from '../../inspection.js';
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type {
  AcquireRequest,
  ConvertRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
  TouchRequest,
} from '../lock-store.js';
import { clockMicroseconds } from './clock.js';
import { MemoryLeases } from './memory-leases.js';

/**
 * A {@link LockStore} in the memory of this process, for development and tests: it excludes callers of
 * this process only.
 */
export class MemoryLockStore implements LockStore {
  /** The processes whose grants are reported through this store. */
  private readonly listening = new Set<string>();
  private stopped = false;

  /**
   * @param leases - the leases to work on; stores on the same leases exclude each other. By default leases of its own.
   */
  constructor(private readonly leases: MemoryLeases = new MemoryLeases()) {}

  /** @internal */
  toJSON(): Record<string, unknown> {
    return this.leases.toJSON();
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
    for (const processId of this.listening) this.leases.listen(processId, null);
  }

  async ping(): Promise<void> {
    this.refuseWhenStopped();
  }

  async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.answer(requests, (request, now) => this.acquireOne(request, now));
  }

  async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.answer(requests, (request, now) => {
      const record = this.leases.records.find(request.key, now);
      if (record === undefined) return { state: 'gone' };
      const answer = record.touch(request, now);
      // The last lease that shared the key may have ended.
      if (record.isFree) this.leases.records.file(request.key, record, now);
      return answer;
    });
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

  async convert(request: ConvertRequest): Promise<StoreAnswer> {
    const [answer] = this.answer([request], (only, now): StoreAnswer => {
      const record = this.leases.records.find(only.key, now);
      if (record === undefined) return { state: 'gone' };
      const converted = record.convert(only, now);
      this.leases.records.file(only.key, record, now);
      return converted;
    });
    return answer!;
  }

  async acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
    this.refuseWhenStopped();
    const now = clockMicroseconds();
    for (const [index, request] of requests.entries()) {
      const record = this.leases.records.find(request.key, now) ?? this.leases.newRecord();
      if (!record.wouldHold(request, now)) return { state: 'busy', index, expiresIn: record.expiresIn(now) };
    }
    const answers = requests.map((request) => this.acquireOne(request, now));
    return {
      state: 'held',
      fencingTokens: answers.map((answer) => (answer.state === 'held' ? answer.fencingToken : 0)),
    };
  }

  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    return this.answer(
      keys,
      (key, now) =>
        this.leases.records.find(key, now)?.inspect(key, now) ?? {
          key,
          holders: [],
          waiting: [],
          lastFencingToken: null,
        },
    );
  }

  listen(processId: string, listener: GrantListener | null): void {
    this.listening.add(processId);
    this.leases.listen(processId, listener);
  }

  private acquireOne(request: AcquireRequest, now: number): StoreAnswer {
    const { records } = this.leases;
    const record = records.find(request.key, now) ?? this.leases.newRecord();
    const answer = record.acquire(request, now);
    records.file(request.key, record, now);
    return answer;
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
