/** Leadership as callers see it: what `LockService.lead` takes and answers. `core/leadership.ts` makes it true. */
import type { Observable } from 'rxjs';
import type { AcquireOptions } from './acquire.options.js';
import type { Duration } from './duration.js';
import type { Lock } from './lock.js';
import { optionNames } from './option-names.js';

/**
 * What a leader does. It should last for as long as it leads: where there is nothing to await but timers, it awaits the end of
 * its signal and clears them then: `await once(signal, 'abort', { signal })`, with `once` of `node:events`, which also ends where
 * the signal has aborted already.
 *
 * @param signal - aborts when it has to end: its lock is lost (`LockLostError`), the module is closing (`LockShutdownError`), it
 * was told to resign (an `AbortError`, or the reason of the signal that told it). It aborts as well when the work has ended, so
 * that what the work has left behind ends before another instance leads.
 * @param lock - the lock by which it leads, which is the current one. It is released when the work has ended, and not by the work.
 */
export type LeadWork = (signal: AbortSignal, lock: Lock) => PromiseLike<unknown>;

/**
 * Options of `LockService.lead`. A leader renews its lock by itself, shares it with nobody, and waits for it without end. It
 * leads for as long as it can: a `maxHold` of the module does not count, only one that is given here.
 */
export interface LeadOptions extends Pick<AcquireOptions, 'ttl' | 'maxHold' | 'lockDelay' | 'label'> {
  /**
   * What follows when the work returns or throws although it could go on. `'restart'`: the key is released, so that another
   * instance may lead, and this one stands again after `pause`. `'stop'`: this instance leads no more, and another takes over.
   * Where every instance stops so, nobody leads any more, which is why it has to be asked for.
   * A leader that lost its lock stands again in either case.
   * @default 'restart'
   */
  whenDone?: 'restart' | 'stop' | undefined;
  /**
   * How long this instance rests before it stands again after its work has ended; also the least time between two beginnings of
   * its work. At least 10 ms, at most a day.
   * @default '1s'
   */
  pause?: Duration | undefined;
  /**
   * Hears what the work throws, and the first of the errors in a row that keep this instance from standing: the store can't be
   * reached. Instead of the log. Errors that only say that the signal has aborted are no errors.
   */
  onError?: ((error: unknown) => unknown) | undefined;
  /** Has this instance resign when it aborts, as {@link Leadership.resign} does. */
  signal?: AbortSignal | undefined;
}

/** @internal */
export const LEAD_OPTIONS = optionNames<LeadOptions>({
  ttl: true,
  maxHold: true,
  lockDelay: true,
  label: true,
  whenDone: true,
  pause: true,
  onError: true,
  signal: true,
});

/**
 * How an instance stands. `following`: another one leads, or nobody does at the moment, and this one waits for its turn or
 * rests. `leading`: its work runs under the lock. `stopped`: it does not stand any more.
 */
export type LeadershipState = 'following' | 'leading' | 'stopped';

/** An instance that leads, or stands ready to. Disposing of it is to resign. */
export interface Leadership extends AsyncDisposable {
  /** The key, which names what is led. */
  readonly key: string;
  /**
   * Whether this instance leads now: it holds the lock, by the clock. Right even after the event loop was blocked. Ask it before
   * a step that only a leader may do; for what has to be certain, give `lock.fencingToken` to the resource.
   */
  readonly isLeader: boolean;
  /**
   * The present state for a new subscriber, and each one that follows. Completes with `stopped`. What listeners throw is
   * logged, and disturbs nothing.
   */
  readonly state$: Observable<LeadershipState>;
  /**
   * Resolves when this instance has stopped for good, and its lock is released. Rejects with what its work threw, where that
   * was the end (`whenDone: 'stop'`) or came of resigning. It need not be handled.
   */
  readonly done: Promise<void>;
  /**
   * Stops standing. A leader's signal aborts, and when its work has ended its lock is released, so that the next one leads at
   * once. Work that does not heed its signal goes on leading until it ends. Resolves when that has happened (within the work
   * itself, which it can't wait for, at once); never rejects.
   */
  resign(): Promise<void>;
}
