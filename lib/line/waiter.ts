/**
 * One caller that wants one key: what it asks for, and how it hears the outcome. It waits in the local line of its key and
 * gives up when its time is over or its caller cancels.
 */
import { setMaxListeners } from 'node:events';
import type { Beat } from '../lease/heartbeat.js';
import type { Hold } from '../lease/hold.js';
import type { LockHandle } from '../lease/lock-handle.js';
import type { Linked } from '../linked-list.js';
import type { LockSettings } from '../lock.settings.js';
import { WAITER_HEARTBEAT } from '../stores/lock-store.js';

/** What one caller asks for, and where it hears the outcome. */
export interface Wanted {
  readonly key: string;
  readonly settings: LockSettings;
  /** When the caller asked, in monotonic time. */
  readonly askedAt: number;
  readonly signal: AbortSignal | undefined;
  /** Of a later one of several keys: when its turn came, in monotonic time. The call has been answered before. */
  readonly turnCameAt?: number | undefined;
  /** `outer`: the handle that the key was entered again through. */
  admit(hold: Hold, outer?: LockHandle): void;
  refuse(reason: unknown): void;
}

/** Where a waiter waits. */
export interface WaitingRoom {
  /** Whether the store has said yet that the key is taken. */
  readonly isAnswered: boolean;
  /** The time of a waiter is over. */
  expired(waiter: Waiter): void;
  /** A waiter's caller has cancelled. */
  cancelled(waiter: Waiter, reason: unknown): void;
}

export class Waiter implements Beat, Linked<Waiter> {
  place = -1;
  private readonly onAbort: (() => void) | undefined;
  /** Whether its caller has been told the outcome. */
  isSettled = false;
  before: Waiter | undefined;
  behind: Waiter | undefined;

  constructor(
    readonly wanted: Wanted,
    private readonly room: WaitingRoom,
  ) {
    const { signal } = wanted;
    if (!signal) return;
    // One signal may cancel any number of waits; without this Node.js warns of a leak at the eleventh.
    if (signal instanceof EventTarget) setMaxListeners(0, signal);
    this.onAbort = () => this.room.cancelled(this, signal.reason);
    signal.addEventListener('abort', this.onAbort);
  }

  get ttl(): number {
    return this.wanted.settings.ttl;
  }

  /** A short wait must not make a server that is merely busy look out of reach; a single try is the store's to limit. */
  get dueAt(): number {
    const { askedAt, settings } = this.wanted;
    const { wait } = settings;
    if (this.room.isAnswered) return askedAt + wait;
    return wait === 0 ? Infinity : askedAt + Math.max(wait, WAITER_HEARTBEAT);
  }

  beat(now: number): undefined {
    if (now >= this.dueAt) this.room.expired(this);
  }

  succeed(hold: Hold): void {
    this.settle();
    this.wanted.admit(hold);
  }

  reject(reason: unknown): void {
    this.settle();
    this.wanted.refuse(reason);
  }

  private settle(): void {
    this.isSettled = true;
    if (this.onAbort) this.wanted.signal!.removeEventListener('abort', this.onAbort);
  }
}
