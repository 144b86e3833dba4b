/**
 * The callers of this process that want a key for themselves. When it is granted they share one lease, one after the
 * other. A queue is one beat of the heartbeat, for whatever is due in it first: a wait that ends, a touch of its place, a
 * renewal of its lease.
 */
import type { Candidates } from '../lease/held-lease.js';
import { PassedLease } from '../lease/passed-lease.js';
import type { Admission, PendingLease } from '../lease/pending-lease.js';
import type { Touching } from '../lease/touching.js';
import { AskingCallers } from './asking-callers.js';
import type { LeasePlace } from './lease-place.js';
import type { Waiter } from './waiter.js';

export class KeyQueue extends AskingCallers implements Candidates {
  private lease: PassedLease | undefined = undefined;

  heldFor(now: number): number {
    return this.lease?.heldFor(now) ?? 0;
  }

  leases(): readonly PassedLease[] {
    return this.lease ? [this.lease] : [];
  }

  letIn(): boolean {
    return false;
  }

  join(waiter: Waiter, now: number): void {
    this.enqueue(waiter);
    if (!this.pending && !this.lease) this.askOrEnd(now);
    else if (this.isAnswered) this.tellWaiting(waiter, this.expectedIn());
  }

  /** As {@link join} for the first caller, whose request is sent together with those for other keys. */
  joinTogether(waiter: Waiter, now: number): PendingLease {
    this.enqueue(waiter);
    return this.enter(waiter.settings.ttl, now);
  }

  /** Takes out the first caller, for which nothing was asked. */
  withdraw(waiter: Waiter): void {
    this.remove(waiter);
    waiter.settle();
    this.leave();
    this.askOrEnd();
  }

  // The heartbeat.

  get dueAt(): number {
    const endsAt = this.waiters?.endsAt ?? Infinity;
    const lease = this.pending ?? this.lease;
    return lease ? Math.min(endsAt, lease.dueAt) : endsAt;
  }

  moved(): void {
    this.tools.heartbeat.moved(this, this.dueAt);
  }

  beat(now: number): Touching | undefined {
    if (this.waiters && now >= this.waiters.endsAt) this.expire(now);
    return (this.pending ?? this.lease)?.beat(now);
  }

  // The lease.

  admitted(pending: PendingLease, { fencingToken, sentAt, belief, isWhole, ttl, at: now }: Admission): void {
    const { token } = pending;
    this.tools.requests.pending.remove(pending);
    this.pending = undefined;
    const grant = { token, fencingToken, sentAt, belief, isProven: ttl !== undefined };
    this.lease = new PassedLease(grant, now, this, this.waiters!.first!.settings);
    this.lease.start({ ttl, isWhole, how: this.isAnswered ? 'granted' : 'free' }, now);
    if (this.waiters) this.markAnswered(belief.deadline - now);
    else this.isAnswered = true;
  }

  leaseEnds(): PendingLease | undefined {
    this.lease = undefined;
    const next = this.waiters?.first;
    if (next) return this.enter(next.settings.ttl, performance.now());
    this.end();
    return undefined;
  }

  leaseLost(): void {
    this.lease = undefined;
    this.askOrEnd();
  }

  setApart(lease: PassedLease): LeasePlace {
    const place = this.tools.placeApart(this.key, lease);
    this.leaseLost();
    return place;
  }

  protected idle(): void {
    this.end();
  }

  // What the callers that wait are told.

  protected get token(): string {
    return (this.pending ?? this.lease)?.token ?? '';
  }

  protected get isHeldHere(): boolean {
    return this.lease?.isTaken ?? false;
  }

  protected lastLeft(length: number): void {
    const { pending, lease } = this;
    if (pending) {
      this.abandon(pending, length);
      this.end();
    } else if (lease && !lease.isTaken) {
      lease.giveUp();
    }
  }

  protected expectedIn(): number {
    const now = performance.now();
    return Math.ceil(Math.max(0, this.pending ? this.pending.expectedAt - now : (this.lease?.remaining(now) ?? 0)));
  }
}
