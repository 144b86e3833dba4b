/**
 * The share of a locked method: `mode`, `concurrency` and `weight`, each of them a value or a function of the method's
 * arguments. What is the same for every call is checked when the class is defined, and what a function finds at each call,
 * before anything is locked.
 */
import type { ShareOptions } from '../acquire.options.js';
import { MOST_AT_A_TIME, readShare } from '../core/share-options.js';
import { isLockError, LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockedOptions } from './locked.options.js';

/** Finds the share options of one call that are not the same for every call. */
export type ShareOfCall = (method: string, self: unknown, args: readonly unknown[]) => ShareOptions;

type Find = (...args: readonly unknown[]) => unknown;

const NAMES = ['mode', 'concurrency', 'weight'] as const;

/** The share options that are the same for every call, and how the others are found, if there are any. */
export function readShareOptions(options: LockedOptions): { fixed: ShareOptions; ofCall: ShareOfCall | undefined } {
  const fixed: Record<string, unknown> = {};
  const found: [name: string, find: Find][] = [];
  for (const name of NAMES) {
    const value: unknown = options[name];
    if (typeof value === 'function') found.push([name, value as Find]);
    else if (value !== undefined) fixed[name] = value;
  }
  checkDefinition(options, fixed);
  const ofCall: ShareOfCall = (method, self, args) => {
    const share: Record<string, unknown> = { ...fixed };
    for (const [name, find] of found) share[name] = valueOf(name, find, method, self, args);
    checkShare(share, method);
    return share;
  };
  return { fixed, ofCall: found.length === 0 ? undefined : ofCall };
}

/** Checks what is known without a call; what a function finds counts as good until then. */
function checkDefinition({ mode, concurrency, weight }: LockedOptions, fixed: ShareOptions): void {
  if (mode !== undefined && concurrency !== undefined) {
    throw new LockOptionsError(messages.option('concurrency', concurrency, 'nothing beside a `mode`'));
  }
  if (weight !== undefined && concurrency === undefined) {
    throw new LockOptionsError(messages.option('weight', weight, 'nothing without `concurrency`'));
  }
  readShare(typeof concurrency === 'function' ? { ...fixed, concurrency: MOST_AT_A_TIME } : fixed);
}

function checkShare(share: ShareOptions, method: string): void {
  try {
    readShare(share);
  } catch (error) {
    throw isLockError(error) ? new LockOptionsError(messages.ofMethod(method, error.message)) : error;
  }
}

/** What a function finds for one call. */
function valueOf(name: string, find: Find, method: string, self: unknown, args: readonly unknown[]): unknown {
  let value: unknown;
  try {
    value = Reflect.apply(find, self, args);
    if (!isThenable(value)) return value;
  } catch (cause) {
    throw new LockOptionsError(messages.optionThrew(method, name, cause), { cause });
  }
  // It is refused anyway, so nothing else waits for it.
  Promise.resolve(value).catch(() => undefined);
  throw new LockOptionsError(messages.asyncOption(method, name));
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
