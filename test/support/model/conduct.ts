/** What callers do with their locks, and whether what they are told is true. */
import { LockError } from '../../../lib/lock.errors.js';
import type { Lock } from '../../../lib/lock.js';
import { Caller } from './caller.js';
import type { Wish } from './caller.js';
import type { ServerLine } from './server-line.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { Machine } from './virtual-world.js';
import type { Witness } from './witness.js';

const CANCELLED = new Error('The caller has left.');

export class Conduct {
  /** Promises that have not settled, and whose they are. */
  private readonly pending = new Map<string, Machine>();

  constructor(
    private readonly witness: Witness,
    private readonly line: ServerLine,
    private readonly isCalm: boolean,
    /** The longest there is, in milliseconds. */
    private readonly latency: number,
  ) {}

  /** What those who live still wait for. */
  get unsettled(): string[] {
    return [...this.pending].flatMap(([what, { isAlive }]) => (isAlive ? [what] : []));
  }

  acquire(running: SimulatedProcess, wish: Wish): void {
    const caller = new Caller(this.witness.callers.length, running, wish);
    this.witness.callers.push(caller);
    const { key, share, also, hold, isSection, cancelAfter, ...options } = wish;
    const keys = also.length > 0 ? [wish, ...also].map((each) => ({ key: each.key, ...each.share })) : key;
    const asked = { ...options, ...(also.length === 0 && share), signal: caller.cancel.signal };
    if (cancelAfter !== undefined) running.later(cancelAfter, () => this.cancel(caller));
    if (isSection) {
      let wasLost: boolean | undefined;
      const section = async (lock: Lock): Promise<string> => {
        this.granted(caller, lock);
        await new Promise<void>((resolve) => {
          caller.endSection = resolve;
          running.later(hold ?? 100, resolve);
        });
        wasLost = caller.isLost;
        caller.wasHeldToTheEnd = wasLost !== true;
        return caller.name;
      };
      this.follow(running, caller.name, running.locks.withLock(keys, asked, section), (error) => {
        if (!caller.lock) return this.refused(caller, error);
        caller.state = 'over';
        this.judge(caller, 'section', wasLost, error);
      });
      return;
    }
    this.follow(running, caller.name, running.locks.acquire(keys, asked), (error, lock) => {
      if (error !== undefined) return this.refused(caller, error);
      this.granted(caller, lock as Lock);
      if (hold !== undefined) running.later(hold, () => this.finish(caller));
    });
  }

  private granted(caller: Caller, lock: Lock): void {
    caller.granted(lock, 2 * this.latency + 10);
    this.witness.granted(caller);
    for (const key of caller.keys) this.line.began(key, caller.lock!.holderOf(key)!.token);
  }

  /** A wait has ended with an error. */
  private refused(caller: Caller, error: unknown): void {
    const { wish, name, process, askedAt, isCancelled } = caller;
    caller.state = 'over';
    this.witness.excuse(caller);
    if (isCancelled && error === CANCELLED) return;
    const code = error instanceof LockError ? error.code : String(error);
    const waited = process.machine.now - askedAt;
    const isRight =
      (code === 'LOCK_BUSY' && wish.wait === 0) ||
      (code === 'LOCK_TIMEOUT' && wish.wait > 0 && waited >= wish.wait) ||
      (code === 'LOCK_UNAVAILABLE' && !this.isCalm);
    if (!isRight) this.witness.fault(`${name} was refused with ${code} after ${waited} ms`);
  }

  cancel(caller: Caller): void {
    if (caller.state !== 'waiting') return;
    caller.isCancelled = true;
    this.witness.excuse(caller);
    caller.mustSettleBy = caller.process.machine.now;
    caller.cancel.abort(CANCELLED);
  }

  finish(caller: Caller): void {
    // It may have been given away.
    if (caller.state !== 'holding' || (caller.isMoving && caller.lock!.isReleased)) return;
    if (caller.wish.isSection) return caller.endSection();
    caller.state = 'over';
    const { isLost } = caller;
    caller.wasHeldToTheEnd = isLost !== true;
    this.follow(caller.process, `release ${caller.name}`, caller.lock!.release(), (error, wasHeld) => {
      this.judge(caller, 'release', isLost, wasHeld === false ? 'LOCK_LOST' : error);
    });
  }

  renew(caller: Caller, ttl: number | undefined): void {
    const { lock, state, wish, isLost, process } = caller;
    if (!lock) return;
    const promised = wish.autoRenew ? Infinity : process.machine.now + (ttl ?? lock.ttl) * 0.98 - 10;
    caller.guaranteedUntil = Math.min(caller.guaranteedUntil, promised);
    this.follow(process, `renew ${caller.name}`, lock.renew(ttl), (error) => {
      const code = error instanceof LockError ? error.code : error;
      if (code === undefined) caller.guaranteedUntil = promised;
      const isRight =
        code === undefined
          ? state === 'holding' && isLost !== true
          : code === 'LOCK_NOT_HELD'
            ? lock.isReleased
            : code === 'LOCK_LOST'
              ? caller.isLost !== false
              : code === 'LOCK_UNAVAILABLE' && !this.isCalm;
      if (!isRight) this.witness.fault(`${caller.name}: renew ended with ${String(code)}`);
    });
  }

  /** Whether what a caller was told at its end is what happened. */
  private judge(caller: Caller, what: string, wasLost: boolean | undefined, outcome: unknown): void {
    const told = outcome instanceof LockError ? outcome.code : outcome;
    if (told !== undefined) this.witness.lost(caller);
    const isRight = told === undefined ? wasLost !== true : told === 'LOCK_LOST' && wasLost !== false;
    if (!isRight) this.witness.fault(`${caller.name}: ${what} ended with ${String(told)}, lost: ${wasLost}`);
  }

  follow<Value>(
    running: SimulatedProcess,
    what: string,
    promise: Promise<Value>,
    ended: (error: unknown, value?: Value) => void = () => undefined,
  ): void {
    this.pending.set(what, running.machine);
    const settle = (error: unknown, value?: Value): void => {
      this.pending.delete(what);
      if (running.machine.isAlive) ended(error, value);
    };
    promise.then(
      (value) => settle(undefined, value),
      (error: unknown) => settle(error),
    );
  }
}
