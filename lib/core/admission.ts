/**
 * The one rule by which a key is shared, for locks of every kind: a caller comes in when the weight of all live holders
 * and its own is at most the smallest limit among the holders and itself. A writer has limit 1, so it is alone; readers
 * have none, so they share with readers; where callers disagree on how many may come in, the smallest number counts as
 * long as whoever named it is there. The scripts of the Redis store say the same in Lua (`scripts/shares.ts`).
 */
import type { LeaseShare } from '../stores/lock-store.js';

/** What the live holders of a key take of it, all together. */
export interface Occupancy {
  /** The sum of their weights. */
  readonly weight: number;
  /** The smallest of their limits. */
  readonly limit: number;
}

/** A key without a holder. */
export const UNOCCUPIED: Occupancy = { weight: 0, limit: Infinity };

/** What an exclusive lock wants of its key. */
export const EXCLUSIVE: LeaseShare = { limit: 1, weight: 1 };

/** What a reader wants of its key. */
export const READ: LeaseShare = { limit: Infinity, weight: 1 };

/** Whether one more may come in. */
export function admits({ weight, limit }: Occupancy, asked: LeaseShare): boolean {
  return weight + asked.weight <= Math.min(limit, asked.limit);
}

/** What holders take together. */
export function occupancyOf(holders: Iterable<LeaseShare>): Occupancy {
  let { weight, limit } = UNOCCUPIED;
  for (const holder of holders) {
    weight += holder.weight;
    limit = Math.min(limit, holder.limit);
  }
  return { weight, limit };
}

/** Whether a caller that has one share of a key need not ask for another: what it has keeps out at least as many. */
export function covers(held: LeaseShare, asked: LeaseShare): boolean {
  return held.limit === 1 || (held.limit <= asked.limit && held.weight >= asked.weight);
}
