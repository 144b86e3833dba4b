/**
 * The key's turn with this process: from the grant until the lease goes back to the server. Its lease passes from one caller
 * to the next without a round trip, each with the next fencing token of its block, until the hand-off budget is spent; then
 * one request lets other processes in and takes the rest of the callers back at the end of the server's line.
 */
import { monotonicNow } from '../lease/heartbeat.js';
import { Hold } from '../lease/hold.js';
import type { Holding } from '../lease/hold.js';
import { Lease } from '../lease/lease.js';
import type { LeaseObserver, NewLease } from '../lease/lease.js';
import { ignore } from '../lease/lease-keeper.js';
import type { ReadRelease } from '../lease/lease-keeper.js';
import { LockLostError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { mayBeCarriedOut } from '../store-failure.js';
import type { ReleaseAnswer, ReleaseRequest } from '../stores/lock-store.js';
import { fits } from './hand-off.js';
import type { HandOffBudget } from './hand-off.js';
import type { Line } from './line.js';
import type { Place } from './place.js';
import type { Waiter } from './waiter.js';

/** The callers whose turn it is. */
export interface Callers {
  /** Who is next. */
  readonly next: Waiter | undefined;
  /** Takes a caller out of the queue. */
  remove(waiter: Waiter): void;
  /** The lease goes back; answers where those who still wait want to stand. */
  turnEnds(): Place | undefined;
  /** The lease is lost. */
  turnLost(): void;
}

export class Turn implements LeaseObserver, Holding {
  private readonly lease: Lease;
  /** Who has the key; nobody while the lease is being fitted to the next. */
  private hold: Hold | undefined;
  private fittedTo: Waiter | undefined;
  private handOffs = -1;
  /** Whether a renewal without an answer may still be carried out. */
  private isInDoubt = false;

  constructor(
    grant: NewLease,
    private readonly grantedAt: number,
    private readonly callers: Callers,
    private readonly line: Line,
    private readonly budget: HandOffBudget,
  ) {
    this.lease = new Lease(grant, this);
    line.keeper.keep(this.lease);
  }

  get token(): string {
    return this.lease.token;
  }

  /** Whether a caller has the key, and not only the process. */
  get isTaken(): boolean {
    return this.hold !== undefined;
  }

  /** Milliseconds for which the lease may be believed in; negative when it is over. */
  remaining(now: number): number {
    return this.lease.deadline - now;
  }

  /** Milliseconds for which a caller will keep the key unless it is renewed; 0 when none has it. */
  heldFor(now: number): number {
    return this.hold?.isHeld ? this.remaining(now) : 0;
  }

  /**
   * Begins with the next caller. A lease of the ttl that was asked for him is good as it is. So is one that was heard of
   * (`undefined`), which is claimed for the full ttl beside it.
   */
  start(askedTtl: number | undefined): void {
    const { ttl } = this.callers.next!;
    if (askedTtl !== undefined && (askedTtl !== ttl || this.lease.isShortOf(ttl))) return this.next(this.grantedAt);
    this.begin(this.callers.next!, this.grantedAt);
    if (askedTtl === undefined) this.line.keeper.claim(this.lease, ttl);
  }

  release(hold: Hold): Promise<LockLostError | undefined> {
    const now = monotonicNow();
    if (!hold.end(now)) return Promise.resolve(hold.lossError);
    this.hold = undefined;
    if (this.callers.next && this.handOffs < this.budget.count && now - this.grantedAt < this.budget.time) {
      this.tellReleased(hold);
      this.next(now);
      return Promise.resolve(undefined);
    }
    return this.giveBack((answer) => this.released(hold, answer));
  }

  renewed({ key, token, ttl, isClaiming }: Lease): void {
    const { hold } = this;
    this.isInDoubt = false;
    if (hold) this.line.events.audience?.next({ type: 'renewed', key, token, fencingToken: hold.fencingToken, ttl });
    // An answer to something older has not fitted the lease to the next yet.
    else if (!isClaiming) this.next(monotonicNow());
  }

  lost(lease: Lease, error: LockLostError, isGone: boolean): void {
    const { hold } = this;
    this.hold = undefined;
    if (hold) this.lose(hold, error);
    this.line.keeper.forget(lease);
    // A renewal that was under way may still be carried out, and would lock the key for nobody.
    if (!isGone) void this.line.keeper.release(this.farewell(), lease.ttl, ignore, true);
    this.callers.turnLost();
  }

  renewalFailed({ key, token }: Lease, error: unknown): void {
    this.isInDoubt ||= mayBeCarriedOut(error);
    this.line.keeper.failed(key, token, 'renew', error);
  }

  moved(lease: Lease): void {
    this.line.keeper.moved(lease);
  }

  /** Ends the turn, whose lease nobody wants. */
  giveUp(): void {
    void this.giveBack(ignore);
  }

  /** Gives the lease back to the server, and has those who still wait take their place behind others. */
  private giveBack<Outcome>(read: ReadRelease<Outcome>): Promise<Outcome> {
    const { lease } = this;
    this.line.keeper.forget(lease);
    lease.end();
    const place = this.callers.turnEnds();
    const { isInDoubt } = this;
    if (!place) return this.line.keeper.release(this.farewell(), lease.ttl, read, isInDoubt);
    if (!lease.isProven) {
      // Not in one step, for which the fencing token would have to be told.
      const released = this.line.keeper.release(this.farewell(), lease.ttl, read, isInDoubt);
      this.line.ask(place, true);
      return released;
    }
    return this.line.pass({ ...this.farewell(), fencingToken: this.lastFence }, lease.ttl, place, read, isInDoubt);
  }

  /** The last fencing token of the lease's block that was given out. */
  private get lastFence(): number {
    return this.lease.fencingToken + this.handOffs;
  }

  /**
   * The release of the lease. Only one that was passed on has to say which fencing token was the last; and never one whose
   * fencing token the store has not confirmed, as that would go on record.
   */
  private farewell(): ReleaseRequest {
    const { key, token, kind, isProven } = this.lease;
    return { key, token, kind, fencingToken: isProven && this.handOffs > 0 ? this.lastFence : undefined };
  }

  /** Lets the next caller in, once the lease is as he wants it. */
  private next(now: number): void {
    const { next } = this.callers;
    if (!next) {
      this.giveUp();
    } else if (!this.lease.isProven) {
      // The claim is under way, and its answer comes first.
    } else if (next === this.fittedTo || fits(this.lease, next.wanted.settings, now)) {
      this.begin(next, now);
    } else {
      this.fittedTo = next;
      this.line.keeper.claim(this.lease, next.ttl);
    }
  }

  private begin(waiter: Waiter, now: number): void {
    const { lease } = this;
    const { settings, askedAt } = waiter.wanted;
    this.callers.remove(waiter);
    this.fittedTo = undefined;
    this.handOffs += 1;
    lease.begin(settings, now);
    const { key, token } = lease;
    const fencingToken = this.lastFence;
    this.hold = new Hold(lease, fencingToken, settings.reentrant, this, now);
    this.line.events.audience?.next({ type: 'acquired', key, token, fencingToken, waitedMs: now - askedAt });
    waiter.succeed(this.hold);
  }

  private released(hold: Hold, { state, error }: ReleaseAnswer): LockLostError | undefined {
    // After the lease's own end it proves nothing: the release may have come too late, and not the end of the section.
    if (state === 'gone' && this.lease.deadline > monotonicNow()) {
      this.lose(hold, new LockLostError(messages.gone(hold.key), { key: hold.key }));
      return hold.lossError;
    }
    if (error === undefined) this.tellReleased(hold);
    return undefined;
  }

  private lose(hold: Hold, error: LockLostError): void {
    const { key, token, fencingToken } = hold;
    hold.lose(error);
    if (hold.isUntold) this.line.events.next(hold);
    this.line.events.audience?.next({ type: 'lost', key, token, fencingToken, error });
  }

  private tellReleased({ key, token, fencingToken, since }: Hold): void {
    this.line.events.audience?.next({ type: 'released', key, token, fencingToken, heldMs: monotonicNow() - since });
  }
}
