/**
 * The callers of this process that want one key. They share one place in the server's queue and, when it is granted,
 * one lease. The last that leaves leaves nothing behind. A queue is one beat of the heartbeat, for whatever is due in
 * it first: a wait that ends, a touch of its place, a renewal of its lease.
 */
import type { LockError } from '../../lock.errors.js';
import type { Beat, Heartbeat } from '../heartbeat/heartbeat.js';
import { HeldLease } from '../lease/held-lease.js';
import type { Candidates, LeaseTools } from '../lease/held-lease.js';
import type { Admission, PendingLease, PendingOwner } from '../lease/pending-lease.js';
import type { Touching } from '../lease/touching.js';
import { isMomentary } from '../store-failure.js';
import * as refusals from './refusals.js';
import type { Waiter } from './waiter.js';
import { WaitingCallers } from './waiting-callers.js';

/** How long to leave a store alone that says that it can't serve at the moment, in milliseconds. */
const RETRY_PAUSE = 250;

/** What all queues of a service share. */
export interface QueueTools extends LeaseTools {
  readonly heartbeat: Heartbeat<Touching>;
  /** The queue has neither a holder nor a waiter any more. */
  forget(queue: KeyQueue): void;
}

export class KeyQueue extends WaitingCallers<QueueTools> implements Beat<Touching>, PendingOwner, Candidates {
  heapIndex = -1;
  /** The lease for which the callers wait in the server's queue; undefined while they have one. */
  private pending: PendingLease | undefined = undefined;
  private held: HeldLease | undefined = undefined;

  /** Milliseconds for which a caller of this process will hold the key unless it is renewed; 0 when none holds it. */
  heldFor(now: number): number {
    return this.held?.heldFor(now) ?? 0;
  }

  /** Since when a caller of this process holds the key, in monotonic time; undefined when none holds it. */
  get heldSince(): number | undefined {
    return this.held?.heldSince;
  }

  /** A caller comes. */
  join(waiter: Waiter, now: number): void {
    const isFirst = this.add(waiter);
    if (this.heapIndex < 0) this.tools.heartbeat.add(this, this.waiters!.endsAt);
    else if (isFirst) this.moved();
    if (!this.pending && !this.held) this.askOrEnd(now);
    else if (this.isAnswered) this.tellWaiting(this.expectedIn());
  }

  /** Takes the lease from its holder. */
  takeAway(message: string, cause: LockError): void {
    this.held?.lose(message, cause);
  }

  // The heartbeat.

  get dueAt(): number {
    const endsAt = this.waiters?.endsAt ?? Infinity;
    const lease = this.pending ?? this.held;
    return lease ? Math.min(endsAt, lease.dueAt) : endsAt;
  }

  beat(now: number): Touching | undefined {
    if (this.waiters && now >= this.waiters.endsAt) this.expire(now);
    return (this.pending ?? this.held)?.beat(now);
  }

  moved(): void {
    this.tools.heartbeat.moved(this, this.dueAt);
  }

  // The pending lease.

  /** The ttl of the first waiter, for which the lease is asked. */
  get ttl(): number {
    return this.next?.settings.ttl ?? 0;
  }

  admitted(pending: PendingLease, { fencingToken, sentAt, belief, isWhole, ttl, at: now }: Admission): void {
    const { token } = pending;
    this.tools.requests.pending.remove(pending);
    this.pending = undefined;
    this.held = new HeldLease({ token, fencingToken, sentAt, belief, isProven: ttl !== undefined }, now, this);
    this.held.start(this.waiters!.first!, { ttl, isWhole }, now);
    this.markAnswered(belief.deadline - now);
  }

  /** A waiter that has time left asks again, for the lease that no other token has got since. */
  late(pending: PendingLease): void {
    const { key } = this;
    const { token } = pending;
    const waiter = this.next!;
    const { ttl, wait } = waiter.settings;
    const error = refusals.answeredTooLate(key, ttl);
    if (performance.now() < waiter.askedAt + wait) {
      pending.lastError = error;
      this.tools.requests.look(pending);
      this.markAnswered(0);
      return;
    }
    this.leave();
    this.remove(waiter);
    void this.tools.requests.giveBack(key, token, ttl);
    this.askOrEnd();
    this.reject(waiter, error, token);
  }

  inQueue(pending: PendingLease, expiresIn: number): void {
    pending.lastError = undefined;
    this.markAnswered(expiresIn);
  }

