/**
 * A section begins only while its lock is held. Between the grant and the section other code may have blocked the event
 * loop for longer than the lease; then the keys are asked for again, within what is left of the wait.
 */
import type { AcquireOptions, LockKeys } from '../acquire.options.js';
import { LockTimeoutError, LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockHandle } from './lock-handle.js';
import { resolveSettings } from './settings.js';
import type { LockSettings } from './settings.js';

/** What takes keys. */
interface Acquirer {
  readonly defaults: LockSettings;
  acquire(owner: object, keys: LockKeys, options: AcquireOptions): Promise<LockHandle>;
}

/** What was asked for, and when, in monotonic time. */
interface Asked {
  readonly owner: object;
  readonly keys: LockKeys;
  readonly options: AcquireOptions;
  readonly askedAt: number;
}

/** Gives back what is left of a lock that is over, and takes its keys again. */
export function acquireAgain(engine: Acquirer, over: LockHandle, asked: Asked): Promise<LockHandle> {
  const { owner, keys, options, askedAt } = asked;
  const { key } = over;
  void over.endUnused();
  const { wait } = resolveSettings(options, engine.defaults);
  const now = performance.now();
  const left = askedAt + wait - now;
  if (left > 0) {
    const again = engine.acquire(owner, keys, { ...options, wait: left });
    return again.then((lock) => lock.waitedBefore(now - askedAt));
  }
  const message = messages.overBeforeBegun(key);
  return Promise.reject(wait > 0 ? new LockTimeoutError(message, { key }) : new LockUnavailableError(message, { key }));
}
