/**
 * What the log says of trouble: each thing once, and not once for every lock. An outage has a beginning and an end; of many
 * losses the first is written, and the others as a number. A logger is a user's code: it is called when the running code is
 * done, outside of every caller's async context, and what it throws is swallowed.
 */
import type { LockLostError } from '../lock.errors.js';
import { isLockError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockEventEmitter } from './event-emitter.js';

/** Where lines go. */
export type Say = (level: 'error' | 'warn' | 'log', message: string) => void;

/** A connection that is replaced at once is no outage, unless a request fails meanwhile. In milliseconds. */
const BLINK = 1_000;
/** For so long no request may fail before an outage counts as over: one server of several may be the one that answers. */
const QUIET = 5_000;
/** A renewal that failed is written down unless another one has failed so short a time ago. */
const MINUTE = 60_000;
/** After a loss the others are counted for so long; while there are any, for twice as long each time, up to a minute. */
const BURST = 1_000;

export class Journal {
  /** Whether the store is known to be away, so that an answer of it is news. */
  isAway = false;
  private awaySince = 0;
  private answeredAt = 0;
  private blink: NodeJS.Timeout | undefined;
  private quiet: NodeJS.Timeout | undefined;
  private burst: NodeJS.Timeout | undefined;
  /** How many losses were not written down in this burst. */
  private losses = 0;
  private failedRenewalAt = -Infinity;
  private lastForced = { line: '', at: -Infinity };
  private readonly lines: Parameters<Say>[] = [];

  /** @param say - undefined where nothing is to be written. */
  constructor(
    private readonly events: LockEventEmitter,
    private readonly say: Say | undefined,
  ) {}

  /** A request brought no answer. */
  unanswered(error: unknown): void {
    // What is about one key says nothing of the store.
    if (!isLockError(error, 'LOCK_UNAVAILABLE') || error.isMomentary || error.key !== undefined) return;
    this.away(error.message);
  }

  /** A request was answered while {@link isAway}. */
  answered(): void {
    if (this.quiet) return;
    this.answeredAt = performance.now();
    this.quiet = this.later(QUIET, () => this.back());
  }

  /** The connection is known to be down, or stands again. */
  reachable(isReachable: boolean): void {
    clearTimeout(this.blink);
    if (!isReachable) {
      const since = performance.now();
      this.blink = this.later(BLINK, () => this.away(undefined, since));
    } else if (this.isAway) this.answered();
  }

  /** A lease that is held could not be renewed; that is tried again. */
  renewalFailed(key: string, error: unknown): void {
    this.unanswered(error);
    const now = performance.now();
    if (now - this.failedRenewalAt >= MINUTE) this.write('warn', messages.renewalFailed(key, error));
    this.failedRenewalAt = now;
  }

  /** A lease was lost by its holder. */
  lost(error: LockLostError): void {
    if (!this.say) return;
    // An operator's doing is no trouble that comes in numbers.
    if (error.reason === 'forced') this.forced(error.message);
    else if (this.burst) this.losses += 1;
    else {
      this.write('error', error.message);
      this.count(BURST);
    }
  }

  /** Writes something down by itself. */
  write(...line: Parameters<Say>): void {
    if (!this.say) return;
    if (this.lines.push(line) === 1) this.events.next(this);
  }

  /** Writes down what was only counted, and leaves no timer. */
  close(): void {
    for (const timer of [this.blink, this.quiet, this.burst]) clearTimeout(timer);
    this.tellLosses();
  }

  /** Called when the running code is done. */
  announce(): void {
    for (const line of this.lines.splice(0)) {
      try {
        this.say?.(...line);
      } catch {
        // See the head of this file.
      }
    }
  }

  /** All holders of a key that are taken away together are one line. */
  private forced(line: string): void {
    const { lastForced: last } = this;
    const at = performance.now();
    this.lastForced = { line, at };
    if (line !== last.line || at - last.at >= BURST) this.write('warn', line);
  }

  private away(why: string | undefined, since = performance.now()): void {
    clearTimeout(this.quiet);
    this.quiet = undefined;
    if (this.isAway || !this.say) return;
    this.isAway = true;
    this.awaySince = since;
    this.write('error', messages.storeAway(why));
  }

  private back(): void {
    this.quiet = undefined;
    this.isAway = false;
    this.write('log', messages.storeBack(this.answeredAt - this.awaySince));
  }

  private count(time: number): void {
    this.burst = this.later(time, () => {
      this.burst = undefined;
      if (this.tellLosses()) this.count(Math.min(2 * time, MINUTE));
    });
  }

  private tellLosses(): boolean {
    const { losses } = this;
    this.losses = 0;
    if (losses > 0) this.write('error', messages.moreLost(losses));
    return losses > 0;
  }

  private later(time: number, act: () => void): NodeJS.Timeout | undefined {
    if (!this.say) return undefined;
    const timer = this.events.outside.run(() => setTimeout(act, time));
    // Timers of a fake clock may have no such method.
    timer.unref?.();
    return timer;
  }
}
