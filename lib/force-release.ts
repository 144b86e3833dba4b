/**
 * Takes a key away from whoever holds it. The lease goes to a token of nobody's and is given back by that, so that the
 * holder's own release, when it comes, is answered "gone": it hears that its section was not alone to the end.
 */
import { randomBytes } from 'node:crypto';
import type { LeaseKeeper } from './lease/lease-keeper.js';
import { asLockError } from './store-failure.js';
import { DEFAULT_TIMING, FENCE_BLOCK } from './stores/lock-store.js';
import type { LockStore } from './stores/lock-store.js';

/** Should its release get lost, nobody's lease ends as soon as one that its waiter did not claim. */
const TTL = DEFAULT_TIMING.claimWindow;

/** Answers whether somebody held the key, or something was deleted that is not a lock. */
export async function forceRelease(store: LockStore, keeper: LeaseKeeper, key: string): Promise<boolean> {
  const [state] = await store.inspect([key]);
  const { holder, foreign } = state!;
  const repaired = foreign === true && (await store.repair?.(key)) === true;
  if (!holder) return repaired;
  const { token } = holder;
  // Whatever its holder has used of the lease's fencing tokens, the next begins behind them.
  const fencingToken = holder.fencingToken + FENCE_BLOCK - 1;
  const nobody = { token: `${store.processId}${randomBytes(18).toString('base64url')}`, ttl: TTL };
  const request = { key, token, kind: 'exclusive', fencingToken, successor: nobody } as const;
  let isReleased: boolean;
  try {
    const [answer] = await store.release([request]);
    if (answer!.error !== undefined) throw answer!.error;
    isReleased = answer!.state === 'released';
  } catch (error) {
    keeper.takeBack(key, nobody.token, TTL, error);
    throw asLockError(key, error);
  }
  if (isReleased) await keeper.giveBack(key, nobody.token, TTL);
  return isReleased || repaired;
}
