/** How a caller is told that it does not get the key: an error for each reason, which says what happened and what to do. */
import { LockBusyError, LockTimeoutError, LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { bare } from '../store-failure.js';

export { storeFailure as unavailable } from '../store-failure.js';

/** Another caller has the key, of this process if `isHeldHere`, and this one did not want to wait. */
export function busy(key: string, expiresIn: number, isHeldHere = false): LockBusyError {
  const retryAfterMs = Math.ceil(expiresIn);
  return new LockBusyError(messages.busy(key, retryAfterMs, isHeldHere), { key, retryAfterMs });
}

/** The wait is over, and other callers had the key all the while; `isHeldHere`: at last one of this process. */
export function timedOut(key: string, wait: number, retryAfterMs: number, isHeldHere = false): LockTimeoutError {
  return new LockTimeoutError(messages.timeout(key, wait, isHeldHere), { key, retryAfterMs });
}

/** The wait is over, and earlier keys of the same call took so much of it that this one could not be answered. */
export function outOfTime(key: string, wait: number): LockTimeoutError {
  return new LockTimeoutError(messages.timeoutOfSeveral(key, wait), { key });
}

/** The wait is over before the store has said anything. */
export function notAnswered(key: string, wait: number): LockUnavailableError {
  return new LockUnavailableError(messages.noAnswerYet(key, wait), { key });
}

/** The store is known to be out of reach, and the caller does not wait until it is there again. */
export function outOfReach(key: string, cause?: unknown): LockUnavailableError {
  return new LockUnavailableError(messages.outOfReach(key), { key, cause: bare(cause) });
}

/** The wait is over, and the last touch brought no answer, or could not be sent. */
export function unreachable(key: string, wait: number, cause: unknown): LockUnavailableError {
  return new LockUnavailableError(messages.unreachableWhileWaiting(key, wait), { key, cause: bare(cause) });
}

/** The lease was over when the store's answer came. */
export function answeredTooLate(key: string, ttl: number): LockUnavailableError {
  return new LockUnavailableError(messages.answeredTooLate(key, ttl), { key });
}
