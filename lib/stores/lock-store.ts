/**
 * The port between the library and the place where leases are kept. One idea carries every kind of lock: a key is a
 * set of live holders, a line of waiters, and a rule for who may come in. A store answers four requests. Each takes a
 * list, is atomic per key, costs one round trip per list and is idempotent per token: repeating a request that was
 * already carried out changes nothing. Time is the store's own clock; callers only ever see durations.
 *
 * Any promise may reject; that means "unknown", never "no": the request may or may not have been carried out. Only a
 * `LockUnavailableError` that says so (`wasSent: false`) was certainly not.
 */

import { randomBytes } from 'node:crypto';

/** The rule for who may come in. Read, write and semaphore kinds widen this union. */
export type LockKind = 'exclusive';

/** Asks for the lease of one key. */
export interface AcquireRequest {
  readonly key: string;
  /** Random id of the lease asked for; begins with the id of the caller's process, see {@link LockStore.processId}. */
  readonly token: string;
  readonly kind: LockKind;
  /** Length of the lease in milliseconds. */
  readonly ttl: number;
  /** Join the line when the key is taken. */
  readonly wait: boolean;
}

/**
 * - `held`: the token holds the lease, from now for the ttl that was asked for. The grant comes with a block of
 *   {@link FENCE_BLOCK} fencing tokens, `fencingToken` the first: its owner may pass the lease on inside its own process
 *   and give each next holder the next of the block. The same lease always answers the same number.
 * - `waiting`: the token has a place in line (kept for {@link StoreTiming.placeLife} after each acquire or touch).
 * - `busy`: somebody else holds the key, or is ahead in line, and the request did not want to wait.
 * - `gone`: the token neither holds nor waits. A token that was released is gone for good.
 * - `unknown`: the store could not carry out this request, though perhaps others of its list.
 *
 * `isInDoubt`: the request was sent more than once, and may be carried out again; the token should be released.
 * `expiresIn`: milliseconds after which the present holder's lease ends unless it is renewed. `at`: the store's clock, in
 * microseconds, when it answered.
 */
export type StoreAnswer =
  | { readonly state: 'held'; readonly fencingToken: number }
  | { readonly state: 'waiting'; readonly expiresIn: number; readonly at: number }
  | { readonly state: 'busy'; readonly expiresIn: number; readonly at: number; readonly isInDoubt?: boolean }
  | { readonly state: 'gone' }
  | { readonly state: 'unknown'; readonly error: unknown };

/** Says "I am still here" for a holder or a waiter. */
export interface TouchRequest {
  readonly key: string;
  readonly token: string;
  readonly kind: LockKind;
  /** Length in milliseconds of the lease from now on, if the token holds it. */
  readonly ttl: number;
}

/** Takes a token out of the holders or out of the line, then admits the next. */
export interface ReleaseRequest {
  readonly key: string;
  readonly token: string;
  readonly kind: LockKind;
  /**
   * The last fencing token that was given out under the lease. It may be left out where that is the one the lease was
   * granted with, and there is no successor. With it the request is about a lease: a token that only has a place in line
   * loses it (a request sent twice may have brought it there), and the answer is `gone`.
   */
  readonly fencingToken?: number | undefined;
  /**
   * Asks for the lease in the same step, for a waiter of the same process: held when the line is empty, otherwise in line
   * behind the others. Nothing happens to it when `token` did not hold the lease.
   */
  readonly successor?: { readonly token: string; readonly ttl: number } | undefined;
}

/**
 * - `released`: the token held the lease, or waited, and no longer does; or this very release was carried out before.
 * - `gone`: the token neither held nor waited when the request arrived. Also the answer to a repeated release once
 *   somebody else was granted the key, or of a waiter that had left.
 * - `unknown`: the request may have been carried out twice (the connection broke meanwhile), so that `gone` proves
 *   nothing; or the store could not carry it out, and `error` says why.
 *
 * `successor`: what became of the successor that was named, as if it had asked by itself; `gone` where it was not let in.
 * `isInDoubt`: the lease was asked for more than once, and may be taken again; the token should be released again, later.
 */
export interface ReleaseAnswer {
  readonly state: 'released' | 'gone' | 'unknown';
  readonly error?: unknown;
  readonly successor?: StoreAnswer;
  readonly isInDoubt?: boolean;
}

