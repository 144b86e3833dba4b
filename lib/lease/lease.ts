/**
 * A lease of one key as its owner sees it: held, then either released or lost, and never held again. It stops believing
 * before the server does: its deadline counts from the moment the request was sent, less an allowance for clock drift,
 * and is compared with the clock whenever somebody asks, so a blocked event loop or a hanging server cannot prolong it.
 * Handles on the same lease (re-entries) are counted; the last one out releases.
 */
import { LockLostError } from '../lock.errors.js';
import type { LockError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockSettings } from '../lock.settings.js';
import type { StoreAnswer } from '../stores/lock-store.js';
import { monotonicNow } from './heartbeat.js';
import type { Beat } from './heartbeat.js';

/** What a lease tells whoever keeps it. */
export interface LeaseObserver {
  renewed(lease: Lease): void;
  /** `isGone`: the store said so; otherwise something of the lease may still be there. */
  lost(lease: Lease, error: LockLostError, isGone: boolean): void;
  renewalFailed(lease: Lease, error: unknown): void;
  /** {@link Beat.dueAt} came nearer. */
  moved(lease: Lease): void;
}

/** How a lease came to be. */
export interface Grant {
  readonly key: string;
  readonly token: string;
  readonly fencingToken: number;
  /** When the request that was answered with the grant was sent, in monotonic time. */
  readonly sentAt: number;
}

/** Renewal is due after this part of the ttl, so that it may fail more than once before the lease ends. */
const RENEW_AFTER = 1 / 3;
/** Renewals of leases that were taken together are spread by this much, either way. */
const JITTER = 0.1;

/** Until when a holder believes in a lease that was asked for at `sentAt`: clocks may drift apart by a hundredth. */
export function believedUntil(sentAt: number, ttl: number): number {
  return sentAt + ttl - (ttl * 0.01 + 2);
}

export class Lease implements Beat {
  readonly kind = 'exclusive';
  readonly key: string;
  readonly token: string;
  readonly fencingToken: number;
  /** Whether its holder may enter the key again. */
  readonly reentrant: boolean;
  readonly acquiredAt = new Date();
  readonly acquiredAtMonotonic = monotonicNow();
  /** How many handles share the lease. */
  depth = 1;

  private state: 'held' | 'releasing' | 'released' | 'lost' = 'held';
  private length: number;
  private deadline: number;
  private renewAt: number;
  private readonly lastRenewalAt: number;
  private lastAnswerSentAt: number;
  /** The latest renewal by hand, which may take effect without ever being answered. */
  private asked = { sentAt: -Infinity, deadline: Infinity };
  private abort: AbortController | undefined;
  private loss: LockLostError | undefined;

  constructor(
    grant: Grant,
    settings: LockSettings,
    private readonly observer: LeaseObserver,
  ) {
    this.key = grant.key;
    this.token = grant.token;
    this.fencingToken = grant.fencingToken;
    this.reentrant = settings.reentrant;
    this.length = settings.ttl;
    this.lastAnswerSentAt = grant.sentAt;
    this.deadline = believedUntil(grant.sentAt, settings.ttl);
    this.lastRenewalAt = settings.autoRenew ? this.acquiredAtMonotonic + settings.maxHold : -Infinity;
    this.renewAt = this.nextRenewal(grant.sentAt);
  }

  /** Length of the lease that the next touch asks for, in milliseconds. */
  get ttl(): number {
    return this.length;
  }

  get dueAt(): number {
    return Math.min(this.renewAt, this.deadline);
  }

  /** When the lease ends unless it is renewed, by the wall clock. */
  get expiresAt(): Date {
    return new Date(Date.now() + this.deadline - monotonicNow());
  }

  /** Asking may be what discovers the loss: from then on it stays lost. */
  get isHeld(): boolean {
    this.checkDeadline(monotonicNow());
    return this.state === 'held';
  }

  /** Given back, or about to be. */
  get isReleased(): boolean {
    return this.state === 'released' || this.state === 'releasing';
  }

  /** Why the lease is lost; `undefined` while it isn't. */
  get lossError(): LockLostError | undefined {
    this.checkDeadline(monotonicNow());
    return this.loss;
  }

  get signal(): AbortSignal {
    if (!this.abort) {
      this.abort = new AbortController();
      if (this.loss) this.abort.abort(this.loss);
    }
    return this.abort.signal;
  }

  /** Before a touch by hand: a shorter lease may take effect even if its answer never comes, a longer one only by it. */
  expect(ttl: number, sentAt: number): void {
    this.length = ttl;
    this.asked = { sentAt, deadline: believedUntil(sentAt, ttl) };
    this.deadline = Math.min(this.deadline, believedUntil(sentAt, ttl));
    this.renewAt = Math.min(this.renewAt, this.nextRenewal(sentAt));
    this.observer.moved(this);
  }

  beat(now: number): boolean {
    this.checkDeadline(now);
    if (this.state !== 'held' || now < this.renewAt) return false;
    this.renewAt = this.nextRenewal(now);
    return true;
  }

  answered(answer: StoreAnswer, sentAt: number, ttl: number): void {
    if (this.state !== 'held' || sentAt < this.lastAnswerSentAt) return;
    if (answer.state !== 'held') return this.loseToOthers();
    this.lastAnswerSentAt = sentAt;
    this.deadline = believedUntil(sentAt, ttl);
    // An answer to an older request proves nothing about a newer one, which may have shortened the lease since.
    if (sentAt <= this.asked.sentAt) this.deadline = Math.min(this.deadline, this.asked.deadline);
    this.renewAt = this.nextRenewal(sentAt);
    this.checkDeadline(monotonicNow());
    if (this.state !== 'held') return;
    this.observer.moved(this);
    this.observer.renewed(this);
  }

  unanswered(error: unknown): void {
    if (!this.isHeld) return;
    // What remains of the lease is for trying again, not too often.
    const pause = Math.min(Math.max(this.length / 20, 50), 1_000);
    if (this.renewAt !== Infinity) this.renewAt = monotonicNow() + pause;
    this.observer.moved(this);
    this.observer.renewalFailed(this, error);
  }

  /** From here on nothing renews the lease any more. False when it is not held. */
  beginRelease(): boolean {
    if (!this.isHeld) return false;
    this.state = 'releasing';
    return true;
  }

  endRelease(): void {
    this.state = 'released';
  }

  /** Ends the lease from outside: by proof of loss, which may come with the answer to its release, or by shutdown. */
  lose(message: string, cause?: LockError, isGone = false): void {
    if (this.state !== 'held' && this.state !== 'releasing') return;
    this.state = 'lost';
    this.loss = new LockLostError(message, { key: this.key, cause });
    this.abort?.abort(this.loss);
    this.observer.lost(this, this.loss, isGone);
  }

  /** Ends the lease on proof that the store does not know it any more. */
  loseToOthers(): void {
    this.lose(messages.gone(this.key), undefined, true);
  }

  private checkDeadline(now: number): void {
    if (this.state !== 'held' || now < this.deadline) return;
    this.lose(this.renewAt === Infinity ? messages.notRenewed(this.key) : messages.expired(this.key));
  }

  /** Infinity when the lease is not to be renewed any more. */
  private nextRenewal(from: number): number {
    const at = from + this.length * RENEW_AFTER * (1 + JITTER * (2 * Math.random() - 1));
    return at > this.lastRenewalAt ? Infinity : at;
  }
}
