/**
 * A lease that this process holds, from the grant until it goes back to the server. How its holders share it or follow
 * each other on it is left to the classes that extend this one; each holder has a fencing token of the lease's block.
 */
import { LockBusyError, LockLostError } from '../../lock.errors.js';
import type { LockSource } from '../../lock.events.js';
import { messages } from '../../lock.messages.js';
import type { ReleaseRequest } from '../../stores/lock-store.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { LockSettings } from '../settings.js';
import { modeOf } from '../share-options.js';
import { shareMessages } from '../share.messages.js';
import { mayBeCarriedOut } from '../store-failure.js';
import { ConvertibleLease } from './convertible-lease.js';
import type { HandOffBudget } from './hand-off.js';
import type { DetachedLease, Holder, HolderLease, HolderRequest } from './holder.js';
import type { LeaseRequests, ReleaseOutcome } from './lease-requests.js';
import type { NewLease } from './lease.js';
import { marginOf } from './margin.js';
import type { Admission, PendingLease } from './pending-lease.js';

/** What a release that leaves the lease in this process answers. */
export const NOTHING_LOST = Promise.resolve(undefined);

/** A caller that may become the next holder. */
export interface Candidate extends HolderRequest {
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
  /** The lease is lost, or is no concern of this process any more. */
  leaseLost(): void;
  /** The lease stays with its holder and goes to none of the candidates; answers where it belongs from now on. */
  setApart(lease: HeldLease): Candidates;
  /** The lease's due time has changed. */
  moved(): void;
}

/** What was asked for when it was granted, and how it came. */
export interface Asked extends Pick<Admission, 'ttl' | 'isWhole'> {
  readonly how: LockSource;
}

export abstract class HeldLease extends ConvertibleLease implements HolderLease {
  /** What the next holder asked for, or the last one; it counts for what is asked of the store. */
  protected settings: LockSettings;
  /** How it comes to its next holder. */
  protected how: LockSource = 'free';
  protected readonly grantedAt: number;

  constructor(
    grant: NewLease,
    now: number,
    protected candidates: Candidates,
    settings: LockSettings,
  ) {
    super(grant);
    this.grantedAt = Math.floor(now);
    this.settings = settings;
  }

  /** Whether a caller has the key, and not only the process. */
  abstract readonly isTaken: boolean;
  /** Since when a caller has the key. */
  abstract readonly heldSince: number | undefined;
  /** Begins with the next caller, or callers; `asked` says what was asked for when it was granted. */
  abstract start(asked: Asked, now: number): void;
  abstract release(holder: Holder): Promise<LockLostError | undefined>;
  /** Its holders. */
  abstract holders(): Iterable<Holder>;
  /** Whether there is one holder. */
  abstract readonly isAlone: boolean;
  /** Forgets all holders, and answers them. */
  protected abstract takeHolders(): readonly Holder[];

  get key(): string {
    return this.candidates.key;
  }

  get requests(): LeaseRequests {
    return this.candidates.tools.requests;
  }

  get margin(): number {
    const { settings } = this;
    if (settings.minHold === 0) return settings.lockDelay;
    return marginOf(settings, this.length, performance.now() - this.grantedAt);
  }

  /** Milliseconds for which the lease may be believed in; negative when it is over. */
  remaining(now: number): number {
    return this.deadline - now;
  }

  renew(holder: Holder, ttl?: number): Promise<void> {
    return this.requests.renew(holder, this, ttl);
  }

  dropMinHold(): void {
    if (this.settings.minHold > 0) this.settings = { ...this.settings, minHold: 0 };
  }

  /** From here on it goes to no other caller of this process. */
  setApart(): void {
    this.candidates = this.candidates.setApart(this);
  }

  checkDetachable({ key, depth }: Holder): void {
    if (depth > 1) throw new LockBusyError(shareMessages.enteredAgain(key, depth), { key });
    if (this.wish) throw new LockBusyError(shareMessages.isConverting(key), { key });
  }

  async quieten(): Promise<void> {
    this.beQuiet(true);
    await this.unwatch();
  }

  resume(): void {
    this.beQuiet(false);
    if (this.isTaken) this.watchAgain();
  }

  detach(holder: Holder): DetachedLease {
    const { key, token, fencingToken, settings, acquiredAt } = holder;
    holder.end(performance.now());
    this.takeHolders();
    this.end();
    void this.unwatch();
    this.candidates.leaseLost();
    this.tellGone(holder, 'detached');
    const handOffs = fencingToken - this.fencingToken;
    return {
      key,
      token,
      fencingToken: this.fencingToken,
      handOffs,
      settings: { ...settings, ttl: holder.ttl },
      acquiredAt: acquiredAt.getTime(),
    };
  }

  /** Ends the lease, which no caller wants. */
  giveUp(): void {
    void this.giveBack();
  }

