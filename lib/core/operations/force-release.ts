/**
 * Takes a key away from its holders. Each lease goes to a token without an owner, which gives it back at once. So
 * the holder's own release, when it comes, is answered "gone", and the holder hears that its section was not
 * protected to the end.
 */
import { randomBytes } from 'node:crypto';
import { EXCLUSIVE } from '../admission.js';
import type { LeaseRequests } from '../lease/lease-requests.js';
import { writeNotice } from './letters.js';
import { DEFAULT_TIMING, FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../../stores/protocol.js';
import type { HolderState, LockStore } from '../../stores/lock-store.js';

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

/** How many holders are taken away at the same time. */
const AT_A_TIME = 64;

/** What came of it. */
interface Taken {
  /** Whether the key was held, or something was deleted that is not a lock. */
  readonly isDone: boolean;
  /** The leases that were taken away. */
  readonly tokens: readonly string[];
  /** Why others were not, or perhaps not. */
  readonly error?: unknown;
}

/** Tells each holder why, in the same step. What was taken away before something failed is answered as well. */
export async function forceRelease(
  tools: ForceReleaseTools,
  key: string,
  why: { readonly reason: string | undefined; readonly by: string | undefined },
): Promise<Taken> {
  const { store } = tools;
  const [found] = await store.inspect([key]);
  const { holders, foreign } = found!;
  const isRepaired = foreign === true && (await store.repair?.(key)) === true;
  const tokens: string[] = [];
  for (let i = 0; i < holders.length; i += AT_A_TIME) {
    const some = holders.slice(i, i + AT_A_TIME);
    const taken = await Promise.allSettled(
      some.map((holder) => takeFrom(tools, key, holder, writeNotice({ key, token: holder.token, ...why }))),
    );
    const failed = taken.find((each) => each.status === 'rejected');
    tokens.push(...some.flatMap(({ token }, j) => (isTaken(taken[j]!) ? [token] : [])));
    if (failed) return { isDone: isRepaired || tokens.length > 0, tokens, error: failed.reason as unknown };
  }
  return { isDone: isRepaired || tokens.length > 0, tokens };
}

function isTaken(outcome: PromiseSettledResult<boolean>): boolean {
  return outcome.status === 'fulfilled' && outcome.value;
}

async function takeFrom(
  { requests, processId }: ForceReleaseTools,
  key: string,
  { token, fencingToken: first, limit }: HolderState,
  notice: string,
): Promise<boolean> {
  // Whatever the holder has used of the lease's fencing tokens, the next begins behind them.
  const fencingToken = first + (limit === 1 ? FENCE_BLOCK : SHARED_FENCE_BLOCK) - 1;
  const ownerless = { token: `${processId}${randomBytes(18).toString('base64url')}`, ...EXCLUSIVE, ttl: TTL };
  const { state, error } = await requests.releaseOnce({ key, token, fencingToken, successor: ownerless, notice });
  if (error !== undefined) {
    requests.takeBack(key, ownerless.token, TTL, error);
    throw error;
  }
  const isReleased = state === 'released';
  if (isReleased) await requests.giveBack(key, ownerless.token, TTL);
  return isReleased;
}
