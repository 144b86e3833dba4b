/** How a caller is told that he does not get the key: an error for each reason, which says what happened and what to do. */
import { LockBusyError, LockTimeoutError, LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';

/** Somebody has the key, and the caller did not want to wait. */
export function busy(key: string, expiresIn: number): LockBusyError {
  const retryAfterMs = Math.ceil(expiresIn);
  return new LockBusyError(messages.busy(key, retryAfterMs), { key, retryAfterMs });
}

/** The wait is over, and others had the key all the while. */
export function timedOut(key: string, wait: number, retryAfterMs: number): LockTimeoutError {
  return new LockTimeoutError(messages.timeout(key, wait), { key, retryAfterMs });
}

/** The wait is over before the store has said anything. */
export function notAnswered(key: string, wait: number): LockUnavailableError {
  return new LockUnavailableError(messages.noAnswerYet(key, wait), { key });
}

/** The wait is over, and the last sign of life that was sent to the store brought no answer. */
export function unreachable(key: string, wait: number, cause: unknown): LockUnavailableError {
  return new LockUnavailableError(messages.unreachableWhileWaiting(key, wait), { key, cause });
}

/** The lease was over when the store's answer came. */
export function answeredTooLate(key: string, ttl: number): LockUnavailableError {
  return new LockUnavailableError(messages.answeredTooLate(key, ttl), { key });
}

/** The store could not be asked. What went wrong for many callers is told to each about his own key. */
export function unavailable(key: string, error: unknown): LockUnavailableError {
  const known = error instanceof LockUnavailableError ? error : undefined;
  const message = known?.message ?? messages.refused(error);
  return new LockUnavailableError(message, { key, cause: known?.cause ?? error, wasSent: known?.wasSent });
}
