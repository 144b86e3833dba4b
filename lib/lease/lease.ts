/**
 * The server's record that a token may hold a key until a deadline, as its owner sees it: held, then given back or lost,
 * and never held again. It stops believing before the server does: its deadline counts from the moment the request was
 * sent, less an allowance for clock drift, and is compared with the clock whenever somebody asks, so a blocked event loop
 * or a hanging server cannot prolong it. The lease outlives its holder where it is passed on inside the process.
 */
import type { Linked } from '../linked-list.js';
import { LockLostError } from '../lock.errors.js';
import type { LockError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockSettings } from '../lock.settings.js';
import type { StoreAnswer } from '../stores/lock-store.js';
import { believedUntil } from './belief.js';
import type { Belief } from './belief.js';
import { monotonicNow } from './heartbeat.js';
import type { Beat, Touching } from './heartbeat.js';

/** What a lease tells whoever keeps it. */
export interface LeaseObserver {
  /** An answer has extended the lease. */
  renewed(lease: Lease): void;
  /** `isGone`: the store said so; otherwise something of the lease may still be there. */
  lost(lease: Lease, error: LockLostError, isGone: boolean): void;
  renewalFailed(lease: Lease, error: unknown): void;
  /** The due time has changed. */
  moved(lease: Lease): void;
}

/** How a lease came to be. */
export interface NewLease {
  readonly key: string;
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

/** How a holder wants the lease to be kept. */
export type Keeping = Pick<LockSettings, 'ttl' | 'autoRenew' | 'maxHold'>;

/** Renewal is due after this part of the ttl, so that it may fail more than once before the lease ends. */
const RENEW_AFTER = 1 / 3;
/** Renewals of leases that were taken together are spread by this much, either way. */
const JITTER = 0.1;
/** Renewals fall on marks so many to a ttl, so that those of many leases travel together. */
const MARKS = 24;

/** A lease that is cut short is looked at again after this at the earliest. */
const SOON = 20;

export class Lease implements Beat, Touching, Linked<Lease> {
  readonly kind = 'exclusive';
  readonly key: string;
  readonly token: string;
  readonly fencingToken: number;
  place = -1;
  before: Lease | undefined;
  behind: Lease | undefined;
  /** Whether a touch out of turn is to be repeated until its answer proves the whole ttl. */
  isClaiming = false;
  /** Whether the store knows the lease by its fencing token. */
  isProven: boolean;

  private state: 'held' | 'ended' | 'lost' = 'held';
  private length = 0;
  private claimedAt = -Infinity;
  private readonly belief: Belief;
  private renewAt = Infinity;
  private lastRenewalAt = Infinity;
  private lastAnswerSentAt: number;

  constructor(
    lease: NewLease,
    private readonly observer: LeaseObserver,
  ) {
    this.key = lease.key;
    this.token = lease.token;
    this.fencingToken = lease.fencingToken;
    this.isProven = lease.isProven;
    this.lastAnswerSentAt = lease.sentAt;
    this.belief = lease.belief;
  }

  /** Length of the lease that the next touch asks for, in milliseconds. */
  get ttl(): number {
    return this.length;
  }

  get dueAt(): number {
    return Math.min(this.renewAt, this.deadline);
  }

  /** Until when the lease is believed in unless it is renewed, in monotonic time. */
  get deadline(): number {
    return this.belief.deadline;
  }

  /** A new holder, whose wishes count from now on. */
  begin({ ttl, autoRenew, maxHold }: Keeping, now: number): void {
    const lastRenewalAt = autoRenew ? now + maxHold : -Infinity;
    if (ttl === this.length && lastRenewalAt === this.lastRenewalAt) return;
    this.length = ttl;
    this.lastRenewalAt = lastRenewalAt;
    this.renewAt = this.nextRenewal(this.lastAnswerSentAt);
    this.observer.moved(this);
  }

  /** Whether a request that may yet take effect has cut the lease short of the ttl that was asked for. */
  isShortOf(ttl: number): boolean {
    return this.deadline < believedUntil(this.lastAnswerSentAt, ttl);
  }

  /** Before a touch out of turn, whose ttl is kept for later ones. */
  expect(ttl: number, now: number, isClaim = false): void {
    if (isClaim) {
      this.isClaiming = true;
      this.claimedAt = now;
    }
    this.length = ttl;
    this.renewAt = isClaim ? this.nextRenewal(now) : Math.min(this.renewAt, this.nextRenewal(now));
    this.observer.moved(this);
  }

