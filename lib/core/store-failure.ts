/**
 * What a store throws concerns a list of requests, and perhaps many callers. Each of them is told about its own key,
 * and of the error underneath only what can't be about another caller: a client's error may carry the command that
 * failed, with the keys and tokens of all callers in the same call, or the address that was called, with its password.
 */
import { isLockError, LockUnavailableError } from '../lock.errors.js';
import type { LockError } from '../lock.errors.js';
import { messages, say } from '../lock.messages.js';

/** The failure of a request for `key`. */
export function storeFailure(key: string, error: unknown): LockUnavailableError {
  if (!isLockError(error, 'LOCK_UNAVAILABLE')) {
    return new LockUnavailableError(messages.refused(error), { key, cause: bare(error) });
  }
  const { wasSent, isMomentary } = error;
  // What was said about another key is not for the caller of this one.
  if (error.key !== undefined && error.key !== key) {
    return new LockUnavailableError(messages.failed(key), { key, wasSent });
  }
  return new LockUnavailableError(error.message, { key, cause: bare(error.cause), wasSent, isMomentary });
}

/** A failure as it is told for one key; an error of the library that is about this key already says what it is. */
export function asLockError(key: string, error: unknown): LockError {
  return isLockError(error) && error.key === key ? error : storeFailure(key, error);
}

/** Whether the store has said that it can't serve at the moment. */
export function isMomentary(error: unknown): boolean {
  return isLockError(error, 'LOCK_UNAVAILABLE') && error.isMomentary;
}

/** Whether a request certainly never left this process. */
export function wasNeverSent(error: unknown): boolean {
  return isLockError(error, 'LOCK_UNAVAILABLE') && error.wasSent === false;
}

/**
 * Whether a request without an answer may have been carried out, or may be yet; one that the store itself
 * refused may not.
 */
export function mayBeCarriedOut(error: unknown): boolean {
  return isLockError(error, 'LOCK_UNAVAILABLE') && error.wasSent !== false;
}

/** The texts of a system error that hold no secret; numbers and booleans never do. */
const HARMLESS = new Set<PropertyKey>(['name', 'message', 'code', 'syscall', 'address']);
const DEEPEST = 5;

/**
 * An error without the values that it carries, and its causes without theirs; the error itself, where there is
 * nothing to leave out.
 */
export function bare(error: unknown, depth = 0): unknown {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) return error;
  if (!(error instanceof Error)) return new Error(say(error));
  const { cause, stack } = error;
  const bareCause = depth < DEEPEST ? bare(cause, depth + 1) : undefined;
  const names = Reflect.ownKeys(error).filter((name) => name !== 'cause');
  const harmless = names.filter((name) => isHarmless(name, Object.getOwnPropertyDescriptor(error, name)!));
  if (bareCause === cause && harmless.length === names.length) return error;
  const copy = new Error(error.message, bareCause === undefined ? undefined : { cause: bareCause });
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  for (const name of harmless) {
    if (name !== 'stack') Object.defineProperty(copy, name, Object.getOwnPropertyDescriptor(error, name)!);
  }
  Object.defineProperty(copy, 'stack', { value: stack, writable: true, configurable: true });
  return copy;
}

function isHarmless(name: PropertyKey, { value, get }: PropertyDescriptor): boolean {
  // Some engines read the stack only when it is asked for.
  if (name === 'stack') return true;
  if (typeof name !== 'string' || get !== undefined) return false;
  if (typeof value === 'string') return HARMLESS.has(name);
  return value === undefined || typeof value === 'number' || typeof value === 'boolean';
}
