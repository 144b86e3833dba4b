/**
 * A lease that this process holds, from the grant until it goes back to the server, with the holders that follow each
 * other on it. It is handed from one caller to the next without a round trip, each with the next fencing token of its
 * block, until the hand-off budget is spent. Then one request lets other processes in, and puts the callers that still
 * wait at the end of the server's queue.
 */
import { LockLostError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { ReleaseAnswer, ReleaseRequest } from '../../stores/lock-store.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { LockSettings } from '../settings.js';
import { mayBeCarriedOut } from '../store-failure.js';
import { fits } from './hand-off.js';
import type { HandOffBudget } from './hand-off.js';
import { Holder } from './holder.js';
import type { SharedLease } from './holder.js';
import { Lease } from './lease.js';
import type { LeaseRequests } from './lease-requests.js';
import type { NewLease } from './lease.js';
import type { Admission, PendingLease } from './pending-lease.js';

/** What a release that goes to the next caller of this process answers. */
const NOTHING_LOST = Promise.resolve(undefined);

/** A caller that may become the next holder. */
export interface Candidate {
  readonly settings: LockSettings;
  /** When it asked, in monotonic time. */
  readonly askedAt: number;
  succeed(holder: Holder): void;
}

/** What all leases of a service share. */
export interface LeaseTools {
  readonly requests: LeaseRequests;
  readonly events: LockEventEmitter;
  readonly budget: HandOffBudget;
}

/** Where the candidates wait. */
export interface Candidates {
  readonly key: string;
  readonly tools: LeaseTools;
  /** The first of them. */
  readonly next: Candidate | undefined;
  /** Takes the first of them out. */
  takeNext(): Candidate;
  /** The lease goes back; answers the pending lease of those that still wait. */
  leaseEnds(): PendingLease | undefined;
  /** The lease is lost. */
  leaseLost(): void;
  /** The lease's due time has changed. */
  moved(): void;
}

export class HeldLease extends Lease implements SharedLease {
  /** The holder; undefined while the lease is being fitted to the next caller. */
  private holder: Holder | undefined = undefined;
  private fittedTo: Candidate | undefined = undefined;
  /** How often it was handed on. */
  private handOffs = -1;
  /** Whether a renewal without an answer may still be carried out. */
  private isInDoubt = false;
  private readonly grantedAt: number;

  constructor(
    grant: NewLease,
    now: number,
    private readonly candidates: Candidates,
  ) {
    super(grant);
    this.grantedAt = Math.floor(now);
  }

  get key(): string {
    return this.candidates.key;
  }

  get requests(): LeaseRequests {
    return this.candidates.tools.requests;
  }

  /** Whether a caller has the key, and not only the process. */
  get isTaken(): boolean {
    return this.holder !== undefined;
  }

  /** Since when a caller has the key. */
  get heldSince(): number | undefined {
    return this.holder?.since;
  }

  /** Milliseconds for which the lease may be believed in; negative when it is over. */
  remaining(now: number): number {
    return this.deadline - now;
  }

  /** Milliseconds for which a caller will hold the key unless it is renewed; 0 when none holds it. */
  heldFor(now: number): number {
    return this.holder?.isHeld ? this.remaining(now) : 0;
  }

  /**
   * Begins with the next caller. A lease granted for the ttl that this caller asked for can be used at once. So can one
   * that was heard of (`undefined`), which is claimed for the full ttl meanwhile.
   */
  start(first: Candidate, asked: Pick<Admission, 'ttl' | 'isWhole'>, now: number): void {
    const { ttl } = first.settings;
    if (asked.ttl !== undefined && (asked.ttl !== ttl || !asked.isWhole)) return this.next(now);
    this.begin(now);
    if (asked.ttl === undefined) this.candidates.tools.requests.claim(this, ttl);
  }

  renew(holder: Holder, ttl?: number): Promise<void> {
    return this.candidates.tools.requests.renew(holder, this, ttl);
  }

  release(holder: Holder): Promise<LockLostError | undefined> {
    const now = performance.now();
    if (!holder.end(now)) return Promise.resolve(holder.lossError);
    this.holder = undefined;
    const { next, tools } = this.candidates;
    const { budget } = tools;
    if (next && this.handOffs < budget.count && now - this.grantedAt < budget.time) {
      this.tellReleased(holder);
      this.next(now);
      return NOTHING_LOST;
    }
    return this.giveBack().then((answer) => this.released(holder, answer));
  }

  /** Ends the lease, which no caller wants. */
  giveUp(): void {
    void this.giveBack();
  }

  outlived({ key, token }: Holder): void {
    this.candidates.tools.events.warnOfOutlived(key, token);
  }

  /** Told when the running code is done: the lease was found to be over. */
  announce(): void {
    this.check();
  }

  protected timeIsOver(): void {
    this.candidates.tools.events.next(this);
  }

  protected moved(): void {
    this.candidates.moved();
  }

  protected renewed(): void {
    const { key, token, ttl, holder } = this;
    this.isInDoubt = false;
    if (holder) {
      const { fencingToken } = holder;
      this.candidates.tools.events.audience?.next({ type: 'renewed', key, token, fencingToken, ttl });
    } else if (!this.isClaiming) {
      // An answer to something older has not fitted the lease to the next yet.
      this.next(performance.now());
    }
  }

  protected renewalFailed(error: unknown): void {
    this.isInDoubt ||= mayBeCarriedOut(error);
    this.candidates.tools.requests.failed(this.key, this.token, 'renew', error);
  }

  protected lost(error: LockLostError, isGone: boolean): void {
    const { holder } = this;
    this.holder = undefined;
    if (holder) this.lostBy(holder, error);
    // A renewal that was under way may still be carried out, and would lock the key without a holder.
    if (!isGone) void this.candidates.tools.requests.release(this.farewell(), this.length, true);
    this.candidates.leaseLost();
  }

  /** Gives the lease back to the server; the callers that still wait take a place at the end of its queue. */
  private giveBack(): Promise<ReleaseAnswer> {
    const { requests } = this.candidates.tools;
    this.end();
    const pending = this.candidates.leaseEnds();
    const { isInDoubt } = this;
    if (!pending) return requests.release(this.farewell(), this.length, isInDoubt);
    if (this.isProven) {
      return requests.pass({ ...this.farewell(), fencingToken: this.lastFence }, this.length, pending, isInDoubt);
    }
    // Not in one step, for which the fencing token would have to be told.
    const released = requests.release(this.farewell(), this.length, isInDoubt);
    requests.ask(pending, pending.ttl, true);
    return released;
  }

  /** The last fencing token of the lease's block that was given out. */
  private get lastFence(): number {
    return this.fencingToken + this.handOffs;
  }

  /**
   * The release of the lease. Only after a hand-off it has to say which fencing token was the last; and never where the
   * store has not confirmed the first, as that would go on record.
   */
  private farewell(): ReleaseRequest {
    const { key, token, isProven } = this;
    return { key, token, fencingToken: isProven && this.handOffs > 0 ? this.lastFence : undefined };
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
      this.candidates.tools.requests.claim(this, next.settings.ttl);
    }
  }

  private begin(now: number): void {
    const candidate = this.candidates.takeNext();
    const { settings, askedAt } = candidate;
    this.fittedTo = undefined;
    this.handOffs += 1;
    this.keepFor(settings, now);
    this.holder = new Holder(this, this.handOffs, settings.reentrant, now);
    const { audience } = this.candidates.tools.events;
    if (audience) {
      const { key, token, lastFence: fencingToken } = this;
      audience.next({ type: 'acquired', key, token, fencingToken, waitedMs: now - askedAt });
    }
    candidate.succeed(this.holder);
  }

  private released(holder: Holder, { state, error }: ReleaseAnswer): LockLostError | undefined {
    // After the lease's own end "gone" proves nothing: the release may have come too late, and the section in time.
    if (state === 'gone' && this.deadline > performance.now()) {
      this.lostBy(holder, new LockLostError(messages.gone(this.key), { key: this.key }));
      return holder.lossError;
    }
    if (error === undefined) this.tellReleased(holder);
    return undefined;
  }

  private lostBy(holder: Holder, error: LockLostError): void {
    const { key, token, fencingToken } = holder;
    const { events } = this.candidates.tools;
    holder.lose(error);
    if (holder.isUntold) events.next(holder);
    events.audience?.next({ type: 'lost', key, token, fencingToken, error: holder.lossError! });
  }

  private tellReleased(holder: Holder): void {
    const { audience } = this.candidates.tools.events;
    if (!audience) return;
    const { key, token, fencingToken, since } = holder;
    audience.next({ type: 'released', key, token, fencingToken, heldMs: performance.now() - since });
  }
}
