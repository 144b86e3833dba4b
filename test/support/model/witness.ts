/** Watches all callers of all processes, and writes down whatever contradicts the promises. */
import type { HandOffBudget } from '../../../lib/core/lease/hand-off.js';
import type { LeaseShare } from '../../../lib/stores/lock-store.js';
import { SHARED_FENCE_BLOCK } from '../../../lib/stores/protocol.js';
import type { Caller } from './caller.js';
import { FencingWatch } from './fencing-watch.js';
import type { MarginWatch } from './margin-watch.js';
import type { World } from './virtual-world.js';

/** What is promised on top of safety, depending on what goes wrong. */
export interface Promises {
  /** Nothing goes wrong at all: nothing may be lost, late, or out of order. */
  readonly isCalm: boolean;
  /** For how long a key may be free though somebody waits for it. */
  readonly longestIdle: number;
}

/** A waiter looks so long after the end of a lease that was still being renewed. */
export const LOOKS_WITHIN = 500;

export class Witness {
  readonly faults: string[] = [];
  readonly callers: Caller[] = [];
  private readonly fencing = new Map<string, FencingWatch>();
  /** For each lease, how many have held it, and since when. */
  private readonly holds = new Map<string, { count: number; readonly since: number }>();
  private readonly wasBusy = new Set<string>();
  private readonly busyAt = new Map<string, number>();

  constructor(
    private readonly world: World,
    keys: readonly string[],
    private readonly promises: Promises,
    private readonly budget: HandOffBudget,
    private readonly margins: MarginWatch,
  ) {
    for (const key of keys) this.fencing.set(key, new FencingWatch());
  }

  get now(): number {
    return this.world.now;
  }

  fault(text: string): void {
    this.faults.push(`at ${this.world.now.toFixed(1)}: ${text}`);
  }

  /** A caller was given its lock. */
  granted(caller: Caller): void {
    for (const key of caller.keys) {
      this.minted(caller, key);
      this.countHolds(caller, key);
      for (const fault of this.margins.against(caller, key)) this.fault(fault);
    }
    this.margins.granted(caller);
    // The next of those that wait may need a round trip of its own.
    const { minHold, ttl } = caller.wish;
    this.excuse(caller, this.world.now + (minHold > 0 ? Math.max(minHold, ttl) + LOOKS_WITHIN : 0));
    const line = lineOf(caller);
    if (line === undefined) return;
    const passed = this.callers.find((other) => lineOf(other) === line && isBefore(other, caller));
    if (passed) this.fault(`${caller.name} passed ${passed.name} in its own process`);
  }

  /** A caller has a fencing token for its share of a key. */
  minted(caller: Caller, key: string): void {
    const { fencingToken } = caller.lock!.holderOf(key)!;
    const fault = this.fencing.get(key)!.next(fencingToken, caller.shareOf(key)!);
    if (fault !== undefined) this.fault(`${caller.name} got ${fault}`);
  }

  /** What a caller has lost stays locked for its margin. */
  lost(caller: Caller): void {
    caller.isKnownLost = true;
    const { lockDelay } = caller.wish;
    if (lockDelay > 0) this.excuse(caller, this.world.now + lockDelay + LOOKS_WITHIN);
  }

  /** A lock has come from another process. */
  moved(caller: Caller, from: Caller): void {
    const { token, fencingToken } = caller.lock!;
    if (token !== from.lock!.token || fencingToken !== from.lock!.fencingToken) {
      this.fault(`${caller.name} adopted ${fencingToken}, and not ${from.lock!.fencingToken}`);
    }
    this.excuse(caller);
    this.margins.granted(caller);
  }

  /** Keys could not be had by anybody until now, or not be asked for. */
  excuse({ keys }: { readonly keys: readonly string[] }, until = this.world.now): void {
    for (const key of keys) this.busyAt.set(key, Math.max(until, this.busyAt.get(key) ?? 0));
  }

  /** Until when a key may be taken though nobody believes in it. */
  get excusedUntil(): number {
    return Math.max(0, this.margins.over, ...this.busyAt.values());
  }

  /** Looks at everybody, whenever something has happened. */
  look(): void {
    this.margins.look();
    for (const key of this.fencing.keys()) this.lookAt(key);
    for (const caller of this.callers) {
      const { name, state, process, lock, guaranteedUntil } = caller;
      const { machine } = process;
      if (!machine.isRunning) continue;
      if (caller.isLate) this.fault(`${name} was still waiting`);
      if (state === 'over') continue;
      if (!lock?.signal.aborted) continue;
      if (!caller.isKnownLost) this.lost(caller);
      if (this.promises.isCalm && machine.now < guaranteedUntil) {
        this.fault(`${name} lost its lease though nothing went wrong`);
      }
    }
  }

