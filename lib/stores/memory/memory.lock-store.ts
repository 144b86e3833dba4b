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
  KeySummary,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
  TouchRequest,
} from '../lock-store.js';
import { globMatcher } from '../glob.js';
import { processIdOf } from '../protocol.js';
import { clockMicroseconds } from './clock.js';
import { MemoryLeases } from './memory-leases.js';

/** How many keys are looked at in one turn of the event loop. */
const LIST_PIECE = 256;

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
      const { token, notice } = request;
      const isTold =
        notice !== undefined && record.inspect(request.key, now).holders.some((each) => each.token === token);
      const answer = record.release(request, now);
      this.leases.records.file(request.key, record, now);
      if (isTold && answer.state === 'released') this.leases.tell(processIdOf(token), notice);
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

  async *list(match: string): AsyncGenerator<readonly KeySummary[]> {
    const matches = globMatcher(match);
    const keys = this.leases.records.keys().filter(matches);
    for (let i = 0; i < keys.length; i += LIST_PIECE) {
      const states = await this.inspect(keys.slice(i, i + LIST_PIECE));
      const taken = states.filter(({ holders, waiting }) => holders.length > 0 || waiting.length > 0);
      if (taken.length > 0) yield taken.map(summaryOf);
    }
  }

  async introduce(processId: string, description: string, life: number): Promise<void> {
    this.leases.introduce(processId, description, life);
  }

  async describe(processIds: readonly string[]): Promise<(string | undefined)[]> {
    return processIds.map((id) => this.leases.describe(id));
  }

  async hear(): Promise<void> {}

  async tell(processId: string, text: string): Promise<boolean> {
    return this.leases.tell(processId, text);
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

function summaryOf({ key, holders, waiting }: KeyState): KeySummary {
  return { key, holderCount: holders.length, holder: holders.at(-1) ?? null, waitingCount: waiting.length };
}
