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
    if (this.dismiss(waiter)) waiter.reject(reason);
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
    const { isToTheMoment } = this;
    this.tools.heartbeat.callerCame();
    return this.waiters.add(waiter, isToTheMoment);
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
    const { waiters } = this;
    if (!waiters || now < waiters.endsAt) return;
    for (const waiter of waiters.due(now, this.isToTheMoment)) this.expired(waiter);
  }

  /** The store is out of reach, or is there again: callers that it has not answered have another time to end. */
  protected reckon(): void {
    this.waiters?.reckon(this.isToTheMoment);
  }

  /** See `Waiter.endsAt`. */
  private get isToTheMoment(): boolean {
    return this.isAnswered || !this.tools.requests.isReachable;
  }

  /** The store has answered: the callers that have not got the key know now that they wait. */
  protected answeredFirst(expiresIn: number): void {
    this.isAnswered = true;
    const { waiters } = this;
    if (!waiters) return;
    waiters.reckon(true);
    if (this.tools.events.audience) for (const waiter of waiters) this.tellWaiting(waiter, expiresIn);
  }

  protected tellWaiting({ settings, id }: Waiter, expiresIn: number): void {
    const { key, token } = this;
    const [mode, { label }] = [modeOf(settings.share), settings];
    this.tools.events.audience?.next({ type: 'waiting', key, token, label, mode, id, holderExpiresInMs: expiresIn });
  }

  private expired(waiter: Waiter): void {
    const { key, token, isAnswered, lastError } = this;
    const { wait } = waiter;
    const isAway = !this.tools.requests.isReachable;
    if (!isAnswered && (isAway || (lastError === undefined && !waiter.isShortOfTime))) {
      // What the store was asked for is unknown, and that is no wait that ended.
      const error = isAway ? refusals.outOfReach(key, lastError) : refusals.notAnswered(key, wait);
      if (!this.dismiss(waiter)) return;
      waiter.reject(error);
      this.tools.requests.failed({ key, token, label: waiter.settings.label }, 'acquire', error);
    } else if (!isAnswered) {
      const error = waiter.isShortOfTime ? refusals.outOfTime(key, wait) : refusals.unavailable(key, lastError);
      this.cancelled(waiter, error);
    } else if (isAway || lastError !== undefined) {
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
