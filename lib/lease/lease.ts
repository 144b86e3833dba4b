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
  /** When the request was sent that was answered with the lease, and until when it may be believed; monotonic time. */
  readonly sentAt: number;
  readonly deadline: number;
}

/** How a holder wants the lease to be kept. */
export type Keeping = Pick<LockSettings, 'ttl' | 'autoRenew' | 'maxHold'>;

/** Renewal is due after this part of the ttl, so that it may fail more than once before the lease ends. */
const RENEW_AFTER = 1 / 3;
/** Renewals of leases that were taken together are spread by this much, either way. */
const JITTER = 0.1;
/** Renewals fall on marks so many to a ttl, so that those of many leases travel together. */
const MARKS = 24;

/** Until when a holder believes in a lease that lasts `ttl` from `from` on: clocks may drift apart by a hundredth. */
export function believedUntil(from: number, ttl: number): number {
  return from + ttl - (ttl * 0.01 + 2);
}

/** Of a lease that was never touched out of turn. */
const NEVER_ASKED = { sentAt: -Infinity, deadline: Infinity };

export class Lease implements Beat, Touching, Linked<Lease> {
  readonly kind = 'exclusive';
  readonly key: string;
  readonly token: string;
  readonly fencingToken: number;
  place = -1;
  before: Lease | undefined;
  behind: Lease | undefined;
  /** Whether a touch out of turn is to be repeated until it is answered. */
  isClaiming = false;

  private state: 'held' | 'ended' | 'lost' = 'held';
  private length = 0;
  private believedUntil: number;
  private renewAt = Infinity;
  private lastRenewalAt = Infinity;
  private lastAnswerSentAt: number;
  /** The latest touch that was sent out of turn, which may take effect without ever being answered. */
  private asked = NEVER_ASKED;

  constructor(
    lease: NewLease,
    private readonly observer: LeaseObserver,
  ) {
    this.key = lease.key;
    this.token = lease.token;
    this.fencingToken = lease.fencingToken;
    this.lastAnswerSentAt = lease.sentAt;
    this.believedUntil = lease.deadline;
  }

  /** Length of the lease that the next touch asks for, in milliseconds. */
  get ttl(): number {
    return this.length;
  }

  get dueAt(): number {
    return Math.min(this.renewAt, this.believedUntil);
  }

  /** Until when the lease is believed in unless it is renewed, in monotonic time. */
  get deadline(): number {
    return this.believedUntil;
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

  /**
   * Before a touch out of turn: a shorter lease may take effect even if its answer never comes, a longer one only by it.
   */
  expect(ttl: number, sentAt: number, isClaim = false): void {
    this.isClaiming ||= isClaim;
    this.length = ttl;
    this.asked = { sentAt, deadline: believedUntil(sentAt, ttl) };
    this.believedUntil = Math.min(this.believedUntil, this.asked.deadline);
    this.renewAt = Math.min(this.renewAt, this.nextRenewal(sentAt));
    this.observer.moved(this);
  }

  beat(now: number): this | undefined {
    this.check(now);
    if (this.state !== 'held' || now < this.renewAt) return undefined;
    this.renewAt = this.nextRenewal(now);
    return this;
  }

  answered(answer: StoreAnswer, sentAt: number, ttl: number): void {
    if (this.state !== 'held' || sentAt < this.lastAnswerSentAt) return;
    if (answer.state !== 'held') return this.loseToOthers();
    this.lastAnswerSentAt = sentAt;
    this.isClaiming &&= sentAt < this.asked.sentAt;
    this.believedUntil = believedUntil(sentAt, ttl);
    // An answer to an older request proves nothing about a newer one, which may have shortened the lease since.
    if (sentAt <= this.asked.sentAt) this.believedUntil = Math.min(this.believedUntil, this.asked.deadline);
    // Each beat plans the next; only where that is overdue by now, or was due soon for want of an answer, it is put off.
    if (this.renewAt < sentAt + (this.length * RENEW_AFTER) / 2) this.renewAt = this.nextRenewal(sentAt);
    // It is due no earlier than before, so nobody has to be told.
    if (this.check()) this.observer.renewed(this);
  }

  unanswered(error: unknown): void {
    if (!this.check()) return;
    // What remains of the lease is for trying again, not too often.
    const pause = Math.min(Math.max(this.length / 20, 50), 1_000);
    if (this.renewAt !== Infinity || this.isClaiming) this.renewAt = monotonicNow() + pause;
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

  /** Ends the lease on proof that the store does not know it any more. */
  loseToOthers(): void {
    this.lose(messages.gone(this.key), undefined, true);
  }

  /** Whether the lease is held; notices when it has ended. */
  check(now = monotonicNow()): boolean {
    if (this.state === 'held' && now >= this.believedUntil) {
      this.lose(this.renewAt === Infinity ? messages.notRenewed(this.key) : messages.expired(this.key));
    }
    return this.state === 'held';
  }

  /** Infinity when the lease is not to be renewed any more. */
  private nextRenewal(from: number): number {
    const at = from + this.length * RENEW_AFTER * (1 + JITTER * (2 * Math.random() - 1));
    if (at > this.lastRenewalAt) return Infinity;
    const mark = this.length / MARKS;
    return Math.max(from + 1, Math.round(at / mark) * mark);
  }
}
