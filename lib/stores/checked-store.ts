/**
 * A store of the user's own, as the library may rely on it: whatever it does, each request is answered by as many answers
 * of the port's shape, or rejects. What is none of them is `unknown`: it proves neither a lease nor the loss of one.
 */
import { LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { isKeyState, isReleaseAnswer, isStoreAnswer } from './answer-shapes.js';
import type {
  AcquireRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from './lock-store.js';
import { MemoryLockStore } from './memory/memory-lock-store.js';
import { RedisLockStore } from './redis/redis.lock-store.js';

/**
 * @param timeLimit - how long a request may take, in milliseconds.
 * @returns the store as it is where it is one of ours, which check themselves what they hear; that costs a lock nothing.
 */
export function checked(store: LockStore, timeLimit: number): LockStore {
  return store instanceof RedisLockStore || store instanceof MemoryLockStore
    ? store
    : new CheckedStore(store, timeLimit);
}

class CheckedStore implements LockStore {
  readonly name: string;
  readonly processId: string;
  readonly maxListLength: number;

  constructor(
    private readonly store: LockStore,
    private readonly timeLimit: number,
  ) {
    this.name = store.name;
    this.processId = store.processId;
    this.maxListLength = store.maxListLength;
  }

  async start(): Promise<void> {
    await this.store.start();
  }

  async stop(): Promise<void> {
    await this.store.stop();
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.ask(requests, () => this.store.acquire(requests), readAnswer);
  }

  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.ask(requests, () => this.store.touch(requests), readTouched);
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.ask(requests, () => this.store.release(requests), readRelease);
  }

  inspect(keys: readonly string[]): Promise<KeyState[]> {
    return this.ask(keys, () => this.store.inspect(keys), readState);
  }

  async repair(key: string): Promise<boolean> {
    return (
      (await within(
        this.timeLimit,
        settled(async () => this.store.repair?.(key)),
      )) === true
    );
  }

  listen(listener: GrantListener | null): void {
    this.store.listen(listener);
  }

  /** Lists of another length belong to nobody: it is not known whose answer is missing. */
  private async ask<Request, Answer>(
    requests: readonly Request[],
    send: () => Promise<Answer[]>,
    read: (answer: unknown, request: Request) => Answer,
  ): Promise<Answer[]> {
    const answers = await within(this.timeLimit, settled(send));
    if (!Array.isArray(answers) || answers.length !== requests.length) throw oddly(answers);
    return requests.map((request, i) => read(answers[i], request));
  }
}

/** Rejects when the time is over; what a store does that late is found by those who ask again. */
function within<Outcome>(timeLimit: number, outcome: Promise<Outcome>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const tooLate = (): void => reject(new LockUnavailableError(messages.storeSilent(timeLimit)));
    const timer = setTimeout(tooLate, timeLimit);
    timer.unref?.();
    outcome.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function settled(send: () => unknown): Promise<unknown> {
  const promise = send();
  if (typeof (promise as Partial<Promise<unknown>> | null | undefined)?.then !== 'function') throw oddly(promise);
  try {
    return await promise;
  } catch (error) {
    // An error is told apart from none by being there.
    throw error ?? oddly(error);
  }
}

function readAnswer(answer: unknown, { key }: AcquireRequest | TouchRequest): StoreAnswer {
  return isStoreAnswer(answer) ? answer : { state: 'unknown', error: oddly(answer, key) };
}

function readTouched(answer: unknown, request: TouchRequest): StoreAnswer {
  const read = readAnswer(answer, request);
  return read.state === 'busy' ? { state: 'unknown', error: oddly(answer, request.key) } : read;
}

function readRelease(answer: unknown, { key, successor }: ReleaseRequest): ReleaseAnswer {
  if (!isReleaseAnswer(answer)) return { state: 'unknown', error: oddly(answer, key) };
  if (!successor || answer.successor === undefined || isStoreAnswer(answer.successor)) return answer;
  const error = oddly(answer.successor, key);
  return { state: answer.state, error: answer.error ?? error, successor: { state: 'unknown', error } };
}

function readState(state: unknown, key: string): KeyState {
  if (isKeyState(state)) return state;
  throw oddly(state, key);
}

function oddly(answer: unknown, key?: string): LockUnavailableError {
  return new LockUnavailableError(messages.oddAnswers(answer), { key });
}