  private countHolds({ name, wish, lock, process, remaining }: Caller, key: string): void {
    const { token, share } = lock!.holderOf(key)!;
    const { now } = process.machine;
    const lease = this.holds.get(token) ?? { count: 0, since: now };
    const holds = (lease.count += 1);
    this.holds.set(token, lease);
    const most = share.limit === 1 ? this.budget.count + 1 : SHARED_FENCE_BLOCK;
    if (holds > (wish.fair ? 1 : most)) this.fault(`${name} is holder ${holds} of one lease`);
    // One that has to wait for another key, too, is heard of when it has both.
    if (!this.promises.isCalm || wish.also.length > 0) return;
    const { latency } = process.plan;
    // Readers that waited together begin together, as soon as one of them may.
    const isWithFirst = share.limit === Infinity && now - lease.since < 1;
    if (holds > 1 && !wish.fair && !isWithFirst) {
      // As `fits` says, less what it takes to hear of it; renewal comes after a third of the ttl, more or less.
      const enough = wish.ttl * (wish.autoRenew ? 0.6 : 0.95) - 2 * (latency + 2);
      if (remaining < enough) this.fault(`${name} was handed a lease with ${remaining} ms left`);
    }
    // It may have to be confirmed, and fitted to the next, and asked for again where a shorter touch was under way: a round
    // trip each.
    const longest = this.budget.time + 6 * (latency + 2);
    if (now - lease.since > longest) {
      this.fault(`${name} was handed a lease after ${now - lease.since} ms`);
    }
  }

  private lookAt(key: string): void {
    const { now } = this.world;
    const callers = this.callers.filter((caller) => caller.state !== 'over' && caller.shareOf(key));
    const holders = callers.filter(({ believes }) => believes);
    // Readers of one process share a lease, which counts as one.
    const readers = new Set<string>();
    const isCounted = (holder: Caller): boolean => {
      const { token, share } = holder.lock!.holderOf(key)!;
      const isFirst = !readers.has(token);
      if (share.limit === Infinity) readers.add(token);
      return share.limit < Infinity || isFirst;
    };
    const [weight, limit] = taken(holders.filter(isCounted).map((holder) => holder.shareOf(key)!));
    if (weight > limit) {
      this.fault(`${holders.map(({ name }) => name).join(' and ')} hold ${key} at once: ${weight} of ${limit}`);
    }
    // Whoever is the first of those that wait: it would fit beside the holders.
    const waiting = callers.filter(({ isEligible, wantsSeveral }) => isEligible && !wantsSeveral);
    const isFree = waiting.length > 0 && waiting.every((waiter) => fits(weight, limit, waiter.shareOf(key)!));
    // A conversion that only its own holder could be in the way of.
    const isConverting = callers.some(({ conversions }) => conversions.size > 0);
    const isUpgradable = holders.length === 1 && holders[0]!.conversions.size > 0;
    // What was so when the last thing happened has been so until now.
    const isBusy = !(isUpgradable || (isFree && !isConverting)) || callers.some(holdsInPart);
    if (isBusy || this.wasBusy.has(key)) this.excuse({ keys: [key] });
    if (isBusy) this.wasBusy.add(key);
    else this.wasBusy.delete(key);
    const idle = now - (this.busyAt.get(key) ?? 0);
    if (idle > this.promises.longestIdle) {
      this.fault(`${key} was free for ${idle} ms though somebody waited`);
      this.excuse({ keys: [key] });
    }
  }
}

function taken(shares: readonly LeaseShare[]): readonly [weight: number, limit: number] {
  const weight = shares.reduce((sum, share) => sum + share.weight, 0);
  return [weight, Math.min(...shares.map(({ limit }) => limit))];
}

function fits(weight: number, limit: number, share: LeaseShare): boolean {
  return weight + share.weight <= Math.min(limit, share.limit);
}

/** Whether it may have one of its keys already while it waits for another. */
function holdsInPart({ wantsSeveral, state }: Caller): boolean {
  return wantsSeveral && state === 'waiting';
}

/** The line of its own process in which a caller waits; undefined where it has a place of its own, or several. */
function lineOf({ wish, process, wantsSeveral }: Caller): string | undefined {
  const { key, share, fair, wait, minHold, lockDelay, ttl, autoRenew } = wish;
  if (fair || wait === 0 || minHold > 0 || wantsSeveral) return undefined;
  const isPlain = share.mode !== 'read' && (share.concurrency ?? 1) === 1 && lockDelay === 0;
  return JSON.stringify([process.name, key, ...(isPlain ? [] : [share, lockDelay, ttl, autoRenew])]);
}

/** Whether somebody who still waits came earlier. */
function isBefore(other: Caller, caller: Caller): boolean {
  return other.state === 'waiting' && !other.isCancelled && other.order < caller.order;
}
