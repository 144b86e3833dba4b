/**
 * The server's record that a token may hold a key until a deadline, as its owner sees it: held, then given back or lost,
 * and never held again. It stops believing before the server does: its deadline counts from the moment the request was
 * sent, less an allowance for clock drift, and is compared with the clock at each question, so a blocked event loop or a
 * hanging server cannot prolong it.
 *
 * There are as many of these as locks are held, so its times are whole milliseconds, rounded to the safe side: V8 keeps
 * small integers in the object itself, and a box of 16 bytes for any other number.
 */
import { LockLostError } from '../../lock.errors.js';
import type { LockError, LossReason } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { StoreAnswer } from '../../stores/lock-store.js';
import type { LockSettings } from '../settings.js';
import { believedUntil } from './belief.js';
import type { Belief } from './belief.js';
import type { LeaseWatch } from './lease-watch.js';
import type { Touching } from './touching.js';

/** How a lease came to be. */
export interface NewLease {
  readonly token: string;
  /** The first fencing token of its block. */
  readonly fencingToken: number;
  /** When the request was sent that the lease counts from; monotonic time. */
  readonly sentAt: number;
  /** Until when it may be believed, and what is under way that may change that. */
  readonly belief: Belief;
  /** Whether the store has answered with it; otherwise it was only heard of. */
  readonly isProven: boolean;
}

/** How a lease was lost. */
interface LossDetails {
  readonly cause?: LockError | undefined;
  readonly reason?: LossReason | undefined;
  /** The store said so; otherwise something of the lease may still be there. */
  readonly isGone?: boolean;
}

/** How a holder wants the lease to be renewed. */
type Keeping = Pick<LockSettings, 'ttl' | 'autoRenew' | 'maxHold'>;

/** Renewal is due after this part of the ttl. */
export const RENEW_AFTER = 1 / 3;
/** Renewals of leases that were taken together are spread by this much, either way. */
const JITTER = 0.1;
/** Renewals fall on marks so many to a ttl. */
const MARKS = 24;

/** In place of a time: there is none. */
export const NONE = -1;
/** A lease that is cut short is looked at again after this at the earliest, in milliseconds. */
const SOON = 20;

/**
 * `over`: the time has passed, and that was noticed by a question, which must neither send anything nor run a listener;
 * what follows from it comes with {@link Lease.check}.
 */
type State = 'held' | 'over' | 'ended' | 'lost';

export abstract class Lease implements Touching {
  readonly token: string;
  /** The first of its block; another one after an upgrade. */
  fencingToken: number;
  /** Whether the store knows the lease by its fencing token. */
  protected isProven: boolean;

  private state: State = 'held';
  /** See {@link beQuiet}. */
  private isQuiet = false;
  /** See {@link ttl}. */
  protected length = 0;
  protected readonly belief: Belief;
  /** When a full ttl was asked for before a renewal was due; until an answer proves it. */
  private claimedAt = NONE;
  protected renewAt = NONE;
  /** Until when it is renewed, which may be in the past; `NONE`: without end. */
  protected renewUntil = NONE;
  private lastAnswerSentAt: number;
  /** What renews it from outside, see `watched-lease.ts`. */
  protected watch: LeaseWatch | undefined = undefined;

  constructor(lease: NewLease) {
    this.token = lease.token;
    this.fencingToken = lease.fencingToken;
    this.isProven = lease.isProven;
    this.lastAnswerSentAt = Math.floor(lease.sentAt);
    this.belief = lease.belief;
  }

  abstract readonly key: string;
  abstract readonly margin: number;
  /** Whether the store may have known the lease by another fencing token when it carried out what was sent then. */
  protected abstract mayHaveOtherFence(sentAt: number): boolean;
  /** An answer has extended the lease. */
  protected abstract renewed(): void;
  protected abstract renewalFailed(error: unknown): void;
  /** `isGone`: the store said so; otherwise something of the lease may still be there. */
  protected abstract lost(error: LockLostError, isGone: boolean): void;
  /** The time is over; {@link check} is to be called when the running code is done. */
  protected abstract timeIsOver(): void;
  /** The due time has changed. */
  protected abstract moved(): void;

  /** Length of the lease that the next touch asks for, in milliseconds. */
  get ttl(): number {
    return this.length;
  }

