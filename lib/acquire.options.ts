/**
 * How one lock is taken and held. The same names serve as module defaults, per call and per decorated method;
 * the nearest wins.
 */
import type { Duration } from './duration.js';
import type { LockBusyError, LockTimeoutError } from './lock.errors.js';
import { optionNames } from './option-names.js';

/** Options that make sense as defaults of a module as well as for one call. */
export interface LockDefaults {
  /**
   * Length of the lease: how long the key stays locked when its holder dies. Renewal extends it while the holder
   * lives, so it need not be longer than the work. At least 100 ms.
   * @default '30s'
   */
  ttl?: Duration | undefined;
  /**
   * How long to wait for the key. `0` tries once; `Infinity` waits until `signal` ends it.
   *
   * It is the time for which other callers may be in the way. The first answer of the store is waited for at least a second,
   * and with `0` as long as a request may take (`commandTimeout`), or a short wait would fail whenever the store is slow.
   * @default '10s'
   */
  wait?: Duration | undefined;
  /**
   * Renew the lease in the background, every third of the ttl, while the lock is held. Without it the lock is lost
   * after the ttl, unless it is renewed by hand.
   * @default true
   */
  autoRenew?: boolean | undefined;
  /**
   * End automatic renewal this long after the lock was acquired, so that a stuck holder loses it at most one ttl later.
   * @default Infinity
   */
  maxHold?: Duration | undefined;
  /**
   * Whether code that holds the key may enter it again, which takes a counter and no request. With `false`, a call that
   * would wait for the lock of its own caller throws a `LockBusyError` at once instead of waiting for itself.
   *
   * Whether code holds a key is known by the async context: whatever is started from within the section counts as part
   * of it, also a task that a shared pool (p-queue, fastq, dataloader, an event emitter) happens to start there for
   * another caller. Such work enters the lock beside the section. Ways out: `reentrant: false`, `LockService.outside`,
   * `AsyncResource.bind`.
   * A lock that is entered again keeps the options that it was taken with: its ttl and its renewal are those of the lease.
   * @default true
   */
  reentrant?: boolean | undefined;
  /**
   * Gives every single waiter a place of its own in the server's queue, so that waiters get the key in the order in
   * which they arrived there, across all processes. Otherwise the waiters of one process share a place and hand the key
   * to each other without asking the server: in order among themselves, and for no longer than `handOff` allows while
   * other processes wait.
   * @default false
   */
  fair?: boolean | undefined;
  /**
   * How much longer than its holder believes in it the store keeps a lease. For resources that can't check fencing tokens:
   * after a clean release the next caller comes at once, after a crash or a loss only when this time is over, too. At most
   * a year.
   * @default 0
   */
  lockDelay?: Duration | undefined;
  /**
   * `'awaited'`: a section's result is there when the store has answered the release. `'background'`: when the release has been
   * sent, which takes a round trip off the end of `withLock`, `@Locked` and `await using`; a `release()` by hand is waited for
   * as before. The next caller of this process finds the key free, as requests travel in order, and a shutdown waits for
   * what was sent.
   *
   * What it gives up: what only the answer could tell (the key was taken away by `forceRelease`, the store had lost its data)
   * does not turn the result into a `LockLostError` any more but is a `lost` event; and a process that is ended at once
   * (`process.exit()`) may leave the key locked until its lease ends.
   * @default 'awaited'
   */
  release?: ReleaseMode | undefined;
}

/** When a section that is done goes on, see {@link LockDefaults.release}. */
export type ReleaseMode = 'awaited' | 'background';

/** How a caller shares a key: a writer with nobody, readers with each other. */
export type LockMode = 'read' | 'write';

/** With whom a caller is ready to share a key. */
export interface ShareOptions {
  /**
   * `'read'`: other readers may have the key at the same time, and no writer. `'write'`: nobody else may have it.
   * @default 'write'
   */
  mode?: LockMode | undefined;
  /**
   * At most so many at a time in all processes, from 1 to a billion; instead of a `mode`. `1` is a lock for writing, and so is
   * `undefined`: where there is no limit, take no lock, or one with `mode: 'read'`. Callers of a key that name
   * different numbers get the smallest of those that meet. Readers and writers of the same key are kept apart as the numbers
   * say: a writer is alone, and readers count as one each, or as one together where those of a process share a lease.
   */
  concurrency?: number | undefined;
  /**
   * How many of the `concurrency` this caller takes up, from 1 to all of them.
   * @default 1
   */
  weight?: number | undefined;
}

/**
 * One of the keys of a call, with a share of its own, which replaces that of the call as a whole.
 *
 * @example
 * ```ts
 * await locks.acquire([{ key: 'account:1', mode: 'read' }, 'account:2']);
 * ```
 */
export interface LockKeyRequest extends ShareOptions {
  /** The key. */
  key: string;
}

/** One key, or several that are taken all or none. */
export type LockKeys = string | readonly (string | LockKeyRequest)[];

/** Options of `LockService.acquire` and `tryAcquire`. */
export interface AcquireOptions extends LockDefaults, ShareOptions {
  /**
   * Keeps the key for at least this long after the grant, however short the work was, so that a process with a slower clock
   * does not do it again. The store keeps it: it outlives the process, and the release returns at once. A lock that is entered
   * again keeps what it was taken with. At most a year.
   * @default 0
   */
  minHold?: Duration | undefined;
  /**
   * What the lock is for, of low cardinality, as in `'order'`: metrics, traces and events name it where they may not name the
   * key. At most 200 characters.
   * @default the template or the method of `@Locked`; otherwise empty
   */
  label?: string | undefined;
  /** Cancels the wait: the call rejects with the signal's reason, and leaves no lease and no place in the queue. */
  signal?: AbortSignal | undefined;
}

/** @internal */
export const LOCK_DEFAULTS = {
  ttl: true,
  wait: true,
  autoRenew: true,
  maxHold: true,
  reentrant: true,
  fair: true,
  lockDelay: true,
  release: true,
} as const;

/** @internal */
export const SHARE_OPTIONS = { mode: true, concurrency: true, weight: true } as const;

const CALL_OPTIONS = { ...LOCK_DEFAULTS, ...SHARE_OPTIONS, minHold: true, label: true, signal: true } as const;

/** @internal */
export const ACQUIRE_OPTIONS = optionNames<AcquireOptions>(CALL_OPTIONS);

/** @internal */
export const KEY_REQUEST_OPTIONS = optionNames<LockKeyRequest>({ ...SHARE_OPTIONS, key: true });

/** What happens to the result of a section whose lease was lost while it ran. */
export type OnLost = 'throw' | 'ignore';

/** Options of `LockService.withLock`. */
export interface WithLockOptions extends AcquireOptions {
  /**
   * `'throw'`: a section that finished without its lock rejects with `LockLostError`, the result attached. `'ignore'`:
   * it resolves as if nothing had happened; `signal`, `isHeld` and the `lost` event still report the loss. The
   * section's own error always comes first, unchanged.
   * @default 'throw'
   */
  onLost?: OnLost | undefined;
}

/** @internal */
export const WITH_LOCK_OPTIONS = optionNames<WithLockOptions>({ ...CALL_OPTIONS, onLost: true });

/** What a decorated method does instead when another caller holds the key until the wait ends. */
export type OnBusy<Arguments extends readonly unknown[] = never[], Result = unknown> =
  'throw' | 'skip' | ((error: LockBusyError | LockTimeoutError, ...args: Arguments) => Result);

/** What a decorated method returns, which decides how long its lock lasts. */
export type LockedReturns = 'promise' | 'observable' | 'asyncGenerator';
