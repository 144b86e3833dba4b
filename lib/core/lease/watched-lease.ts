/**
 * A lease that a thread of its own may renew, so that it lives on while this thread is blocked. Two threads then send
 * touches for it, over connections between which there is no order. That is no matter as long as all of them ask for the
 * same ttl: the last to be carried out makes the lease the longest. So a lease is watched only while nothing that asks for
 * another ttl may take effect, and given back to this thread before anything else is sent. While the thread keeps up, this
 * one sends no renewals.
 */
import { LockLostError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { StoreAnswer } from '../../stores/lock-store.js';
import { believedUntil } from './belief.js';
import type { LeaseToWatch, LeaseWatcher, WatchListener } from './lease-watch.js';
import { Lease, NONE } from './lease.js';

/** The thread does not keep up when less than this part of the ttl is left: it renews after a third. */
const TAKE_OVER = 1 / 2;

/**
 * Touches of the other thread that brought no answer, of leases that are watched no more. Each counts as under way until the
 * server answers this thread, and as one that may come yet until it does so again: the first of these requests may have
 * been sent before the touch reached the server, the second was not.
 */
const doubts = new WeakMap<WatchedLease, { readonly sentAt: number; readonly ttl: number }>();

export abstract class WatchedLease extends Lease implements WatchListener {
  /** Whether a renewal without an answer may still be carried out. */
  protected isInDoubt = false;

  override sent(sentAt: number, ttl: number): void {
    if (this.watch !== undefined && this.watch.ttl !== ttl) this.unwatch();
    super.sent(sentAt, ttl);
  }

  override beat(now: number): this | undefined {
    if (this.watch !== undefined && this.check(now) && this.leavesToThread(now)) return undefined;
    return super.beat(now);
  }

  override endError(): LockLostError {
    const { key, renewUntil, watch } = this;
    if (watch?.isLost) return new LockLostError(messages.gone(key), { key });
    if (watch === undefined || renewUntil === NONE || performance.now() <= renewUntil) return super.endError();
    return new LockLostError(messages.notRenewed(key), { key, reason: 'ended' });
  }

  touched(answer: StoreAnswer, sentAt: number, ttl: number): void {
    if (this.isOver || !this.check()) return;
    if (answer.state === 'unknown') return this.renewalFailed(answer.error);
    if (answer.state !== 'held' || answer.fencingToken !== this.fencingToken) return this.refuted(answer.state);
    this.belief.begin(believedUntil(Math.floor(sentAt), ttl));
    this.proven(Math.floor(sentAt), ttl);
  }

  leftTouch(answer: StoreAnswer, sentAt: number, ttl: number): void {
    this.answered(answer, sentAt, ttl);
  }

  watchEnded(): void {
    this.unwatch();
    if (this.isOver || this.renewAt === NONE) return;
    this.renewAt = Math.ceil(performance.now());
    this.moved();
  }

  protected override proven(at: number, ttl: number): void {
    if (this.isInDoubt) this.endDoubt();
    this.watch?.raise(this.belief.deadline);
    super.proven(at, ttl);
  }

  /** From here on a thread renews it, as it is to be kept now, where it can be left to that. */
  protected beWatched(watcher: LeaseWatcher, margins: Pick<LeaseToWatch, 'lockDelay' | 'minHold' | 'grantedAt'>): void {
    if (this.isOver) return;
    const { key, token, fencingToken, belief, ttl, renewUntil, watch } = this;
    const { lockDelay, minHold, grantedAt } = margins;
    // 0 is how "not at all" is written.
    const isRenewed = renewUntil !== 0;
    if (watch !== undefined) {
      if (isRenewed && watch.suits({ ttl, lockDelay, minHold, renewUntil })) return;
      this.unwatch();
    }
    const { deadline } = belief;
    // A touch must neither be outlived nor overtaken by a longer lease: it might be the last to be carried out.
    if (!isRenewed || !belief.isOnlyOf(ttl) || deadline > believedUntil(performance.now(), ttl)) return;
    const lease = { key, token, fencingToken, ttl, lockDelay, minHold, grantedAt, deadline, renewUntil };
    this.watch = watcher.watch(lease, this);
  }

  /** From here on only this thread renews it. Resolves when a touch has ended that is under way in the other thread. */
  protected unwatch(): Promise<void> | undefined {
    const { belief, watch } = this;
    if (watch === undefined) return undefined;
    const { isLost, ttl } = watch;
    const until = this.deadline;
    this.watch = undefined;
    const { doubtAt, touchedAt, ended } = watch.forget();
    if (doubtAt !== NONE) {
      belief.sent(doubtAt, ttl);
      doubts.set(this, { sentAt: doubtAt, ttl });
      this.isInDoubt = true;
    }
    if (touchedAt !== NONE) belief.sent(touchedAt, ttl);
    if (isLost) belief.disprove();
    else belief.begin(until);
    return ended;
  }

  private endDoubt(): void {
    const doubt = doubts.get(this);
    if (doubt && doubts.delete(this)) this.belief.unknown(doubt.sentAt, doubt.ttl);
  }

  /** Whether the other thread keeps up; then this one looks again later. */
  private leavesToThread(now: number): boolean {
    const { deadline, renewUntil, length } = this;
    const takeOverAt = Math.ceil(deadline - length * TAKE_OVER);
    if (this.renewAt === NONE || now < this.renewAt) return true;
    if (now >= takeOverAt) return false;
    this.renewAt = renewUntil !== NONE && takeOverAt > renewUntil ? NONE : takeOverAt;
    return true;
  }
}
