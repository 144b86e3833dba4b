/**
 * What keeps a key beyond the time in which its holder believes: `minHold`, however early it was given back, and `lockDelay`,
 * unless it was given back while it was held.
 */
import type { LeaseShare } from '../../../lib/stores/lock-store.js';
import type { Caller } from './caller.js';
import type { World } from './virtual-world.js';

/** Clocks may differ by a hundredth from that of the server, and each is promised by the clock of its own process. */
const DRIFT = 0.02;

interface Kept {
  readonly caller: Caller;
  readonly key: string;
  readonly grantedAt: number;
  believedUntil: number;
}

export class MarginWatch {
  private readonly kept: Kept[] = [];

  constructor(
    private readonly world: World,
    /** How much sooner than its holder a key may have been granted; undefined where that is not known. */
    private readonly lag: number | undefined,
  ) {}

  granted(caller: Caller): void {
    const { minHold, lockDelay } = caller.wish;
    if (minHold === 0 && lockDelay === 0) return;
    const { now } = this.world;
    for (const key of caller.keys) {
      this.kept.push({ caller, key, grantedAt: now - caller.heldFor(key), believedUntil: now });
    }
  }

  /** Whenever something has happened. */
  look(): void {
    for (const each of this.kept) if (each.caller.believes) each.believedUntil = this.endOf(each.caller);
  }

  /** By when the keys of the callers so far are free, whatever becomes of them. */
  get over(): number {
    return Math.max(0, ...this.kept.map(({ caller, grantedAt }) => grantedAt + caller.wish.minHold * (1 + DRIFT)));
  }

  /** What a grant that has just been heard of goes against. */
  *against(next: Caller, key: string): Iterable<string> {
    const { now } = this.world;
    for (const { caller, key: keptKey, grantedAt, believedUntil } of this.kept) {
      if (caller === next || keptKey !== key || !conflict(caller.shareOf(key)!, next.shareOf(key)!)) continue;
      const { minHold, lockDelay } = caller.wish;
      const early = grantedAt + minHold * (1 - DRIFT) - now - (this.lag ?? Infinity);
      if (minHold > 0 && early > 0)
        yield `${next.name} got ${key} ${early} ms before the minHold of ${caller.name} was over`;
      // One of several keys may be given back in time though another is lost.
      if (lockDelay === 0 || caller.wasHeldToTheEnd || caller.wantsSeveral) continue;
      const tooSoon = believedUntil + lockDelay * (1 - DRIFT) - now - 2;
      if (tooSoon > 0) yield `${next.name} got ${key} ${tooSoon} ms before the lockDelay of ${caller.name} was over`;
    }
  }

  private endOf({ remaining, process }: Caller): number {
    return this.world.now + remaining / process.machine.rate;
  }
}

/** Whether two can't have the key together. */
function conflict(a: LeaseShare, b: LeaseShare): boolean {
  return a.weight + b.weight > Math.min(a.limit, b.limit);
}
