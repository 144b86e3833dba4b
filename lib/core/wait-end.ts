/** Why a caller did not get its lock, as events and traces say it. */
import { isLockError } from '../lock.errors.js';
import type { LockErrorCode } from '../lock.errors.js';
import type { WaitEnd } from '../lock.events.js';

const ENDS: Partial<Record<LockErrorCode, WaitEnd>> = {
  LOCK_BUSY: 'busy',
  LOCK_TIMEOUT: 'timeout',
  LOCK_UNAVAILABLE: 'unavailable',
  LOCK_SHUTDOWN: 'shutdown',
};

/** Undefined for what is wrong with the call itself: a key or an option that can't be. */
export function waitEndOf(error: unknown, signal: AbortSignal | undefined): WaitEnd | undefined {
  // The reason of a signal is the caller's, and may be anything.
  if (signal?.aborted && Object.is(error, signal.reason)) return 'cancelled';
  return isLockError(error) ? ENDS[error.code] : undefined;
}
