/** The handle that callers get. This file only says what a lock is; `core/` makes it true. */
import type { LockMode } from './acquire.options.js';
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
   * resource refuse a smaller one than it has seen. It stays the same while the lock is held, re-entries included, but for
   * {@link upgrade}, which brings a new one.
   */
  readonly fencingToken: number;
  /** The fencing token of each key. */
  readonly fencingTokens: ReadonlyMap<string, number>;
  /**
   * How the key is shared: `'write'` with nobody, `'read'` with other readers, `'permit'` with as many as `concurrency` says;
   * of a lock over several keys, that of {@link key}. It changes by {@link upgrade} and {@link downgrade}.
   */
  readonly mode: LockMode | 'permit';
  /** Length of the lease in milliseconds; the next renewal asks for this much. */
  readonly ttl: number;
  /** When the lock was acquired, by this machine's wall clock. */
  readonly acquiredAt: Date;
  /**
   * How long the call waited for the lock, in whole milliseconds; of several keys, for the one that took longest. `0` for a
   * key that was entered again, and for a lock that was adopted.
   *
   * It prevents the mistake of doing a thing twice: who has waited may find it done by the caller before. It is a hint only,
   * because a caller that came a moment after the other's release did not wait either: look again whether the thing is still
   * to be done (`LockService.singleFlight` does).
   */
  readonly waitedMs: number;
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
   * Makes a reader the writer, without letting go: it waits, ahead of the queue, until there is no other reader. Then the
   * lock has a new, greater {@link fencingToken}, and {@link mode} is `'write'`. A writer stays what it is. Whatever comes of
   * it, the lock is still held as before, unless its lease was lost.
   *
   * @throws `LockBusyError` when another reader of the key waits for its upgrade already, because each would wait for the
   * other to leave, and with `wait: 0` when there are other readers; `LockTimeoutError`, `LockUnavailableError`,
   * `LockLostError`, `LockNotHeldError`; `LockOptionsError` for a lock of several keys or one with `concurrency`; the reason of
   * `signal`.
   * @example
   * ```ts
   * await locks.withLock('report', { mode: 'read' }, async (lock) => {
   *   if (await reports.isComplete()) return;
   *   await lock.upgrade({ wait: '5s' });
   *   await reports.write(lock.fencingToken);
   * });
   * ```
   */
  upgrade(options?: UpgradeOptions): Promise<void>;
  /**
   * Makes the writer a reader, without letting go, and lets in the readers at the head of the queue. The fencing token
   * stays the same. A reader stays what it is.
   *
   * @throws `LockUnavailableError` when the store did not answer: the lock counts as a reader's from then on, though others
   * may still be kept out. `LockBusyError` when the lock was entered again and that section has not ended; `LockLostError`,
   * `LockNotHeldError`; `LockOptionsError` for a lock of several keys or one with `concurrency`.
   */
  downgrade(): Promise<void>;
  /**
   * Gives the lock away: renews it once more, ends its renewal here, and releases this handle without freeing the key.
   * `LockService.adopt` goes on with it in another process, under the same tokens, within its {@link ttl}.
   *
   * @returns a text for `adopt`, once. It contains the token, so it is a secret: whoever has it can release the lock.
   * @throws `LockBusyError` when the lock was entered again and that section has not ended, or shares its lease with other
   * readers of this process; `LockLostError`, `LockNotHeldError`, `LockUnavailableError` (the lock is still held here then).
   * @example
   * ```ts
   * const lock = await locks.acquire('import:7', { ttl: '5m' });
   * await queue.add('import', { id: 7, lock: await lock.detach() });
   * // in the worker
   * await using lock = await locks.adopt(job.data.lock);
   * ```
   */
  detach(): Promise<string>;
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

/** Options of {@link Lock.upgrade}. */
export interface UpgradeOptions {
  /**
   * How long to wait until there is no other reader; `0` tries once.
   * @default the `wait` that the lock was taken with.
   */
  wait?: Duration | undefined;
  /** Cancels the wait: the call rejects with the signal's reason, and the lock stays a reader's. */
  signal?: AbortSignal | undefined;
}
