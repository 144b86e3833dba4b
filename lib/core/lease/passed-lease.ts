/**
 * A lease with one holder at a time. It is handed from one caller of this process to the next without a round trip, until
 * the hand-off budget is spent. Then one request lets other processes in, and puts the callers that still wait at the end
 * of the server's queue.
 */
import type { LockLostError } from '../../lock.errors.js';
import { fits } from './hand-off.js';
import { HeldLease, NOTHING_LOST } from './held-lease.js';
import type { Asked, Candidate } from './held-lease.js';
import { Holder } from './holder.js';
import type { DetachedLease } from './holder.js';

export class PassedLease extends HeldLease {
  /** The holder; undefined while the lease is being fitted to the next caller. */
  private holder: Holder | undefined = undefined;
  private fittedTo: Candidate | undefined = undefined;

  get isTaken(): boolean {
    return this.holder !== undefined;
  }

  get heldSince(): number | undefined {
    return this.holder?.since;
  }

  /** Milliseconds for which a caller will hold the key unless it is renewed; 0 when none holds it. */
  heldFor(now: number): number {
    return this.holder?.isHeld ? this.remaining(now) : 0;
  }

  /**
   * A lease granted for the ttl that the first caller asked for can be used at once. So can one that was heard of
   * (`undefined`), which is claimed for the full ttl meanwhile.
   */
  start(asked: Asked, now: number): void {
    this.how = asked.how;
    const { ttl } = this.settings;
    if (asked.ttl !== undefined && (asked.ttl !== ttl || !asked.isWhole)) return this.next(now);
    this.begin(now);
    if (asked.ttl === undefined) this.claim(ttl);
  }

  /** Goes on with a lease that another process had `since` then, in monotonic time. */
  adopt({ handOffs }: DetachedLease, id: number, since: number, now: number): Holder {
    const { settings } = this;
    this.handOffs = handOffs;
    this.keepFor(settings, now);
    this.watchAgain();
    this.holder = new Holder(this, handOffs, { settings, id, askedAt: since }, since, 'handed-on');
    if (this.candidates.tools.events.audience) this.tellAcquired(this.holder);
    return this.holder;
  }

  release(holder: Holder): Promise<LockLostError | undefined> {
    const now = performance.now();
    if (!holder.end(now)) return Promise.resolve(holder.lossError);
    this.holder = undefined;
    const { next, tools } = this.candidates;
    const { budget } = tools;
    if (next && this.handOffs < budget.count && now - this.grantedAt < budget.time) {
      if (tools.events.audience) this.tellGone(holder, 'released');
      this.next(now);
      return NOTHING_LOST;
    }
    return this.giveBackOf(holder);
  }

  holders(): Iterable<Holder> {
    return this.holder ? [this.holder] : [];
  }

  get isAlone(): boolean {
    return true;
  }

  protected takeHolders(): readonly Holder[] {
    const { holder } = this;
    this.holder = undefined;
    return holder ? [holder] : [];
  }

  protected renewed(): void {
    this.answeredRenewal();
    if (this.holder) this.tellRenewed(this.holder);
    // An answer to something older has not fitted the lease to the next yet.
    else if (!this.isClaiming) this.next(performance.now());
  }

  /** Lets the next caller in, once the lease is as that caller wants it. */
  private next(now: number): void {
    const { next } = this.candidates;
    if (!next) {
      this.giveUp();
    } else if (!this.isProven) {
      // The claim is under way, and its answer comes first.
    } else if (next === this.fittedTo || fits(this, next.settings, now)) {
      this.begin(now);
    } else {
      this.fittedTo = next;
      this.requests.claim(this, next.settings.ttl);
    }
  }

  private begin(now: number): void {
    const candidate = this.candidates.takeNext();
    this.fittedTo = undefined;
    this.settings = candidate.settings;
    this.keepFor(candidate.settings, now);
    // Looked up here, as it is on the way of every lock.
    if (this.candidates.tools.requests.watcher !== undefined) this.watchAgain();
    this.handOffs += 1;
    const holder = new Holder(this, this.handOffs, candidate, now, this.how);
    this.holder = holder;
    this.how = 'handed-on';
    if (this.candidates.tools.events.audience) this.tellAcquired(holder);
    candidate.succeed(holder);
  }
}
