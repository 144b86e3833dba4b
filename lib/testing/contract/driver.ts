/** The small language of the cases: one process that sends requests to a store. */
import { randomUUID } from 'node:crypto';
import type { GrantListener, KeyState, LockStore, ReleaseAnswer, StoreAnswer } from '../../stores/lock-store.js';
import { newProcessId } from '../../stores/protocol.js';

/** A duration that no case outlives. */
export const LONG = 60_000;
/** A duration that is over after `Scene.expire`. */
export const SHORT = 150;
/** What every request of the library asks for today. */
export const EXCLUSIVE = { limit: 1, weight: 1 } as const;

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

  async acquire(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.acquire([{ key, token, ...EXCLUSIVE, ttl, wait: false }]));
  }

  /** Acquires, or joins the queue. */
  async join(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.acquire([{ key, token, ...EXCLUSIVE, ttl, wait: true }]));
  }

  async touch(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.touch([{ key, token, ttl }]));
  }

  /** Gives back; `fencingToken` is the last one used, where the lease was passed on. */
  async release(key: string, token: string, fencingToken?: number): Promise<ReleaseAnswer['state']> {
    return only(await this.store.release([{ key, token, fencingToken }])).state;
  }

  /** Gives back, and names a successor. */
  async pass(key: string, token: string, fencingToken: number, to: string, ttl = LONG): Promise<ReleaseAnswer> {
    const successor = { token: to, ...EXCLUSIVE, ttl };
    return only(await this.store.release([{ key, token, fencingToken, successor }]));
  }

  /** Sets who hears of grants to this process. */
  listen(listener: GrantListener | null): void {
    this.store.listen(this.processId, listener);
  }

  async inspect(key: string): Promise<KeyState> {
    return only(await this.store.inspect([key]));
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