  /** When something is to be done next: renew, or notice the end. */
  get dueAt(): number {
    return this.renewAt === NONE || this.isQuiet ? this.deadline : Math.min(this.renewAt, this.deadline);
  }

  /** Until when the lease is believed in unless it is renewed, in monotonic time. */
  get deadline(): number {
    const { belief, watch } = this;
    return watch === undefined ? belief.deadline : watch.latest(belief.deadline);
  }

  /** Whether touches are to be repeated until an answer proves the whole ttl. */
  protected get isClaiming(): boolean {
    return this.claimedAt !== NONE;
  }

  /** Whether it needs no touch, for good or while it is being given away. */
  get isOver(): boolean {
    return this.state !== 'held' || this.isQuiet;
  }

  /** While it is quiet nothing renews it but its holder. */
  protected beQuiet(isQuiet: boolean): void {
    if (this.state !== 'held') return;
    this.isQuiet = isQuiet;
    this.moved();
  }

  /** Whether the lease is held. Once it was not, it is not again, although nothing else follows from the question. */
  isHeld(now = performance.now()): boolean {
    if (this.state === 'held' && now >= this.deadline) {
      this.state = 'over';
      this.timeIsOver();
    }
    return this.state === 'held';
  }

  /** Whether the lease is held; ends it where its time is over. */
  check(now = performance.now()): boolean {
    if (this.state === 'over' || (this.state === 'held' && now >= this.deadline)) {
      this.endBy(this.endError());
    }
    return this.state === 'held';
  }

  /** Asks for a full ttl before a renewal is due, until an answer proves it. */
  expectClaim(ttl: number, now: number): void {
    this.claimedAt = Math.floor(now);
    this.length = ttl;
    this.renewAt = this.nextRenewal(now);
    this.moved();
  }

  /** Before a touch by hand, whose ttl also counts for later ones. */
  expectTouch(ttl: number, now: number): void {
    this.length = ttl;
    const next = this.nextRenewal(now);
    if (this.renewAt === NONE || (next !== NONE && next < this.renewAt)) this.renewAt = next;
    this.moved();
  }

  sent(sentAt: number, ttl: number): void {
    const { deadline } = this;
    this.belief.sent(sentAt, ttl);
    if (this.deadline < deadline) this.moved();
  }

  /** Answers itself when it is to be touched. */
  beat(now: number): this | undefined {
    this.check(now);
    if (this.isOver || this.renewAt === NONE || now < this.renewAt) return undefined;
    this.renewAt = this.nextRenewal(now);
    return this;
  }

  answered(answer: StoreAnswer, sentAt: number, ttl: number): void {
    const { belief } = this;
    if (answer.state === 'unknown') return this.unanswered(answer.error, sentAt, ttl);
    if (this.state !== 'held') return;
    const at = Math.floor(sentAt);
    if (answer.state !== 'held') {
      belief.waits(sentAt, ttl);
      if (at >= this.lastAnswerSentAt) this.refuted(answer.state);
      return;
    }
    if (answer.fencingToken !== this.fencingToken && !this.mayHaveOtherFence(sentAt)) return this.refuted('held');
    belief.held(sentAt, ttl);
    this.proven(at, ttl);
  }

  /** The store knows the lease as its owner does: an answer says so to a request that was sent at `at`. */
  protected proven(at: number, ttl: number): void {
    this.isProven = true;
    this.lastAnswerSentAt = Math.max(this.lastAnswerSentAt, at);
    if (ttl === this.length) {
      const isShort = this.deadline < believedUntil(at, ttl);
      if (isShort) this.claimedAt = Math.max(this.claimedAt, at);
      else if (at >= this.claimedAt) this.claimedAt = NONE;
    }
    if (this.isShortOf(this.length) && (this.isClaiming || this.renewAt !== NONE)) this.askAgain();
    // Each beat plans the next; only where that is overdue by now, or was due soon for want of an answer, it is put off.
    // It is due no earlier than before then, so the heartbeat need not be told.
    else if (this.renewAt !== NONE && this.renewAt < at + (this.length * RENEW_AFTER) / 2) {
      this.renewAt = this.nextRenewal(at);
    }
    if (this.check()) this.renewed();
  }

