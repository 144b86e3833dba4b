/**
 * One call of a locked method, as the three ways of spanning its outcome see it.
 */
import type { LockedReturns, LockKeys, WithLockOptions } from '../acquire.options.js';
import { isLockError, LockOptionsError } from '../lock.errors.js';
import type { LockBusyError, LockTimeoutError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockService } from '../lock.service.js';

export interface LockedCall {
  /** As in `Orders.ship`, for messages. */
  readonly method: string;
  readonly locks: LockService;
  /** Throws a `LockKeyError` when the arguments cannot name a lock. */
  keys(): LockKeys;
  /** Throws a `LockOptionsError` when a function of the arguments finds no good value. */
  options(): WithLockOptions;
  /** Finds the result where it is there already; may answer a promise. */
  readonly unless?: (() => unknown) | undefined;
  /** Runs the method's own body. */
  body(): unknown;
  readonly onBusy: 'throw' | 'skip' | ((error: LockBusyError | LockTimeoutError) => unknown);
}

/** Whether an error that kept the method from its lock means that another caller has it. */
export function isBusy(error: unknown): error is LockBusyError | LockTimeoutError {
  return isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT');
}

/**
 * Whether a call that did not get its lock ends quietly. `onBusy: 'skip'` says that a run may be left out, so a
 * run that comes while the module is closing is left out as well. A fallback function would be new work, so it is
 * not called then.
 */
export function isSkipped(call: LockedCall, error: unknown): boolean {
  return call.onBusy === 'skip' && (isBusy(error) || isLockError(error, 'LOCK_SHUTDOWN'));
}

/** What kind of result goes on after the method has returned it, and so would outlive the lock. */
export function outlivingKind(outcome: unknown): 'observable' | 'asyncGenerator' | undefined {
  if (typeof outcome !== 'object' || outcome === null) return undefined;
  try {
    const { subscribe, pipe, next } = outcome as { subscribe?: unknown; pipe?: unknown; next?: unknown };
    if (typeof subscribe === 'function' && typeof pipe === 'function') return 'observable';
    if (Symbol.asyncIterator in outcome && typeof next === 'function') return 'asyncGenerator';
  } catch {
    // A proxy or a getter that throws when it is read is none of these.
  }
  return undefined;
}

/**
 * Checks that a method returned what its lock was made to span. Anything else is awaited first, so that it still
 * ends under the lock.
 */
export async function assertOutcome(call: LockedCall, outcome: unknown, expected: LockedReturns): Promise<void> {
  const kind = outlivingKind(outcome) ?? (outcome instanceof Promise ? 'promise' : undefined);
  if (kind === expected) return;
  await Promise.allSettled([outcome]);
  throw new LockOptionsError(messages.wrongOutcome(call.method, expected, kind));
}
