/**
 * What the contract suite needs of a store under test, and the small language its cases are written in. Cases run on a
 * fake clock as well as on a real one: whatever must be expired is short, whatever must be alive lasts a minute, and
 * no case depends on how long a request takes.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { KeyState, LockStore, ReleaseAnswer, StoreAnswer, StoreTiming } from '../../lib/stores/lock-store.js';

/** How the suite gets stores and lets time pass. One harness serves one test. */
export interface LockStoreHarness {
  /** Whether time passes by itself, as it does for a server. */
  readonly realTime: boolean;
  /** Makes a store and starts it. */
  create(timing: Partial<StoreTiming>): Promise<LockStore>;
  /** Another started store on the data of `store`; `store` itself where only one can see its data. */
  createPeer(store: LockStore, timing: Partial<StoreTiming>): Promise<LockStore>;
  /** Ends a store and whatever was opened for it. Called once per store, after the test. */
  dispose(store: LockStore): Promise<void>;
  /** Resolves when at least so many milliseconds have passed for the stores. */
  advance(ms: number): Promise<void>;
}

/** Called before each test. What a harness makes must not see the data of an earlier one. */
export type LockStoreHarnessFactory = () => LockStoreHarness | Promise<LockStoreHarness>;

/** A duration that no test outlives. */
export const LONG = 60_000;
/** A duration that is over after {@link Scene.expire}. */
export const SHORT = 150;
const OVER = 400;

/** A store with the requests that cases send, one at a time. */
export class Driver {
  private tokens = 0;

  constructor(readonly store: LockStore) {}

  /** A new token of the store's process. */
  token(): string {
    this.tokens += 1;
    return `${this.store.processId}${this.tokens}-${randomUUID()}`;
  }

  async acquire(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.acquire([{ key, token, kind: 'exclusive', ttl, wait: false }]));
  }

  /** Acquires, or joins the line. */
  async join(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.acquire([{ key, token, kind: 'exclusive', ttl, wait: true }]));
  }

  async touch(key: string, token: string, ttl = LONG): Promise<StoreAnswer> {
    return only(await this.store.touch([{ key, token, kind: 'exclusive', ttl }]));
  }

  /** Gives back; `fencingToken` is the last one used, where the lease was passed on. */
  async release(key: string, token: string, fencingToken?: number): Promise<ReleaseAnswer['state']> {
    return only(await this.store.release([{ key, token, kind: 'exclusive', fencingToken }])).state;
  }

  /** Gives back, and names a successor. */
  async pass(key: string, token: string, fencingToken: number, to: string, ttl = LONG): Promise<ReleaseAnswer> {
    const successor = { token: to, ttl };
    return only(await this.store.release([{ key, token, kind: 'exclusive', fencingToken, successor }]));
  }

  async inspect(key: string): Promise<KeyState> {
    return only(await this.store.inspect([key]));
  }

  /** What is known of a key, without what changes as time passes. */
  async lasting(key: string): Promise<unknown> {
    const { holder, ...state } = await this.inspect(key);
    return { ...state, holder: holder && { token: holder.token, fencingToken: holder.fencingToken } };
  }

  /** A holder, whose lease has `ttl` left, and waiters in line behind it. */
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

/** What one test plays on. */
export interface Scene {
  readonly realTime: boolean;
  /** A store for this test. Claim windows and places in line outlive the test unless `timing` says otherwise. */
  open(timing?: Partial<StoreTiming>): Promise<Driver>;
  /** Another process on the same data. */
  peerOf(driver: Driver, timing?: Partial<StoreTiming>): Promise<Driver>;
  /** Lets everything {@link SHORT} end. */
  expire(): Promise<void>;
  advance(ms: number): Promise<void>;
  /** A key nobody used before. */
  key(): string;
}

/** Sets the scene for the tests of the enclosing `describe`, and clears it away. */
export function useScene(factory: LockStoreHarnessFactory): Scene {
  let harness: LockStoreHarness;
  let keys = 0;
  const stores = new Set<LockStore>();
  const open = { claimWindow: LONG, placeLife: LONG };

  beforeEach(async () => {
    harness = await factory();
  });

  afterEach(async () => {
    const opened = [...stores];
    stores.clear();
    for (const store of opened) await harness.dispose(store);
  });

  const drive = (store: LockStore): Driver => {
    stores.add(store);
    return new Driver(store);
  };

  return {
    get realTime() {
      return harness.realTime;
    },
    open: async (timing = {}) => drive(await harness.create({ ...open, ...timing })),
    peerOf: async ({ store }, timing = {}) => drive(await harness.createPeer(store, { ...open, ...timing })),
    expire: () => harness.advance(OVER),
    advance: (ms) => harness.advance(ms),
    key: () => `contract ${(keys += 1)} ${randomUUID()}`,
  };
}

/** The fencing token of an answer that must be `held`. */
export function fenceOf(answer: StoreAnswer): number {
  if (answer.state !== 'held') throw new Error(`Expected a lease, but the store answered ${JSON.stringify(answer)}.`);
  return answer.fencingToken;
}

/** The store's clock, in microseconds, of an answer that tells it. */
export function clockOf(answer: StoreAnswer): number {
  if (!('at' in answer)) throw new Error(`Expected a place in line, but the store answered ${JSON.stringify(answer)}.`);
  return answer.at;
}

/** The answer to who waits, or may not wait. */
export function inLine(state: 'waiting' | 'busy' = 'waiting'): object {
  return { state, expiresIn: expect.any(Number), at: expect.any(Number) };
}

/** The only answer. */
export function only<Answer>(answers: readonly Answer[]): Answer {
  if (answers.length !== 1) throw new Error(`Expected one answer to one request, got ${answers.length}.`);
  return answers[0]!;
}
