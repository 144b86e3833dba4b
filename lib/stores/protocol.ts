/** The numbers that the library and every store must agree on, for authors of other stores. */
import { randomBytes } from 'node:crypto';
import type { StoreTiming } from './lock-store.js';

/** Length of the process id at the beginning of each token. */
export const PROCESS_ID_LENGTH = 11;

/**
 * How many fencing tokens a grant reserves. A release tells the last one that was used, and the next grant follows it.
 * Only after a lease that ended without a release does the next grant begin behind the block; so tokens do not run
 * ahead of the clock.
 */
export const FENCE_BLOCK = 1_024;

/**
 * How many fencing tokens a grant reserves where the key may have other holders, see `LeaseShare`. A holder among others
 * can't give back those that it has not used, so the block is shorter: the tokens of a key run ahead of the server's clock only
 * where it has more than some 7 000 grants in a second, and then grow all the same as long as the server has its data.
 */
export const SHARED_FENCE_BLOCK = 128;

/** Milliseconds between two signs of life of a waiter. */
export const WAITER_HEARTBEAT = 1_000;

/** What every store uses unless a test asks for something else. */
export const DEFAULT_TIMING: StoreTiming = {
  claimWindow: 2_000,
  placeLife: 3 * WAITER_HEARTBEAT,
  retention: 600_000,
};

/** A random id of a process, {@link PROCESS_ID_LENGTH} characters long, for `LockStore.listen`. */
export function newProcessId(): string {
  return randomBytes(8).toString('base64url');
}

/** The id of the process that a token belongs to. */
export function processIdOf(token: string): string {
  return token.slice(0, PROCESS_ID_LENGTH);
}