  outlived({ key, token, settings }: Holder): void {
    this.candidates.tools.events.warnOfOutlived(key, token, settings.label);
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

  protected tellRenewed(holder: Holder): void {
    const { audience } = this.candidates.tools.events;
    audience?.next({ type: 'renewed', ...whose(holder), ttl: this.ttl });
  }

  protected answeredRenewal(): void {
    this.isInDoubt = false;
    if (this.isTaken) this.watchAgain();
  }

  wishSettled(): void {
    if (this.isTaken) this.watchAgain();
  }

  /** Asks for a full ttl at once. The section may block before the answer is heard. */
  protected claim(ttl: number): void {
    this.requests.claim(this, ttl);
    if (this.isTaken) this.watchAgain();
  }

  /** The heartbeat thread renews it from now on, where there is one, as it is to be kept now. */
  protected watchAgain(): void {
    const { watcher } = this.requests;
    if (watcher === undefined || this.wish) return;
    const { lockDelay, minHold } = this.settings;
    this.beWatched(watcher, { lockDelay, minHold, grantedAt: this.grantedAt });
  }

  protected renewalFailed(error: unknown): void {
    this.isInDoubt ||= mayBeCarriedOut(error);
    this.requests.failed(this, 'renew', error);
  }

  protected lost(error: LockLostError, isGone: boolean): void {
    for (const holder of this.takeHolders()) this.lostBy(holder, error);
    this.wish?.ring();
    const touch = this.watch && this.unwatch();
    // A renewal that was under way may still be carried out, and would lock the key without a holder.
    if (!isGone) void this.leave(true, touch, this.settings.lockDelay);
    this.candidates.leaseLost();
  }

  /** Gives the lease back to the server; the callers that still wait take a place at the end of its queue. */
  protected giveBack(): Promise<ReleaseOutcome> {
    const { requests } = this;
    this.end();
    const touch = this.watch && this.unwatch();
    requests.wishes.get(this.token)?.ring();
    const pending = this.candidates.leaseEnds();
    const { isInDoubt } = this;
    if (!pending) return this.leave(isInDoubt, touch);
    const passed = this.passOn(pending, isInDoubt || touch !== undefined);
    return touch ? requests.after(touch, () => passed) : passed;
  }

  private passOn(pending: PendingLease, isInDoubt: boolean): Promise<ReleaseOutcome> {
    const { requests } = this;
    const ttl = this.length + this.margin;
    if (this.isProven) {
      return requests.pass({ ...this.farewell(), fencingToken: this.lastFence }, ttl, pending, isInDoubt);
    }
    // Not in one step, for which the fencing token would have to be told.
    const released = requests.release(this.farewell(), ttl, isInDoubt);
    requests.ask(pending, this.candidates.next!.settings, true);
    return released;
  }

  /** As {@link giveBack}, for the last holder; answers what was lost. */
  protected giveBackOf(holder: Holder): Promise<LockLostError | undefined> {
    return this.giveBack().then((answer) => this.released(holder, answer));
  }

  protected tellAcquired(holder: Holder): void {
    const { how, waitedMs } = holder;
    this.candidates.tools.events.audience?.next({ type: 'acquired', ...whose(holder), how, waitedMs });
  }

  private released(holder: Holder, { state, settled }: ReleaseOutcome): LockLostError | undefined {
    // After the lease's own end "gone" proves nothing: the release may have come too late, and the section in time.
    if (state === 'gone' && this.deadline > performance.now()) {
      this.lostBy(holder, new LockLostError(messages.gone(this.key), { key: this.key }));
      return holder.lossError;
    }
    const heldMs = performance.now() - holder.since;
    if (settled) void settled.then(() => this.tellGone(holder, 'released', heldMs));
    else if (this.candidates.tools.events.audience) this.tellGone(holder, 'released', heldMs);
    return undefined;
  }

  protected tellGone(holder: Holder, type: 'released' | 'detached', heldMs = performance.now() - holder.since): void {
    this.candidates.tools.events.audience?.next({ type, ...whose(holder), heldMs });
  }

  private lostBy(holder: Holder, error: LockLostError): void {
    const { events } = this.candidates.tools;
    holder.lose(error);
    this.requests.journal.lost(holder.lossError!);
    if (holder.isUntold) events.next(holder);
    events.audience?.next({ type: 'lost', ...whose(holder), error: holder.lossError! });
  }

  /**
   * Gives the lease back, or leaves the key locked: for what is left of `minHold`, a lost one for its `lockDelay`. Settles
   * when a `touch` of the heartbeat thread has ended, so that none reaches the server behind it.
   */
  private leave(isInDoubt: boolean, touch: Promise<void> | undefined, delay = 0): Promise<ReleaseOutcome> {
    const { requests, settings } = this;
    const { minHold } = settings;
    const kept = minHold === 0 ? delay : Math.max(delay, this.grantedAt + minHold - performance.now());
    if (kept <= 0) {
      const released = requests.release(this.farewell(), this.length + this.margin, isInDoubt || touch !== undefined);
      return touch ? requests.after(touch, () => released) : released;
    }
    const endsAt = performance.now() + kept;
    const keep = (): Promise<ReleaseOutcome> => requests.keep(this, Math.max(1, Math.ceil(endsAt - performance.now())));
    // A renewal behind it would lock the key for longer than that.
    return touch ? requests.after(touch, keep) : keep();
  }

  /**
   * The release of the lease. Only after a hand-off it has to say which fencing token was the last; and never where the
   * store has not confirmed the first, as that would go on record.
   */
  private farewell(): ReleaseRequest {
    const { key, token, isProven } = this;
    return { key, token, fencingToken: isProven && this.handOffs > 0 ? this.lastFence : undefined };
  }
}

/** What events say of a holder. */
export function whose({ key, token, fencingToken, share, settings, id }: Holder) {
  return { key, token, fencingToken, mode: modeOf(share), label: settings.label, id };
}
