/** One caller of a process: what it asked for, what it got, and whether it was told the truth about it. */
import type { ShareOptions } from '../../../lib/acquire.options.js';
import { LockHandle } from '../../../lib/core/lock-handle.js';
import { readShare } from '../../../lib/core/share-options.js';
import type { Lock } from '../../../lib/lock.js';
import type { LeaseShare } from '../../../lib/stores/lock-store.js';
import { WAITER_HEARTBEAT } from '../../../lib/stores/protocol.js';
import { TIME_LIMIT } from './faulty-store.js';
import type { SimulatedProcess } from './simulated-process.js';

export interface Wish {
  readonly key: string;
  /** With whom it shares the key. */
  readonly share: ShareOptions;
  /** What it wants together with the key. */
  readonly also: readonly KeyWish[];
  readonly ttl: number;
  readonly wait: number;
  readonly autoRenew: boolean;
  readonly fair: boolean;
  readonly minHold: number;
  readonly lockDelay: number;
  /** Milliseconds after which it releases by itself; undefined: when it is told to. */
  readonly hold: number | undefined;
  /** `withLock` instead of `acquire` and `release`. */
  readonly isSection: boolean;
  /** Milliseconds after which it stops waiting. */
  readonly cancelAfter: number | undefined;
}

export interface KeyWish {
  readonly key: string;
  readonly share: ShareOptions;
}

/** What a caller wants that wants one key for itself, and no margin. */
export const ALONE = { share: {}, also: [], minHold: 0, lockDelay: 0 };

/** Timers are set to whole milliseconds, by clocks that differ. */
const SLACK = 10;

export class Caller {
  state: 'waiting' | 'holding' | 'over' = 'waiting';
  lock: LockHandle | undefined;
  isCancelled = false;
  /** Whether it is giving its lock to another process. */
  isMoving = false;
  /** Whether it has given back, or away, what it held. */
  wasHeldToTheEnd = false;
  /** Whether its loss has been noticed. */
  isKnownLost = false;
  readonly cancel = new AbortController();
  readonly askedAt: number;
  /** By the process's clock. */
  mustSettleBy: number;
  /** By when each of its conversions must settle. */
  readonly conversions = new Set<{ mustSettleBy: number }>();
  /** Until when the lease must last if nothing goes wrong. */
  guaranteedUntil = Infinity;
  endSection = (): void => undefined;
  private readonly shares: ReadonlyMap<string, LeaseShare>;

  constructor(
    /** How many came before. */
    readonly order: number,
    readonly process: SimulatedProcess,
    readonly wish: Wish,
  ) {
    const { wait, also } = wish;
    this.shares = new Map([wish, ...also].map(({ key, share }) => [key, readShare(share)]));
    this.askedAt = process.machine.now;
    // Several keys are asked for together, one by one where they are not free together, and given back where not all came.
    const requests = also.length > 0 ? 3 * TIME_LIMIT : 0;
    const longest = wait === 0 ? TIME_LIMIT : Math.max(wait, WAITER_HEARTBEAT);
    this.mustSettleBy = this.askedAt + longest + requests + SLACK;
  }

  get name(): string {
    return `${this.process.name}/${this.order}`;
  }

  get keys(): readonly string[] {
    return [...this.shares.keys()];
  }

  get wantsSeveral(): boolean {
    return this.wish.also.length > 0;
  }

  /** How it shares a key, or wants to; undefined for a key that is none of its own. */
  shareOf(key: string): LeaseShare | undefined {
    return this.lock?.holderOf(key)?.share ?? this.shares.get(key);
  }

  /** Whether it waits for others to release the key, and can be told of it. */
  get isEligible(): boolean {
    return this.state === 'waiting' && this.wish.wait > 0 && !this.isCancelled && this.process.machine.isRunning;
  }

  /** What `lock.isHeld` would answer, without its noticing that it was asked. */
  get believes(): boolean {
    return this.process.machine.isAlive && this.lock?.isReleased === false && this.remaining > 0;
  }

  /** Whether the lease is over; undefined within a millisecond of its end. */
  get isLost(): boolean | undefined {
    const { remaining } = this;
    return Math.abs(remaining) <= 1 ? undefined : remaining < 0;
  }

  /** Milliseconds for which it believes that it holds the lock. */
  get remaining(): number {
    const { lock, process } = this;
    if (!lock || lock.signal.aborted) return -Infinity;
    return process.on(() => lock.expiresAt.getTime() - Date.now());
  }

  /** Milliseconds for which it has held a key, by its own clock. */
  heldFor(key: string): number {
    const { acquiredAt } = this.lock!.holderOf(key)!;
    return this.process.on(() => Date.now() - acquiredAt.getTime());
  }

  granted(lock: Lock, lag: number): void {
    const { wish, process } = this;
    this.state = 'holding';
    this.lock = lock as LockHandle;
    this.mustSettleBy = Infinity;
    // The first of several keys may have been held for long when the last came.
    const length = this.wantsSeveral ? 0 : wish.ttl * 0.9 - lag;
    if (!wish.autoRenew) this.guaranteedUntil = process.machine.now + length;
  }

  /** A conversion begins that may wait so long; answers what to call when it has ended. */
  converts(wait: number): () => void {
    const conversion = { mustSettleBy: this.process.machine.now + wait + TIME_LIMIT + SLACK };
    this.conversions.add(conversion);
    return () => this.conversions.delete(conversion);
  }

  /** What is still to settle though its time is over. */
  get isLate(): boolean {
    const { now } = this.process.machine;
    return (
      (this.state !== 'over' && now > this.mustSettleBy) ||
      [...this.conversions].some(({ mustSettleBy }) => now > mustSettleBy)
    );
  }

  /** Time in which the process stands still is no fault of the library. */
  stoodStill(): void {
    const least = this.process.machine.now + 20;
    this.mustSettleBy = Math.max(this.mustSettleBy, least);
    for (const each of this.conversions) each.mustSettleBy = Math.max(each.mustSettleBy, least);
  }
}