  sent(sentAt: number, ttl: number): void {
    const { deadline } = this;
    this.belief.sent(sentAt, ttl);
    if (this.deadline < deadline) this.observer.moved(this);
  }

  beat(now: number): this | undefined {
    this.check(now);
    if (this.state !== 'held' || now < this.renewAt) return undefined;
    this.renewAt = this.nextRenewal(now);
    return this;
  }

  answered(answer: StoreAnswer, sentAt: number, ttl: number): void {
    const { belief } = this;
    if (this.state !== 'held') return;
    if (answer.state !== 'held') {
      belief.waits(sentAt, ttl);
      if (sentAt >= this.lastAnswerSentAt) this.refuted(answer.state);
      return;
    }
    if (answer.fencingToken !== this.fencingToken) return this.refuted('held');
    belief.held(sentAt, ttl);
    this.isProven = true;
    this.lastAnswerSentAt = Math.max(this.lastAnswerSentAt, sentAt);
    if (ttl === this.length) {
      const isShort = this.deadline < believedUntil(sentAt, ttl);
      this.isClaiming = isShort || (this.isClaiming && sentAt < this.claimedAt);
    }
    if (this.isShortOf(this.length) && (this.isClaiming || this.renewAt !== Infinity)) this.askAgain();
    // Each beat plans the next; only where that is overdue by now, or was due soon for want of an answer, it is put off.
    // It is due no earlier than before then, so nobody has to be told.
    else if (this.renewAt < sentAt + (this.length * RENEW_AFTER) / 2) this.renewAt = this.nextRenewal(sentAt);
    if (this.check()) this.observer.renewed(this);
  }

  unanswered(error: unknown, sentAt: number, ttl: number): void {
    this.belief.unknown(sentAt, ttl);
    if (!this.check()) return;
    // What remains of the lease is for trying again, not too often.
    const now = monotonicNow();
    const again = now + Math.min(Math.max(this.length / 20, 50), 1_000);
    const isShort = this.isShortOf(this.length);
    if (this.renewAt !== Infinity || this.isClaiming) this.renewAt = isShort ? Math.min(again, this.soon(now)) : again;
    this.observer.moved(this);
    this.observer.renewalFailed(this, error);
  }

  /** From here on nothing renews the lease any more: it is being given back. */
  end(): void {
    if (this.state === 'held') this.state = 'ended';
  }

  /** Ends the lease from outside: by proof of loss, which may come with the answer to its release, or by shutdown. */
  lose(message: string, cause?: LockError, isGone = false): void {
    if (this.state === 'lost') return;
    this.state = 'lost';
    this.observer.lost(this, new LockLostError(message, { key: this.key, cause }), isGone);
  }

  /** Whether the lease is held; notices when it has ended. */
  check(now = monotonicNow()): boolean {
    if (this.state === 'held' && now >= this.deadline) {
      this.lose(this.renewAt === Infinity ? messages.notRenewed(this.key) : messages.expired(this.key));
    }
    return this.state === 'held';
  }

  /**
   * The store does not know the lease as its owner does. Where its token is known in another way, for a place in line or
   * with another fencing token, that has to be given back.
   */
  private refuted(state: StoreAnswer['state']): void {
    this.isProven = false;
    if (state === 'held') this.lose(messages.otherFence(this.key));
    else this.lose(messages.gone(this.key), undefined, state === 'gone');
  }

  /** The whole ttl is proven by a request that is not under way together with a shorter one. */
  private askAgain(): void {
    const now = monotonicNow();
    this.renewAt = Math.min(this.renewAt, this.belief.isShorterUnderWay(this.length) ? this.soon(now) : now);
    this.observer.moved(this);
  }

  /** While there is time to learn what has become of the request that may have cut the lease short. */
  private soon(now: number): number {
    return now + Math.max(SOON, (this.deadline - now) * RENEW_AFTER);
  }

  /** Infinity when the lease is not to be renewed any more. */
  private nextRenewal(from: number): number {
    const at = from + this.length * RENEW_AFTER * (1 + JITTER * (2 * Math.random() - 1));
    if (at > this.lastRenewalAt) return Infinity;
    const mark = this.length / MARKS;
    const next = Math.max(from + 1, Math.round(at / mark) * mark);
    return this.isShortOf(this.length) ? Math.min(next, this.soon(from)) : next;
  }
}
