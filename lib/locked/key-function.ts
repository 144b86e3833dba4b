/**
 * Keys that a function computes from the arguments of a call: one, or a list, in which an entry may name its own share.
 * Whatever it returns is checked here, where the method is known, so that the message can name it.
 */
import type { LockKeyRequest } from '../acquire.options.js';
import { readKeyRequests } from '../core/key-requests.js';
import { isLockError, LockKeyError, LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { keyMessages } from './key-template.messages.js';

/** Computes the keys of one call. Throws a `LockKeyError` when an argument cannot name a lock. */
export type KeyOf = (args: readonly unknown[], self?: unknown) => readonly (string | LockKeyRequest)[];

/** Prepares the keys of a method whose keys are computed. */
export function compileFunction(keyOf: (...args: readonly unknown[]) => unknown, method: string): KeyOf {
  return (args, self) => {
    let result: unknown;
    try {
      result = Reflect.apply(keyOf, self, args);
    } catch (cause) {
      throw new LockKeyError(keyMessages.functionThrew(method, cause), { cause });
    }
    if (typeof result === 'string' && result !== '') return [wellFormed(result, method)];
    if (!Array.isArray(result) || result.length === 0) throw badArguments(keyMessages.badResult(method, result));
    return readList(result, method);
  };
}

/** Whether an entry of a list of keys or templates may name its own share. */
export function isKeyRequest(entry: unknown): entry is LockKeyRequest {
  return typeof entry === 'object' && entry !== null && !Array.isArray(entry);
}

/** Checks the shares that keys name. The engine would find the same, and could not name the method. */
export function checkShares(entries: readonly (string | LockKeyRequest)[], method: string): void {
  try {
    readKeyRequests(entries, Infinity);
  } catch (error) {
    if (!isLockError(error, 'LOCK_KEY', 'LOCK_OPTIONS')) throw error;
    const { key } = error;
    const message = messages.ofMethod(method, error.message);
    throw error.code === 'LOCK_KEY'
      ? new LockKeyError(message, { key, source: 'arguments' })
      : new LockOptionsError(message, { key });
  }
}

/** An error for which the arguments of this call are to blame; those of another call may be good. */
export function badArguments(message: string): LockKeyError {
  return new LockKeyError(message, { source: 'arguments' });
}

function readList(list: readonly unknown[], method: string): readonly (string | LockKeyRequest)[] {
  let areKeys = true;
  const entries = Array.from(list, (entry, index) => {
    const isKey = typeof entry === 'string';
    const key: unknown = isKeyRequest(entry) ? entry.key : entry;
    if (typeof key !== 'string' || key === '') throw badArguments(keyMessages.badKeyInResult(method, entry, index));
    wellFormed(key, method);
    areKeys &&= isKey;
    return entry as string | LockKeyRequest;
  });
  if (!areKeys) checkShares(entries, method);
  return [...new Set(entries)];
}

function wellFormed(key: string, method: string): string {
  if (!key.isWellFormed()) throw badArguments(keyMessages.illFormedKey(method, key));
  return key;
}