  /** Whether a request that may yet take effect has cut the lease short of the ttl that was asked for. */
  private isShortOf(ttl: number): boolean {
    return this.deadline < believedUntil(this.lastAnswerSentAt, ttl);
  }

  /** From here on nothing renews the lease any more: it is being given back. */
  end(): void {
    if (this.state === 'held') this.state = 'ended';
  }

  /** Ends the lease from outside: by proof of loss, which may come with the answer to its release, or by shutdown. */
  lose(message: string, { cause, reason, isGone = false }: LossDetails = {}): void {
    this.endBy(new LockLostError(message, { key: this.key, cause, reason }), isGone);
  }

  /** Why the lease is lost when its time is over. */
  endError(): LockLostError {
    const { key } = this;
    if (this.renewAt === NONE) return new LockLostError(messages.notRenewed(key), { key, reason: 'ended' });
    return new LockLostError(messages.expired(key), { key, reason: 'expired' });
  }

  /** A new holder, whose wishes count from now on. */
  protected keepFor({ ttl, autoRenew, maxHold }: Keeping, now: number): void {
    const renewUntil = !autoRenew ? 0 : maxHold === Infinity ? NONE : Math.floor(now + maxHold);
    if (ttl === this.length && renewUntil === this.renewUntil) return;
    this.length = ttl;
    this.renewUntil = renewUntil;
    this.renewAt = this.nextRenewal(this.lastAnswerSentAt);
    this.moved();
  }

  private endBy(error: LockLostError, isGone = false): void {
    if (this.state === 'lost') return;
    this.state = 'lost';
    this.lost(error, isGone);
  }

  private unanswered(error: unknown, sentAt: number, ttl: number): void {
    this.belief.unknown(sentAt, ttl);
    if (!this.check()) return;
    // What remains of the lease is for trying again, not too often.
    const now = performance.now();
    const again = retryAfter(now, this.length);
    const isShort = this.isShortOf(this.length);
    if (this.renewAt !== NONE || this.isClaiming) this.renewAt = isShort ? Math.min(again, this.soon(now)) : again;
    this.moved();
    this.renewalFailed(error);
  }

  /**
   * The store does not know the lease as its owner does. Where its token is known in another way, for a place in the queue
   * or with another fencing token, that has to be given back.
   */
  protected refuted(state: StoreAnswer['state']): void {
    this.isProven = false;
    if (state === 'held') this.lose(messages.otherFence(this.key));
    else this.lose(messages.gone(this.key), { isGone: state === 'gone' });
  }

  /** The whole ttl is proven by a request that is not under way together with a shorter one. */
  private askAgain(): void {
    const now = performance.now();
    const next = this.belief.isShorterUnderWay(this.length) ? this.soon(now) : Math.ceil(now);
    this.renewAt = this.renewAt === NONE ? next : Math.min(this.renewAt, next);
    this.moved();
  }

  /** While there is time to learn what has become of the request that may have cut the lease short. */
  private soon(now: number): number {
    return Math.ceil(now + Math.max(SOON, (this.deadline - now) * RENEW_AFTER));
  }

  /** `NONE` when the lease is not to be renewed any more. */
  private nextRenewal(from: number): number {
    const next = renewalAfter(from, this.length, this.renewUntil);
    if (next === NONE) return NONE;
    return this.isShortOf(this.length) ? Math.min(next, this.soon(from)) : next;
  }
}

/**
 * When a lease of this ttl is renewed that was last renewed at `from`; `NONE` where that is later than `renewUntil`, which
 * is `NONE` where it is renewed without end.
 */
export function renewalAfter(from: number, ttl: number, renewUntil: number): number {
  const at = from + ttl * RENEW_AFTER * (1 + JITTER * (2 * Math.random() - 1));
  if (renewUntil !== NONE && at > renewUntil) return NONE;
  const mark = ttl / MARKS;
  return Math.max(Math.floor(from) + 1, Math.round(Math.round(at / mark) * mark));
}

/** When a renewal is tried again that brought no answer: not too often, within what remains of the lease. */
export function retryAfter(now: number, ttl: number): number {
  return Math.ceil(now + Math.min(Math.max(ttl / 20, 50), 1_000));
}
