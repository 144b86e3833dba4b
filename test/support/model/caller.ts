/** One caller of a process: what it asked for, what it got, and whether it was told the truth about it. */
import { LockHandle } from '../../../lib/core/lock-handle.js';
import type { Lock } from '../../../lib/lock.js';
import { WAITER_HEARTBEAT } from '../../../lib/stores/protocol.js';
import { TIME_LIMIT } from './faulty-store.js';
import type { SimulatedProcess } from './simulated-process.js';

export interface Wish {
  readonly key: string;
  readonly ttl: number;
  readonly wait: number;
  readonly autoRenew: boolean;
  readonly fair: boolean;
  /** Milliseconds after which it releases by itself; undefined: when it is told to. */
  readonly hold: number | undefined;
  /** `withLock` instead of `acquire` and `release`. */
  readonly isSection: boolean;
  /** Milliseconds after which it stops waiting. */
  readonly cancelAfter: number | undefined;
}

/** Timers are set to whole milliseconds, by clocks that differ. */
const SLACK = 10;

export class Caller {
  state: 'waiting' | 'holding' | 'over' = 'waiting';
  lock: LockHandle | undefined;
  isCancelled = false;
  readonly cancel = new AbortController();
  readonly askedAt: number;
  /** By the process's clock. */
  mustSettleBy: number;
  /** Until when the lease must last if nothing goes wrong. */
  guaranteedUntil = Infinity;
  endSection = (): void => undefined;

  constructor(
    /** How many came before. */
    readonly order: number,
    readonly process: SimulatedProcess,
    readonly wish: Wish,
  ) {
    const { wait } = wish;
    this.askedAt = process.machine.now;
    const longest = wait === 0 ? TIME_LIMIT : Math.max(wait, WAITER_HEARTBEAT);
    this.mustSettleBy = this.askedAt + longest + SLACK;
  }

  get name(): string {
    return `${this.process.name}/${this.order}`;
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

  granted(lock: Lock, lag: number): void {
    const { wish, process } = this;
    this.state = 'holding';
    this.lock = lock as LockHandle;
    this.mustSettleBy = Infinity;
    if (!wish.autoRenew) this.guaranteedUntil = process.machine.now + wish.ttl * 0.9 - lag;
  }
}
