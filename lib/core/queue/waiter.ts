/**
 * One caller that wants one key: what it asks for, and how it hears the outcome. It waits in the queue of its key and
 * leaves when its time is over or its caller cancels.
 */
import { WAITER_HEARTBEAT } from '../../stores/protocol.js';
import type { Candidate } from '../lease/held-lease.js';
import type { Holder } from '../lease/holder.js';
import type { Linked } from '../linked-list.js';
import type { LockSettings } from '../settings.js';

/** What one caller asks for. */
export interface LockRequest {
  readonly key: string;
  readonly settings: LockSettings;
  /** What joins the events of one call. */
  readonly id: number;
  /** When the caller asked, in monotonic time. */
  readonly askedAt: number;
  readonly signal: AbortSignal | undefined;
  /** When a later one of several keys was asked for, in monotonic time; the store has answered for an earlier one. */
  readonly nextAskedAt?: number | undefined;
}

/** Where a waiter waits. */
export interface WaitingRoom {
  /** The caller of a waiter has cancelled. */
  cancelled(waiter: Waiter, reason: unknown): void;
}

/** What few waiters have. */
interface Extras {
  readonly signal: AbortSignal | undefined;
  readonly nextAskedAt: number | undefined;
  onAbort?: () => void;
}

/** There may be ten thousand waiters of a key, so a waiter is one small object. */
export abstract class Waiter implements Candidate, Linked<Waiter> {
  readonly settings: LockSettings;
  readonly id: number;
  readonly askedAt: number;
  before: Waiter | undefined = undefined;
  behind: Waiter | undefined = undefined;
  readonly extras: Extras | undefined;
  private readonly resolve: (outcome: unknown) => void;

  /**
   * @param resolve - of the caller's promise. It also refuses, with a rejected promise: one function fewer in memory.
   */
  constructor({ settings, id, askedAt, signal, nextAskedAt }: LockRequest, resolve: (outcome: never) => void) {
    this.settings = settings;
    this.id = id;
    this.askedAt = askedAt;
    this.extras = signal || nextAskedAt !== undefined ? { signal, nextAskedAt } : undefined;
    this.resolve = resolve as (outcome: unknown) => void;
  }

  /** How long its caller is ready to wait, in milliseconds. */
  get wait(): number {
    return this.settings.wait;
  }

  /** What the caller gets. */
  protected abstract outcomeOf(holder: Holder): unknown;

  /**
   * When its time is over. `isToTheMoment`: the store has said that the key is taken, or is known to be out of reach; until
   * then a short wait must not make a busy server look out of reach, and a single try is the store's to limit.
   */
  endsAt(isToTheMoment: boolean): number {
    const { wait } = this;
    if (isToTheMoment) return Math.ceil(this.askedAt + wait);
    return wait === 0 ? Infinity : Math.ceil(this.askedAt + Math.max(wait, WAITER_HEARTBEAT));
  }

  /** Whether earlier keys of the same call took so much of the wait that the store had no time to answer for this one. */
  get isShortOfTime(): boolean {
    const nextAskedAt = this.extras?.nextAskedAt;
    return nextAskedAt !== undefined && performance.now() - nextAskedAt < WAITER_HEARTBEAT;
  }

  /** Begins to wait. */
  enter(room: WaitingRoom, extras: Extras): void {
    const { signal } = extras;
    if (!signal) return;
    extras.onAbort = () => room.cancelled(this, signal.reason);
    signal.addEventListener('abort', extras.onAbort);
  }

  succeed(holder: Holder): void {
    this.settle();
    this.resolve(this.outcomeOf(holder));
  }

  reject(reason: unknown): void {
    this.settle();
    this.resolve(Promise.reject(reason as Error));
  }

  /** Its caller's signal does not concern it any more. */
  settle(): void {
    const { extras } = this;
    if (extras?.onAbort) extras.signal!.removeEventListener('abort', extras.onAbort);
  }
}
