/** Watches all callers of all processes, and writes down whatever contradicts the promises. */
import type { HandOffBudget } from '../../../lib/core/lease/hand-off.js';
import type { Caller } from './caller.js';
import type { World } from './virtual-world.js';

/** What is promised on top of safety, depending on what goes wrong. */
export interface Promises {
  /** Nothing goes wrong at all: nothing may be lost, late, or out of order. */
  readonly isCalm: boolean;
  /** For how long a key may be free though somebody waits for it. */
  readonly longestIdle: number;
}

export class Witness {
  readonly faults: string[] = [];
  readonly callers: Caller[] = [];
  private readonly lastFence = new Map<string, number>();
  /** For each lease, how many have held it, and since when. */
  private readonly holds = new Map<string, { count: number; readonly since: number }>();
  private readonly wasBusy = new Set<string>();
  private readonly busyAt = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly keys: readonly string[],
    private readonly promises: Promises,
    private readonly budget: HandOffBudget,
  ) {}

  fault(text: string): void {
    this.faults.push(`at ${this.world.now.toFixed(1)}: ${text}`);
  }

  /** A caller was given its lock. */
  granted(caller: Caller): void {
    const { name, wish, lock, process } = caller;
    const { fencingToken, token } = lock!;
    const last = this.lastFence.get(wish.key) ?? 0;
    if (fencingToken <= last) this.fault(`${name} got fencing token ${fencingToken} after ${last}`);
    this.lastFence.set(wish.key, fencingToken);
    const { now } = process.machine;
    const lease = this.holds.get(token) ?? { count: 0, since: now };
    const holds = (lease.count += 1);
    this.holds.set(token, lease);
    if (holds > (wish.fair ? 1 : this.budget.count + 1)) this.fault(`${name} is holder ${holds} of one lease`);
    const { isCalm } = this.promises;
    if (isCalm && holds > 1 && !wish.fair) {
      const enough = wish.ttl * (wish.autoRenew ? 2 / 3 : 0.95) - 2 * (process.plan.latency + 2);
      if (caller.remaining < enough) this.fault(`${name} was handed a lease with ${caller.remaining} ms left`);
    }
    // It may have to be confirmed, and fitted to the next, and asked for again where a shorter touch was under way: a round
    // trip each.
    const longest = this.budget.time + 6 * (process.plan.latency + 2);
    if (isCalm && now - lease.since > longest) this.fault(`${name} was handed a lease after ${now - lease.since} ms`);
    if (!isShared(caller)) return;
    const passed = this.callers.find((other) => isShared(other) && isBefore(other, caller));
    if (passed) this.fault(`${name} passed ${passed.name} in its own process`);
  }

  /** The key could not be had by anybody until now, or not be asked for. */
  excuse(key: string, until = this.world.now): void {
    this.busyAt.set(key, Math.max(until, this.busyAt.get(key) ?? 0));
  }

  /** Looks at everybody, whenever something has happened. */
  look(): void {
    for (const key of this.keys) this.lookAt(key);
    for (const { name, state, process, mustSettleBy, lock, guaranteedUntil } of this.callers) {
      const { machine } = process;
      if (state === 'over' || !machine.isRunning) continue;
      if (machine.now > mustSettleBy) this.fault(`${name} was still waiting`);
      if (this.promises.isCalm && lock?.signal.aborted && machine.now < guaranteedUntil) {
        this.fault(`${name} lost its lease though nothing went wrong`);
      }
    }
  }

  private lookAt(key: string): void {
    const { now } = this.world;
    const callers = this.callers.filter(({ wish, state }) => wish.key === key && state !== 'over');
    const holders = callers.filter(({ believes }) => believes);
    if (holders.length > 1) this.fault(`${holders.map(({ name }) => name).join(' and ')} hold ${key} at once`);
    // What was so when the last thing happened has been so until now.
    const isBusy = holders.length > 0 || !callers.some(({ isEligible }) => isEligible);
    if (isBusy || this.wasBusy.has(key)) this.excuse(key);
    if (isBusy) this.wasBusy.add(key);
    else this.wasBusy.delete(key);
    const idle = now - (this.busyAt.get(key) ?? 0);
    if (idle > this.promises.longestIdle) {
      this.fault(`${key} was free for ${idle} ms though somebody waited`);
      this.excuse(key);
    }
  }
}

/** Whether it stands in its process's own line. */
function isShared({ wish }: Caller): boolean {
  return !wish.fair && wish.wait > 0;
}

/** Whether somebody of the same process, still waiting for the same key, came earlier. */
function isBefore(other: Caller, caller: Caller): boolean {
  const isSame = other.process === caller.process && other.wish.key === caller.wish.key;
  return isSame && other.state === 'waiting' && !other.isCancelled && other.order < caller.order;
}
