/**
 * A lease that may get another share of its key, see `conversion.ts`, and by that another fencing token: the store may know
 * it by the old one and the new one until what was sent before is answered.
 */
import type { LeaseShare, StoreAnswer } from '../../stores/lock-store.js';
import { mayBeCarriedOut } from '../store-failure.js';
import type { Holder } from './holder.js';
import type { LeaseRequests } from './lease-requests.js';
import { WatchedLease } from './watched-lease.js';
import type { Wish } from './wish.js';

export abstract class ConvertibleLease extends WatchedLease {
  /** How many fencing tokens of the block were given out behind the first. */
  protected handOffs = -1;
  /** See {@link HolderLease.mayOpen}. */
  mayOpen = false;
  /** When the store was last known to have given it another fencing token; -1: never. */
  private renumberedAt = -1;

  abstract readonly requests: LeaseRequests;

  async convert(holder: Holder, share: LeaseShare, wait: boolean): Promise<StoreAnswer> {
    const { key, token, ttl, margin, lastFence } = this;
    // The thread would take another fencing token for the loss of the lease.
    this.unwatch();
    const sentAt = performance.now();
    this.sent(sentAt, ttl);
    const answer = await this.requests.convert({
      key,
      token,
      ...share,
      ttl: ttl + margin,
      wait,
      fencingToken: lastFence,
    });
    // By an upgrade, perhaps by one that brought no answer.
    const isNew = answer.state === 'held' && answer.fencingToken > lastFence && !this.isOver;
    if (isNew) this.renumber(answer.fencingToken, holder);
    const { fencingToken } = this;
    const isAsBefore = answer.state === 'waiting' || answer.state === 'busy';
    this.answered(isAsBefore ? { state: 'held', fencingToken } : answer, sentAt, ttl);
    if (answer.state === 'unknown' && share.limit > 1) this.mayOpen ||= mayBeCarriedOut(answer.error);
    return answer;
  }

  /** The store has given it a fencing token of its own for its only holder. */
  renumber(fencingToken: number, holder: Holder): void {
    this.fencingToken = fencingToken;
    this.handOffs = 0;
    this.renumberedAt = Math.ceil(performance.now());
    holder.renumber();
  }

  /** A conversion that is not settled yet. */
  get wish(): Wish | undefined {
    return this.requests.wishes.get(this.token);
  }

  /** The last fencing token of the lease's block that was given out. */
  get lastFence(): number {
    return this.fencingToken + Math.max(0, this.handOffs);
  }

  protected mayHaveOtherFence(sentAt: number): boolean {
    return sentAt <= this.renumberedAt || this.wish !== undefined;
  }
}
