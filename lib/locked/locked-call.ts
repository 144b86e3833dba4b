/**
 * One call of a locked method, as the three ways of spanning its outcome see it.
 */
import type { LockedReturns, WithLockOptions } from '../acquire.options.js';
import type { Lock } from '../lock.js';
import { isLockError, LockOptionsError } from '../lock.errors.js';
import type { LockBusyError, LockLostError, LockTimeoutError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockService } from '../lock.service.js';

export interface LockedCall {
  /** As in `Orders.ship`, for messages. */
  readonly method: string;
  readonly locks: LockService;
  /** Throws a `LockKeyError` when the arguments cannot name a lock. */
  keys(): readonly string[];
  options(): WithLockOptions;
  /** Runs the method's own body. */
  body(): unknown;
  readonly onBusy: 'throw' | 'skip' | ((error: LockBusyError | LockTimeoutError) => unknown);
}

/** Whether an error that kept the method from its lock means that somebody else has it. */
export function isBusy(error: unknown): error is LockBusyError | LockTimeoutError {
  return isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT');
}

/**
 * Whether a call whose lock was refused with an error ends quietly. A module that is closing starts no run, and whoever
 * skips runs has said that a run may be left out; a fallback, which would be new work, is not called then.
 */
export function isSkipped(call: LockedCall, error: unknown): boolean {
  return call.onBusy === 'skip' && (isBusy(error) || isLockError(error, 'LOCK_SHUTDOWN'));
}

/** Something that goes on after the method has returned it, and so would outlive the lock. */
export function outlivingKind(outcome: unknown): 'observable' | 'asyncGenerator' | undefined {
  if (typeof outcome !== 'object' || outcome === null) return undefined;
  try {
    const { subscribe, pipe, next } = outcome as { subscribe?: unknown; pipe?: unknown; next?: unknown };
    if (typeof subscribe === 'function' && typeof pipe === 'function') return 'observable';
    if (Symbol.asyncIterator in outcome && typeof next === 'function') return 'asyncGenerator';
  } catch {
    // A proxy or a getter that refuses to be asked: it is the caller's business.
  }
  return undefined;
}

/**
 * Checks that a method returned what its lock was made to span. What it began by mistake still ends under the lock.
 */
export async function assertOutcome(call: LockedCall, outcome: unknown, expected: LockedReturns): Promise<void> {
  const kind = outlivingKind(outcome) ?? (outcome instanceof Promise ? 'promise' : undefined);
  if (kind === expected) return;
  await Promise.allSettled([outcome]);
  throw new LockOptionsError(messages.wrongOutcome(call.method, expected, kind));
}

/** Gives a lock back, unless the method did so itself; answers the error of a lock that was lost. */
export async function released(lock: Lock): Promise<LockLostError | undefined> {
  try {
    return (await lock.release()) ? undefined : (lock.signal.reason as LockLostError);
  } catch {
    return undefined;
  }
}
