/**
 * Takes a key away from its holder. The lease goes to a token without an owner, which gives it back at once. So
 * the holder's own release, when it comes, is answered "gone", and the holder hears that its section was not
 * alone to the end.
 */
import { randomBytes } from 'node:crypto';
import { EXCLUSIVE } from './lease/lease-requests.js';
import type { LeaseRequests } from './lease/lease-requests.js';
import { DEFAULT_TIMING, FENCE_BLOCK } from '../stores/protocol.js';
import type { LockStore } from '../stores/lock-store.js';

/**
 * If the release of that token gets lost, its lease ends as soon as one that its waiter did not claim. In milliseconds.
 */
const TTL = DEFAULT_TIMING.claimWindow;

/** What a forced release works with. */
interface ForceReleaseTools {
  readonly store: LockStore;
  readonly requests: LeaseRequests;
  readonly processId: string;
}

/** Answers whether the key was held, or something was deleted that is not a lock. */
export async function forceRelease({ store, requests, processId }: ForceReleaseTools, key: string): Promise<boolean> {
  const [found] = await store.inspect([key]);
  const { holders, foreign } = found!;
  const [holder] = holders;
  const repaired = foreign === true && (await store.repair?.(key)) === true;
  if (!holder) return repaired;
  const { token } = holder;
  // Whatever the holder has used of the lease's fencing tokens, the next begins behind them.
  const fencingToken = holder.fencingToken + FENCE_BLOCK - 1;
  const ownerless = { token: `${processId}${randomBytes(18).toString('base64url')}`, ...EXCLUSIVE, ttl: TTL };
  const request = { key, token, fencingToken, successor: ownerless } as const;
  const { state, error } = await requests.releaseOnce(request);
  if (error !== undefined) {
    requests.takeBack(key, ownerless.token, TTL, error);
    throw error;
  }
  const isReleased = state === 'released';
  if (isReleased) await requests.giveBack(key, ownerless.token, TTL);
  return isReleased || repaired;
}
