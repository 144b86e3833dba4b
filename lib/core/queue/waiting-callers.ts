/**
 * The callers of this process that wait for one key: each settles, in time, and hears why. What they wait for is left to
 * the class that extends this one, see `key-queue.ts`.
 */
import type { LockError } from '../../lock.errors.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { Heartbeat } from '../heartbeat/heartbeat.js';
import type { LeaseRequests } from '../lease/lease-requests.js';
import { lengthOf } from '../lease/margin.js';
import type { Touching } from '../lease/touching.js';
import { modeOf } from '../share-options.js';
import * as refusals from './refusals.js';
import type { Waiter, WaitingRoom } from './waiter.js';
import { Waiters } from './waiters.js';

/** What waiting callers need. */
interface WaitingTools {
  readonly requests: LeaseRequests;
  readonly heartbeat: Heartbeat<Touching>;
  readonly events: LockEventEmitter;
}

export abstract class WaitingCallers<Tools extends WaitingTools> implements WaitingRoom {
  /** Whether the store has answered yet. */
  protected isAnswered = false;
  /** Undefined while no caller waits. */
  protected waiters: Waiters | undefined = undefined;

  constructor(
    readonly key: string,
    readonly tools: Tools,
  ) {}

  /** The first of them. */
  get next(): Waiter | undefined {
    return this.waiters?.first;
  }

  /** Takes the first of them out. */
  takeNext(): Waiter {
    const waiter = this.waiters!.first!;
    this.remove(waiter);
    return waiter;
  }

  /** Ends every wait. */
  close(reason: LockError): void {
    // A copy, because waiters leave meanwhile.
    for (const waiter of this.waitersThat(() => true)) this.cancelled(waiter, reason);
  }

  cancelled(waiter: Waiter, reason: unknown): void {
    const { token } = this;
    if (this.dismiss(waiter)) this.reject(waiter, reason, token);
  }

  /** Id of the lease that is held or asked for. */
  protected abstract readonly token: string;
  /** What went wrong with the last request for the lease. */
  protected abstract readonly lastError: unknown;
  /** Whether a caller of this process has the key. */
  protected abstract readonly isHeldHere: boolean;
  /** Milliseconds until the key may be free, as far as is known. */
  protected abstract expectedIn(): number;
  /** The last of them has left; nothing may be left behind of a lease that the store would keep for so long. */
  protected abstract lastLeft(length: number): void;

  /** Answers whether its time is over before that of all others. */
  protected add(waiter: Waiter): boolean {
    if (waiter.extras) waiter.enter(this, waiter.extras);
    this.waiters ??= new Waiters();
    this.tools.heartbeat.callerCame();
    return this.waiters.add(waiter, this.isAnswered);
  }

  /** False when it was out already. */
  protected remove(waiter: Waiter): boolean {
    const { waiters } = this;
    if (!waiters?.remove(waiter)) return false;
    if (!waiters.first) this.waiters = undefined;
    this.tools.heartbeat.callerLeft();
    return true;
  }

  protected waitersThat(match: (waiter: Waiter) => boolean): readonly Waiter[] {
    return [...(this.waiters ?? [])].filter(match);
  }

  /** Ends the waits whose time is over. */
  protected expire(now: number): void {
    const { waiters, isAnswered } = this;
    if (!waiters || now < waiters.endsAt) return;
    for (const waiter of waiters.due(now, isAnswered)) this.expired(waiter);
  }

  /** Tells a waiter that was taken out. */
  protected reject(waiter: Waiter, reason: unknown, token: string): void {
    const { key } = this;
    const waitedMs = performance.now() - waiter.askedAt;
    if (!waiter.isSilent)
      this.tools.events.audience?.next({ type: 'timeout', key, token, mode: modeOf(waiter.settings.share), waitedMs });
    waiter.reject(reason);
  }

  /** The store has answered: the callers that have not got the key know now that they wait. */
  protected answeredFirst(expiresIn: number): void {
    this.isAnswered = true;
    const { waiters } = this;
    if (!waiters) return;
    waiters.reckon(true);
    if (this.tools.events.audience) for (const waiter of waiters) this.tellWaiting(waiter, expiresIn);
  }

  protected tellWaiting({ settings }: Waiter, expiresIn: number): void {
    const { key, token } = this;
    const mode = modeOf(settings.share);
    this.tools.events.audience?.next({ type: 'waiting', key, token, mode, holderExpiresInMs: expiresIn });
  }

  private expired(waiter: Waiter): void {
    const { key, token, isAnswered, lastError } = this;
    const { wait } = waiter;
    if (!isAnswered && lastError === undefined && !waiter.isShortOfTime) {
      // What the store was asked for is unknown, and that is no wait that ended.
      const error = refusals.notAnswered(key, wait);
      if (!this.dismiss(waiter)) return;
      waiter.reject(error);
      this.tools.requests.failed(key, token, 'acquire', error);
    } else if (!isAnswered) {
      const error = waiter.isShortOfTime ? refusals.outOfTime(key, wait) : refusals.unavailable(key, lastError);
      this.cancelled(waiter, error);
    } else if (lastError !== undefined) {
      this.cancelled(waiter, refusals.unreachable(key, wait, lastError));
    } else {
      this.cancelled(waiter, refusals.timedOut(key, wait, this.expectedIn(), this.isHeldHere));
    }
  }

  /** A waiter leaves of its own accord. False when it had left already. */
  private dismiss(waiter: Waiter): boolean {
    const { settings } = this.next ?? waiter;
    if (!this.remove(waiter)) return false;
    if (!this.waiters) this.lastLeft(lengthOf(settings));
    return true;
  }
}
