/**
 * The holders of a key that is shared. The lease of each ends by itself, whatever the others do. How much they take
 * together is kept up with each that comes and goes, so that ten thousand readers make no request slow. One of them may
 * wish for another share than it has; while it does, no other comes in.
 */
import { admits } from '../../core/admission.js';
import type { Occupancy } from '../../core/admission.js';
import { DeadlineHeap } from '../../core/heartbeat/deadline-heap.js';
import type { HolderState, LeaseShare } from '../lock-store.js';
import { toMillisecondsUp } from './clock.js';

/** A token that holds a key which it would share. */
export interface Sharer extends LeaseShare {
  readonly token: string;
  /** The first fencing token of its block. */
  readonly fence: number;
  limit: number;
  weight: number;
  heapIndex: number;
}

/** What a holder wishes for instead of the share that it has. */
interface Wish extends LeaseShare {
  readonly sharer: Sharer;
  /** Whether its process was told that it may be granted. */
  isReported: boolean;
}

export class Sharers implements Occupancy {
  weight = 0;
  limit = Infinity;
  private wish: Wish | undefined = undefined;
  /** In the order of their grants, as a map remembers it. */
  private readonly holders = new Map<string, Sharer>();
  /** By the end of each lease, which may have passed. */
  private readonly ends = new DeadlineHeap<Sharer>();
  /** How many holders named each limit. */
  private readonly limits = new Map<number, number>();

  get size(): number {
    return this.holders.size;
  }

  /** When the first of the leases ends. */
  get firstEnd(): number {
    return this.ends.firstTime;
  }

  get(token: string): Sharer | undefined {
    return this.holders.get(token);
  }

  add(token: string, fence: number, { limit, weight }: LeaseShare, end: number): void {
    const sharer: Sharer = { token, fence, limit, weight, heapIndex: -1 };
    this.holders.set(token, sharer);
    this.ends.put(sharer, end);
    this.count(sharer, 1);
  }

  extend(sharer: Sharer, end: number): void {
    this.ends.put(sharer, end);
  }

  /** Gives a holder another share under the same fencing token. */
  change(sharer: Sharer, { limit, weight }: LeaseShare): void {
    this.count(sharer, -1);
    sharer.limit = limit;
    sharer.weight = weight;
    this.count(sharer, 1);
    this.withdraw(sharer);
  }

  /** Takes a holder out, and its wish with it. */
  remove(sharer: Sharer): void {
    this.holders.delete(sharer.token);
    this.ends.remove(sharer);
    this.count(sharer, -1);
    this.withdraw(sharer);
  }

  /** Takes out the holders whose leases have ended; whether there was one. */
  removeLapsed(now: number): boolean {
    if (this.firstEnd > now) return false;
    while (this.firstEnd <= now) this.remove(this.ends.members[0]!);
    return true;
  }

  /** Whether a token may come in beside all of them. */
  admits(share: LeaseShare): boolean {
    return this.wish === undefined && admits(this, share);
  }

  /** Whether a holder may have another share beside the others. */
  admitsInstead(sharer: Sharer, share: LeaseShare): boolean {
    return admits(this.without(sharer), share);
  }

  /** Whether another holder wishes for something. */
  isWishedByOther(sharer: Sharer): boolean {
    return this.wish !== undefined && this.wish.sharer !== sharer;
  }

  note(sharer: Sharer, { limit, weight }: LeaseShare): void {
    this.wish = { sharer, limit, weight, isReported: false };
  }

  withdraw(sharer: Sharer): void {
    if (this.wish?.sharer === sharer) this.wish = undefined;
  }

  /** The holder whose wish may be granted by now, and that was not told so yet. */
  nextToTell(): Sharer | undefined {
    const { wish } = this;
    if (!wish || wish.isReported || !this.admitsInstead(wish.sharer, wish)) return undefined;
    wish.isReported = true;
    return wish.sharer;
  }

  states(now: number): HolderState[] {
    const alive = [...this.holders.values()].filter((sharer) => this.ends.timeOf(sharer) > now);
    return alive.map((sharer) => {
      const { token, fence: fencingToken, limit, weight } = sharer;
      return { token, fencingToken, expiresIn: toMillisecondsUp(this.ends.timeOf(sharer) - now), limit, weight };
    });
  }

  /** What all but one take together. */
  private without(sharer: Sharer): Occupancy {
    const weight = this.weight - sharer.weight;
    if (sharer.limit > this.limit || this.limits.get(sharer.limit)! > 1) return { weight, limit: this.limit };
    return { weight, limit: smallest(this.limits, sharer.limit) };
  }

  private count({ limit, weight }: LeaseShare, change: 1 | -1): void {
    this.weight += change * weight;
    const named = (this.limits.get(limit) ?? 0) + change;
    if (named > 0) this.limits.set(limit, named);
    else this.limits.delete(limit);
    if (change > 0) this.limit = Math.min(this.limit, limit);
    // Only here the others are looked through: most callers of a key name the same limit.
    else if (named === 0 && limit === this.limit) this.limit = smallest(this.limits);
  }
}

function smallest(limits: ReadonlyMap<number, number>, except?: number): number {
  let least = Infinity;
  for (const limit of limits.keys()) if (limit !== except && limit < least) least = limit;
  return least;
}