/** What a store knows of a key, for people. */
export interface KeyState {
  /** The key. */
  readonly key: string;
  /**
   * Who holds it; `null` when it is free. The fencing token is the one the lease was granted with; where the lease was
   * passed on inside a process, the present holder's is greater.
   */
  readonly holder: { readonly token: string; readonly fencingToken: number; readonly expiresIn: number } | null;
  /** Tokens in line, next first. */
  readonly waiting: readonly string[];
  /** The last fencing token on record for the key; `null` when there is none. */
  readonly lastFencingToken: number | null;
  /**
   * Something that is not a lock lies where the lock is kept, so the key, or a place in its line, can't be had.
   * `forceRelease` takes it away.
   */
  readonly foreign?: true;
}

/** A waiter was admitted: it holds the lease, and may begin before it says so. */
export interface Grant {
  readonly token: string;
  readonly fencingToken: number;
  /** Length of the lease in milliseconds: the {@link StoreTiming.claimWindow} of whoever admitted it. */
  readonly ttl: number;
  /** The store's clock when it admitted the waiter, in microseconds; on the same scale as `at` of its answers. */
  readonly at: number;
}

/** Who hears of grants to tokens of a store's process. What it throws is swallowed. */
export interface GrantListener {
  /** A hint: it may come late, twice, or never. */
  granted(grant: Grant): void;
  /** Grants may have been missed until now: whoever waits should ask. */
  resumed(): void;
}

/** See the head of `lock-store.ts`. */
export interface LockStore {
  /** For messages: `redis` or `memory`. */
  readonly name: string;
  /** Begins every token of this process, so that the store can tell whom to send a grant. */
  readonly processId: string;
  /** How many entries a list may have: all of a list fail together, and hold up the store's other clients. */
  readonly maxListLength: number;
  /** Makes the store ready, or rejects with the reason why it cannot be. */
  start(): Promise<void>;
  /** Releases every resource the store opened itself; nothing it does not own. Later requests reject. */
  stop(): Promise<void>;
  /**
   * Already holding → the same grant again, for the full ttl. Free → held. Taken → `waiting` or `busy`.
   */
  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]>;
  /** Holder → lease extended. Waiter → place kept, or `held` when its turn has come. Neither → `gone`. Never `busy`. */
  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]>;
  /**
   * A holder's release passes the lease to the head of the line, for {@link StoreTiming.claimWindow}; without a line, to
   * the successor.
   */
  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]>;
  /** The state of keys; changes nothing. */
  inspect(keys: readonly string[]): Promise<KeyState[]>;
  /**
   * Takes away what is {@link KeyState.foreign}, and answers whether there was anything. A store that no other program
   * can write to needs none.
   */
  repair?(key: string): Promise<boolean>;
  /** Where grants to tokens of this process are reported. At most one listener; `null` removes it. */
  listen(listener: GrantListener | null): void;
}

/** Length of the process id at the beginning of each token. */
export const PROCESS_ID_LENGTH = 11;

/**
 * How many fencing tokens a grant reserves. A release tells which was the last one used; only where a lease ended without
 * one do the next holder's begin behind the block, so tokens do not run ahead of the clock.
 */
export const FENCE_BLOCK = 1_024;

/** A random id for {@link LockStore.processId}. */
export function newProcessId(): string {
  return randomBytes(8).toString('base64url');
}

/** The protocol's numbers, in milliseconds. Every process that shares keys must use the same. */
export interface StoreTiming {
  /** How long a waiter that was admitted may take to say that it is there, by a touch or an acquire. */
  readonly claimWindow: number;
  /** How long a place in line lives without a sign of its waiter: three heartbeats. */
  readonly placeLife: number;
  /** How long the record of a key, with its last fencing token, outlives its last use. */
  readonly retention: number;
}

/** Waiters say "I am still here" once a second. */
export const WAITER_HEARTBEAT = 1_000;

/** What every store uses unless a test asks for something else. */
export const DEFAULT_TIMING: StoreTiming = {
  claimWindow: 2_000,
  placeLife: 3 * WAITER_HEARTBEAT,
  retention: 600_000,
};
