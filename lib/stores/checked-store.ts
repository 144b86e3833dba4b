/**
 * Wraps a store of the user's, so that the library may rely on it: whatever the store does, each list of requests gets
 * as many answers of the port's shape, or rejects. An answer of another shape becomes `unknown`: it proves neither a
 * lease nor the loss of one.
 */
import { LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import {
  isGrant,
  isKeyState,
  isKeySummary,
  isReleaseAnswer,
  isStoreAnswer,
  isTogetherAnswer,
} from './answer-shapes.js';
import type {
  AcquireRequest,
  ConvertRequest,
  Grant,
  GrantListener,
  KeyState,
  KeySummary,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
  TouchRequest,
} from './lock-store.js';
import { within } from './within.js';

export class CheckedStore implements LockStore {
  /** Absent where the store has none: then the library does without. */
  declare readonly acquireTogether?: (requests: readonly AcquireRequest[]) => Promise<TogetherAnswer> | undefined;
  declare readonly convert?: (request: ConvertRequest) => Promise<StoreAnswer>;
  declare readonly list?: (match: string) => AsyncIterable<readonly KeySummary[]>;
  declare readonly introduce?: (processId: string, description: string, life: number) => Promise<void>;
  declare readonly describe?: (processIds: readonly string[]) => Promise<(string | undefined)[]>;
  declare readonly hear?: (processId: string) => Promise<void>;
  declare readonly tell?: (processId: string, text: string, about?: string) => Promise<boolean>;

  /** @param timeLimit - how long a request may take, in milliseconds. */
  constructor(
    private readonly store: LockStore,
    private readonly timeLimit: number,
  ) {
    if (typeof store.acquireTogether === 'function') this.acquireTogether = this.askTogether;
    if (typeof store.convert === 'function') this.convert = this.askConvert;
    if (typeof store.list === 'function') this.list = this.askList;
    const inTime = <Outcome>(send: () => unknown): Promise<Outcome> =>
      within(timeLimit, settled(send)) as Promise<Outcome>;
    if (typeof store.introduce === 'function') {
      this.introduce = (id, description, life) => inTime(() => store.introduce!(id, description, life));
    }
    if (typeof store.describe === 'function') this.describe = this.askDescribe;
    if (typeof store.hear === 'function') this.hear = (id) => inTime(() => store.hear!(id));
    if (typeof store.tell === 'function') {
      this.tell = async (...said) => (await inTime<unknown>(() => store.tell!(...said))) !== false;
    }
  }

  async start(): Promise<void> {
    await this.store.start();
  }

  async stop(): Promise<void> {
    await within(
      this.timeLimit,
      settled(async () => this.store.stop()),
    );
  }

  async ping(): Promise<void> {
    await within(
      this.timeLimit,
      settled(() => this.store.ping()),
    );
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

  listen(processId: string, listener: GrantListener | null): void {
    const checked = listener && {
      granted: (grant: Grant) => {
        if (isGrant(grant)) listener.granted(grant);
      },
      resumed: () => listener.resumed(),
      told: (text: string) => {
        if (typeof text === 'string') listener.told?.(text);
      },
      reachable: (isReachable: boolean) => listener.reachable?.(isReachable === true),
    };
    this.store.listen(processId, checked);
  }

  private askTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> | undefined {
    let isRefused = false;
    const outcome = settled(() => {
      const answer = this.store.acquireTogether!(requests);
      isRefused = answer === undefined;
      return isRefused ? Promise.resolve() : answer;
    });
    if (isRefused) return undefined;
    return within(this.timeLimit, outcome).then((answer) => {
      if (isTogetherAnswer(answer, requests.length)) return answer;
      throw oddly(answer);
    });
  }

  private async *askList(match: string): AsyncGenerator<readonly KeySummary[]> {
    let pages: AsyncIterator<unknown> | undefined;
    try {
      for (;;) {
        const step = (await within(
          this.timeLimit,
          settled(() => (pages ??= this.store.list!(match)[Symbol.asyncIterator]()).next()),
        )) as IteratorResult<unknown>;
        if (step.done) return;
        if (!Array.isArray(step.value) || !step.value.every(isKeySummary)) throw oddly(step.value);
        yield step.value;
      }
    } finally {
      // A consumer that stops does not wait for the store, nor hear of what it does then.
      settled(() => pages?.return?.()).catch(() => undefined);
    }
  }

  private async askDescribe(processIds: readonly string[]): Promise<(string | undefined)[]> {
    const texts = await within(
      this.timeLimit,
      settled(() => this.store.describe!(processIds)),
    );
    if (!Array.isArray(texts) || texts.length !== processIds.length) throw oddly(texts);
    return texts.map((text: unknown) => (typeof text === 'string' ? text : undefined));
  }

  private async askConvert(request: ConvertRequest): Promise<StoreAnswer> {
    const answer = await within(
      this.timeLimit,
      settled(() => this.store.convert!(request)),
    );
    return readAnswer(answer, request);
  }

  /** A list of another length is refused as a whole: it is not known which of the answers is missing. */
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

async function settled(send: () => unknown): Promise<unknown> {
  const promise = send();
  if (typeof (promise as Partial<Promise<unknown>> | null | undefined)?.then !== 'function') throw oddly(promise);
  try {
    return await promise;
  } catch (error) {
    // Undefined would count as no error at all.
    throw error ?? oddly(error);
  }
}

function readAnswer(answer: unknown, { key }: AcquireRequest | TouchRequest | ConvertRequest): StoreAnswer {
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