  busy(_pending: PendingLease, expiresIn: number): void {
    const { key, token } = this;
    const triedOnce = this.waitersThat(({ settings }) => settings.wait === 0);
    for (const waiter of triedOnce) this.remove(waiter);
    this.leave();
    this.askOrEnd();
    for (const waiter of triedOnce) this.reject(waiter, refusals.busy(key, expiresIn), token);
  }

  failed(pending: PendingLease, error: unknown): void {
    const { key, ttl } = this;
    const { token, askedAt } = pending;
    // A waiter that came later has not asked yet; and one that knows that the key is taken goes on waiting for it.
    const now = performance.now();
    const isOver = (waiter: Waiter): boolean => waiter.askedAt + waiter.settings.wait <= now || !isMomentary(error);
    const asked = this.isAnswered ? [] : this.waitersThat((waiter) => waiter.askedAt <= askedAt && isOver(waiter));
    for (const waiter of asked) this.remove(waiter);
    if (this.isAnswered) {
      pending.lastError = error;
      pending.assume(error);
    } else if (isMomentary(error) && this.next) {
      pending.lastError = error;
      pending.assume(error, RETRY_PAUSE);
    } else {
      this.leave();
      this.tools.requests.takeBack(key, token, ttl, error);
      this.askOrEnd();
    }
    this.tools.requests.failed(key, token, 'acquire', error);
    for (const waiter of asked) waiter.reject(refusals.unavailable(key, error));
  }

  unreachable(pending: PendingLease, error: unknown): void {
    pending.lastError = error;
    this.tools.requests.failed(this.key, pending.token, 'acquire', error);
  }

  gone({ token, doubt, lastError }: PendingLease): void {
    // The request may be carried out yet, when no caller wants it any more.
    if (doubt !== undefined) this.tools.requests.takeBack(this.key, token, this.ttl, doubt);
    this.leave();
    this.askOrEnd();
    if (this.pending) this.pending.lastError = lastError;
  }

  touch(pending: PendingLease): void {
    this.tools.requests.look(pending);
  }

  // The lease.

  leaseEnds(): PendingLease | undefined {
    this.held = undefined;
    const { next } = this;
    if (next) return this.enter(next.settings.ttl, performance.now());
    this.end();
    return undefined;
  }

  leaseLost(): void {
    this.held = undefined;
    this.askOrEnd();
  }

  /** Asks the server for the first waiter, and joins its queue for callers that want to wait. */
  private askOrEnd(now = performance.now()): void {
    const { next } = this;
    if (!next) return this.end();
    const { ttl, wait } = next.settings;
    this.tools.requests.ask(this.enter(ttl, now), ttl, wait > 0 || this.isAnswered);
  }

  /** The queue has neither a holder nor a waiter any more. */
  private end(): void {
    this.tools.heartbeat.remove(this);
    this.tools.forget(this);
  }

  /** Asks for a new lease, for the first waiter. */
  private enter(ttl: number, now: number): PendingLease {
    return (this.pending = this.tools.requests.pending.add(this.key, ttl, now, this));
  }

  /** No lease is pending any more. */
  private leave(): void {
    const { pending } = this;
    if (!pending) return;
    pending.end();
    this.tools.requests.pending.remove(pending);
    this.pending = undefined;
  }

  private markAnswered(expiresIn: number): void {
    if (this.isAnswered) return;
    if (!this.waiters) {
      this.isAnswered = true;
      return;
    }
    this.answeredFirst(expiresIn);
    this.moved();
  }

  // What the callers that wait are told.

  protected get token(): string {
    return (this.pending ?? this.held)?.token ?? '';
  }

  protected get lastError(): unknown {
    return this.pending?.lastError;
  }

  protected get isHeldHere(): boolean {
    return this.held?.isTaken ?? false;
  }

  protected lastLeft(ttl: number): void {
    const { key, pending, held } = this;
    if (pending) {
      const { token, doubt } = pending;
      pending.isAbandoned = true;
      this.leave();
      if (doubt === undefined) void this.tools.requests.giveBack(key, token, ttl);
      else this.tools.requests.takeBack(key, token, ttl, doubt);
      this.end();
    } else if (held && !held.isTaken) {
      held.giveUp();
    }
  }

  protected expectedIn(): number {
    const now = performance.now();
    return Math.ceil(Math.max(0, this.pending ? this.pending.expectedAt - now : (this.held?.remaining(now) ?? 0)));
  }
}
