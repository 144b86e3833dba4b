/** The handle that callers get. This file only says what a lock is; `core/` makes it true. */
import type { Duration } from './duration.js';

/**
 * A lock that is held, or was. A handle stands for one acquisition: entering a held lock again gives a second handle
 * on the same lease, and each handle is released once.
 *
 * @example
 * ```ts
 * await using lock = await locks.acquire('order:42');
 * await warehouse.ship(order, { fence: lock.fencingToken, signal: lock.signal });
 * ```
 */
export interface Lock extends AsyncDisposable {
  /** The key; of a lock over several keys, the first as they were given. */
  readonly key: string;
  /** Every key of the lock, without repetitions, as they were given. */
  readonly keys: readonly string[];
  /** Random id of the lease of {@link key}; never reused. */
  readonly token: string;
  /**
   * A number that grows with every grant of {@link key}: hand it to the resource that the lock protects, and let the
   * resource refuse a smaller one than it has seen. It stays the same while the lock is held, re-entries included.
   */
  readonly fencingToken: number;
  /** The fencing token of each key. */
  readonly fencingTokens: ReadonlyMap<string, number>;
  /** Length of the lease in milliseconds; the next renewal asks for this much. */
  readonly ttl: number;
  /** When the lock was acquired, by this machine's wall clock. */
  readonly acquiredAt: Date;
  /** When the lease ends unless it is renewed, by this machine's wall clock. It moves with every renewal. */
  readonly expiresAt: Date;
  /**
   * Whether this handle still holds the lock, computed from the monotonic clock: it is right even after the event loop
   * was blocked. Once false it stays false.
   */
  readonly isHeld: boolean;
  /**
   * Aborts with a `LockLostError` at the moment the lock can no longer be trusted: before the store may give the key to
   * another caller. A release does not abort it: after a normal one it stays as it is.
   */
  readonly signal: AbortSignal;
  /**
   * Extends the lease from now on, beside the automatic renewal.
   *
   * @param ttl - new length of the lease, also for later renewals; by default the lock's {@link ttl}.
   * @throws `LockLostError` when the lease is lost, `LockNotHeldError` after the release, `LockUnavailableError` when
   * the store did not answer (the lease may still be good: see {@link isHeld}), `LockOptionsError` for a bad ttl.
   */
  renew(ttl?: Duration): Promise<void>;
  /**
   * Gives the lock back. The last of several handles on one lease frees the key. When the store can't be reached the
   * promise still resolves: a `failed` event reports it, the release is tried again in the background, and the lease
   * ends by itself at the latest after its ttl.
   *
   * A lock that was lost does not make it reject: `finally { await lock.release(); }` would replace the error of the
   * code before it. The loss shows in {@link signal}, {@link isHeld}, the `lost` event, and the answer here.
   *
   * @returns `true` when the lock was held to the end, `false` when it had been lost: what the code did last was not
   * protected. The reason is `lock.signal.reason`.
   * @throws `LockNotHeldError` when this handle was released before.
   * @example
   * ```ts
   * const lock = await locks.acquire('order:42');
   * try {
   *   await ship(lock.signal);
   * } finally {
   *   if (!(await lock.release())) logger.warn('order:42 was shipped without its lock', lock.signal.reason);
   * }
   * ```
   */
  release(): Promise<boolean>;
  /**
   * As {@link release}, for `await using`; disposing of a handle that was released by hand does nothing. It never rejects,
   * so the error of the block is the block's own; to fail where the lock was lost, end the block with
   * `lock.signal.throwIfAborted()`, or use `withLock`.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
