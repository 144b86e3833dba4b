/** What callers do with locks that they hold: upgrade, downgrade, give away; and whether what they are told is true. */
import { LockError } from '../../../lib/lock.errors.js';
import type { Lock } from '../../../lib/lock.js';
import { Caller } from './caller.js';
import type { Conduct } from './conduct.js';
import type { SimulatedProcess } from './simulated-process.js';
import { LOOKS_WITHIN } from './witness.js';
import type { Witness } from './witness.js';

export class Conversions {
  constructor(
    private readonly conduct: Conduct,
    private readonly witness: Witness,
    private readonly isCalm: boolean,
  ) {}

  upgrade(caller: Caller, wait: number): void {
    const { lock, process, wish } = caller;
    if (!lock) return;
    const wasReader = lock.mode === 'read';
    const askedAt = process.machine.now;
    const others = this.witness.callers.filter(({ conversions }) => conversions.size > 0);
    this.converts(caller, wait, lock.upgrade({ wait }), (code) => {
      if (code === undefined) {
        if (lock.mode !== 'write') return false;
        if (wasReader) this.witness.minted(caller, wish.key);
        return caller.isLost !== true;
      }
      if (code === 'LOCK_BUSY') return wait === 0 || others.some((other) => other.shareOf(wish.key));
      return code === 'LOCK_TIMEOUT' && wait > 0 && process.machine.now - askedAt >= wait;
    });
  }

  downgrade(caller: Caller): void {
    const { lock, wish } = caller;
    if (!lock) return;
    const { mode, fencingToken } = lock;
    const isUpgrading = this.witness.callers.some((other) => other.conversions.size > 0 && other.shareOf(wish.key));
    this.converts(caller, 0, lock.downgrade(), (code) => {
      if (code === 'LOCK_BUSY') return isUpgrading;
      return code === undefined && lock.mode === 'read' && (mode === 'read' || lock.fencingToken === fencingToken);
    });
  }

  /** Detaches a lock; the other process adopts it after so many milliseconds. */
  move(caller: Caller, time: number, adopt: (then: (to: SimulatedProcess) => void) => void): void {
    const { lock, process, wish, name } = caller;
    if (!lock || wish.isSection || caller.isMoving || caller.state !== 'holding') return;
    caller.isMoving = true;
    const isConverting = caller.conversions.size > 0;
    this.conduct.follow(process, `detach ${name}`, lock.detach(), (error, text) => {
      caller.isMoving = false;
      if (error !== undefined) {
        const code = codeOf(error)!;
        const isRight =
          code === 'LOCK_BUSY'
            ? isConverting || caller.conversions.size > 0 || this.sharesItsLease(caller)
            : this.isRefusal(caller, code);
        if (!isRight) this.witness.fault(`${name}: detach ended with ${code}`);
        return;
      }
      caller.state = 'over';
      caller.wasHeldToTheEnd = true;
      const { minHold, lockDelay } = wish;
      // When no process adopts it, it ends by itself.
      const longest = time + lock.ttl + minHold + lockDelay + LOOKS_WITHIN;
      this.witness.excuse(caller, this.witness.now + longest);
      adopt((to) => this.adopt(caller, to, text!, time));
    });
  }

  private adopt(from: Caller, to: SimulatedProcess, text: string, time: number): void {
    const caller = new Caller(this.witness.callers.length, to, from.wish);
    this.conduct.follow(to, `adopt ${from.name}`, to.locks.adopt(text), (error, lock) => {
      if (error === undefined) {
        this.witness.callers.push(caller);
        caller.granted(lock as Lock, 2 * to.plan.latency + 10);
        this.witness.moved(caller, from);
        if (from.wish.hold !== undefined) to.later(from.wish.hold, () => this.conduct.finish(caller));
        return;
      }
      const code = codeOf(error);
      // A hundredth of the lease is for clocks that differ.
      const isLate = time > from.lock!.ttl * 0.98 - 4 * to.plan.latency - 10;
      const isRight = code === 'LOCK_LOST' ? isLate || !this.isCalm : code === 'LOCK_UNAVAILABLE' && !this.isCalm;
      if (!isRight) this.witness.fault(`${caller.name}: adopt ended with ${code}`);
    });
  }

  private converts(
    caller: Caller,
    wait: number,
    converted: Promise<void>,
    isRight: (code: string | undefined) => boolean,
  ): void {
    const { process, name, wish } = caller;
    const { key, also, share } = wish;
    const settled = caller.converts(wait);
    const what = `conversion ${name} ${process.machine.now}`;
    this.conduct.follow(process, what, converted, (error) => {
      settled();
      this.witness.excuse({ keys: [key] });
      const code = codeOf(error);
      const cannot = also.length > 0 || (share.concurrency ?? 1) > 1;
      if (cannot && code === 'LOCK_OPTIONS') return;
      if (!(code !== undefined && this.isRefusal(caller, code)) && !isRight(code)) {
        this.witness.fault(`${name}: conversion ended with ${String(code)}`);
      }
    });
  }

  /** What whoever has lost or released its lock is told, or can't reach the server. */
  private isRefusal({ lock, isLost }: Caller, code: string): boolean {
    if (code === 'LOCK_NOT_HELD') return lock!.isReleased;
    if (code === 'LOCK_LOST') return isLost !== false;
    return code === 'LOCK_UNAVAILABLE' && !this.isCalm;
  }

  private sharesItsLease({ lock }: Caller): boolean {
    return (
      this.witness.callers.filter((other) => other.lock?.token === lock!.token && other.state !== 'over').length > 1
    );
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof LockError ? error.code : error === undefined ? undefined : String(error);
}
