/** The small language of the cases: one process that sends requests to a store. */
import { randomUUID } from 'node:crypto';
import { EXCLUSIVE, READ } from '../../core/admission.js';
import type {
  AcquireRequest,
  ConvertRequest,
  GrantListener,
  KeyState,
  LeaseShare,
  LockStore,
  ReleaseAnswer,
  StoreAnswer,
  TogetherAnswer,
} from '../../stores/lock-store.js';
import { newProcessId } from '../../stores/protocol.js';

/** A duration that no case outlives. */
export const LONG = 60_000;
/** A duration that is over after `Scene.expire`. */
export const SHORT = 150;
export { EXCLUSIVE, READ };

/** What a case may leave out of a request. */
type Rest = { ttl?: number; wait?: boolean; fencingToken?: number };

/** A process that sends its requests one at a time. */
export class Driver {
  /** Begins every token of the driver's. */
  readonly processId = newProcessId();
  private tokens = 0;

  constructor(readonly store: LockStore) {}

  /** A new token of this process. */
  token(): string {
    this.tokens += 1;
    return `${this.processId}${this.tokens}-${randomUUID()}`;
  }

  async acquire(key: string, token: string, ttl = LONG, share: LeaseShare = EXCLUSIVE): Promise<StoreAnswer> {
    return only(await this.store.acquire([{ key, token, ...share, ttl, wait: false }]));
  }

  /** Acquires, or joins the queue. */
  async join(key: string, token: string, ttl = LONG, share: LeaseShare = EXCLUSIVE): Promise<StoreAnswer> {
    return only(await this.store.acquire([{ key, token, ...share, ttl, wait: true }]));
  }

  /** Acquires several keys, or none. */
  async together(requests: readonly (Pick<AcquireRequest, 'key' | 'token'> & Partial<AcquireRequest>)[]) {
    const together = requests.map((request) => ({ ...EXCLUSIVE, ttl: LONG, wait: false, ...request }));
    const answer: TogetherAnswer | undefined = await this.store.acquireTogether?.(together);
    if (!answer) throw new Error('Expected an answer of `acquireTogether`, got none.');
    return answer;
  }

  async touch(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.touch([{ key, token, ttl }]));
  }

  /** Gives back; `fencingToken` is the last one used, where the lease was passed on. */
  async release(key: string, token: string, fencingToken?: number): Promise<ReleaseAnswer['state']> {
    return only(await this.store.release([{ key, token, fencingToken }])).state;
  }

  /** Gives back, and names a successor. */
  async pass(
    key: string,
    token: string,
    fencingToken: number,
    to: string,
    ttl = LONG,
    share: LeaseShare = EXCLUSIVE,
  ): Promise<ReleaseAnswer> {
    const successor = { token: to, ...share, ttl };
    return only(await this.store.release([{ key, token, fencingToken, successor }]));
  }

  /** Asks for another share of a key than the token has. */
  async convert(key: string, token: string, { limit, weight }: LeaseShare, rest: Rest = {}): Promise<StoreAnswer> {
    const request: ConvertRequest = { key, token, limit, weight, ttl: LONG, wait: false, ...rest };
    if (!this.store.convert) throw new Error('Expected a method `convert`, found none.');
    return this.store.convert(request);
  }

  /** Sets who hears of grants to this process. */
  listen(listener: GrantListener | null): void {
    this.store.listen(this.processId, listener);
  }

  async inspect(key: string): Promise<KeyState> {
    return only(await this.store.inspect([key]));
  }

  /** The tokens that hold a key, in the order of their grants. */
  async holding(key: string): Promise<string[]> {
    return (await this.inspect(key)).holders.map(({ token }) => token);
  }

  /** What is known of a key, without what changes as time passes. */
  async lasting(key: string): Promise<unknown> {
    const { holders, ...state } = await this.inspect(key);
    return { ...state, holders: holders.map((holder) => ({ ...holder, expiresIn: undefined })) };
  }

  /** A holder, whose lease has `ttl` left, and waiters in the queue behind it. */
  async queue(key: string, waiters: number, ttl = LONG): Promise<{ holder: string; fence: number; waiting: string[] }> {
    const holder = this.token();
    const fence = fenceOf(await this.acquire(key, holder));
    const waiting = Array.from({ length: waiters }, () => this.token());
    for (const token of waiting) await this.join(key, token);
    // Only now: a lease that ended while the waiters join would go to the first of them.
    if (ttl !== LONG) await this.touch(key, holder, ttl);
    return { holder, fence, waiting };
  }

  /** New tokens that hold a key, one for each share. */
  async enter(key: string, ...shares: readonly LeaseShare[]): Promise<{ token: string; fence: number }[]> {
    const holders: { token: string; fence: number }[] = [];
    for (const share of shares) {
      const token = this.token();
      holders.push({ token, fence: fenceOf(await this.acquire(key, token, LONG, share)) });
    }
    return holders;
  }

  /** New tokens in the queue of a key, one for each share. */
  async line(key: string, ...shares: readonly LeaseShare[]): Promise<string[]> {
    const tokens = shares.map(() => this.token());
    for (const [i, token] of tokens.entries()) {
      const { state } = await this.join(key, token, LONG, shares[i]);
      if (state !== 'waiting') throw new Error(`Expected a place in the queue, but the store answered ${state}.`);
    }
    return tokens;
  }
}

/** The share of one of at most so many at a time. */
export function atMost(limit: number, weight = 1): LeaseShare {
  return { limit, weight };
}

/** The fencing token of an answer that must be `held`. */
export function fenceOf(answer: StoreAnswer): number {
  if (answer.state !== 'held') throw new Error(`Expected a lease, but the store answered ${JSON.stringify(answer)}.`);
  return answer.fencingToken;
}

/** The store's clock, in microseconds, of an answer that tells it. */
export function clockOf(answer: StoreAnswer): number {
  if (!('at' in answer)) throw new Error(`Expected no lease, but the store answered ${JSON.stringify(answer)}.`);
  return answer.at;
}

/** When the present lease ends, of an answer that tells it. */
export function expiryOf(answer: StoreAnswer): number {
  if (!('expiresIn' in answer)) throw new Error(`Expected no lease, but the store answered ${JSON.stringify(answer)}.`);
  return answer.expiresIn;
}

/** The only answer. */
export function only<Answer>(answers: readonly Answer[]): Answer {
  if (answers.length !== 1) throw new Error(`Expected one answer to one request, got ${answers.length}.`);
  return answers[0]!;
}
