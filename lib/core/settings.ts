/**
 * Options as the library computes with them: checked, defaulted, in milliseconds. A bad value is a `LockOptionsError`
 * that names the option, the value and what is allowed.
 */
import type { LockDefaults, OnLost } from '../acquire.options.js';
import { toMilliseconds } from '../duration.js';
import type { Duration } from '../duration.js';
import { LockKeyError, LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { checkOptionNames } from '../option-names.js';
import type { OptionNames } from '../option-names.js';

/** {@link LockDefaults} without anything left open. */
export interface LockSettings {
  readonly ttl: number;
  readonly wait: number;
  readonly autoRenew: boolean;
  readonly maxHold: number;
  readonly reentrant: boolean;
  readonly fair: boolean;
}

/** What applies where neither the call nor the module says otherwise. */
export const DEFAULT_SETTINGS: LockSettings = {
  ttl: 30_000,
  wait: 10_000,
  autoRenew: true,
  maxHold: Infinity,
  reentrant: true,
  fair: false,
};

/** How long a key may be, in bytes of UTF-8. */
export const DEFAULT_MAX_KEY_BYTES = 1_024;

/** A shorter lease could not be renewed in time on a busy machine. */
const MIN_TTL = 100;
/** A year: a longer ttl is a slip of the unit. */
const MAX_TTL = 31_536_000_000;

/** Options of a call that asks for nothing of its own. */
export const NO_OPTIONS: Readonly<Record<string, never>> = Object.freeze({});

/** On options whose names were checked once for many calls. */
const CHECKED = Symbol('checked');

/** Options whose names need no further check; nor do those of copies of them. */
export function checkedOptions<Options extends object>(options: Options): Options {
  return { ...options, [CHECKED]: true };
}

/** Checks options as a whole, unless the call gave none, or they were checked before. */
export function checkCallOptions(options: object, known: OptionNames, of: string): void {
  if (options === NO_OPTIONS || (options as { [CHECKED]?: true } | null)?.[CHECKED] === true) return;
  checkOptionNames(options, known, of);
}

/** Checks what is to run under a lock, before anything is locked. */
export function checkSection(of: string, section: unknown): asserts section is (...args: never[]) => unknown {
  if (typeof section !== 'function') throw new LockOptionsError(messages.noSection(of, section));
}

/** Fills what `options` leaves open from `defaults`. */
export function resolveSettings(options: LockDefaults, defaults: LockSettings): LockSettings {
  if (options === NO_OPTIONS) return defaults;
  return {
    ttl: options.ttl === undefined ? defaults.ttl : readTtl(options.ttl),
    wait: options.wait === undefined ? defaults.wait : readDuration('wait', options.wait, { min: 0, infinite: true }),
    autoRenew: readBoolean('autoRenew', options.autoRenew, defaults.autoRenew),
    maxHold:
      options.maxHold === undefined
        ? defaults.maxHold
        : readDuration('maxHold', options.maxHold, { min: 1, infinite: true }),
    reentrant: readBoolean('reentrant', options.reentrant, defaults.reentrant),
    fair: readBoolean('fair', options.fair, defaults.fair),
  };
}

/** Whether two calls ask for the same. */
export function isSameSettings(a: LockSettings, b: LockSettings): boolean {
  if (a.ttl !== b.ttl || a.wait !== b.wait || a.maxHold !== b.maxHold) return false;
  return a.autoRenew === b.autoRenew && a.reentrant === b.reentrant && a.fair === b.fair;
}

/** Whole milliseconds of a ttl. */
export function readTtl(ttl: Duration): number {
  return Math.round(readDuration('ttl', ttl, { min: MIN_TTL, max: MAX_TTL }));
}

/** Milliseconds of a duration within bounds. */
export function readDuration(
  name: string,
  value: Duration,
  { min, max = Number.MAX_SAFE_INTEGER, infinite = false }: { min: number; max?: number; infinite?: boolean },
): number {
  const milliseconds = toMilliseconds(value);
  if (milliseconds === Infinity && infinite) return milliseconds;
  if (milliseconds >= min && milliseconds <= max) return milliseconds;
  const bounds =
    max === Number.MAX_SAFE_INTEGER
      ? `of at least ${min} ms`
      : `from ${min} ms to ${max === MAX_TTL ? 'a year' : `${max} ms`}`;
  const allowed = `a duration ${bounds} as a number of milliseconds or a string such as '30s'`;
  const expected = infinite ? `${allowed}, or Infinity` : allowed;
  throw new LockOptionsError(messages.option(name, value, expected, secondsMeant(value, milliseconds, min)));
}

/** The seconds that were probably meant by a bare number that is too small to be milliseconds. */
function secondsMeant(value: Duration, milliseconds: number, min: number): number | undefined {
  const isBare = typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
  return isBare && milliseconds > 0 && milliseconds < min && milliseconds * 1_000 >= min ? milliseconds : undefined;
}

/** A boolean option. */
export function readBoolean(name: string, value: boolean | undefined, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== 'boolean') throw new LockOptionsError(messages.option(name, value, 'true or false'));
  return value;
}

/** The distinct keys of one call, as they were given; a single one by itself. */
export function readKeys(keys: string | readonly string[], maxBytes: number): string | readonly string[] {
  if (typeof keys === 'string') {
    checkKey(keys, maxBytes);
    return keys;
  }
  if (!Array.isArray(keys)) throw new LockKeyError(messages.badKey(keys));
  if (keys.length === 0) throw new LockKeyError(messages.noKey());
  // Not forEach, which would skip the holes of a sparse array.
  for (const key of keys as readonly unknown[]) checkKey(key, maxBytes);
  const distinct = [...new Set(keys as readonly string[])];
  return distinct.length === 1 ? distinct[0]! : distinct;
}

/** Checks the key of a call that is about one key; a list of one key is refused. */
export function readKey(key: string, of: string, maxBytes = Infinity): string {
  if (!isKey(key)) throw new LockKeyError(messages.oneKey(of, key), { key: typeof key === 'string' ? key : undefined });
  checkLength(key, maxBytes);
  return key;
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.isWellFormed();
}

function checkKey(key: unknown, maxBytes: number): void {
  if (!isKey(key)) throw new LockKeyError(messages.badKey(key), { key: typeof key === 'string' ? key : undefined });
  checkLength(key, maxBytes);
}

/** Keys of different callers travel together, and a huge one would hold up or cost all of them. */
function checkLength(key: string, maxBytes: number): void {
  // No UTF-16 unit takes more than three bytes, so nearly no key has to be counted.
  if (key.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(key);
  // Without the key itself: an error is written to logs.
  if (bytes > maxBytes) throw new LockKeyError(messages.longKey(key, bytes, maxBytes));
}

/** What to do with the result of a section that lost its lock. */
export function readOnLost(value: OnLost | undefined): OnLost {
  if (value === undefined) return 'throw';
  if (value === 'throw' || value === 'ignore') return value;
  throw new LockOptionsError(messages.option('onLost', value, "'throw' or 'ignore'"));
}

/** The signal that cancels a wait. */
export function readSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined || hasListeners(value)) return value;
  throw new LockOptionsError(messages.option('signal', value, 'an AbortSignal'));
}

/** Whether it is a signal. It may be anything, and throw when it is read. */
function hasListeners(value: unknown): boolean {
  try {
    const { aborted, addEventListener } = value as AbortSignal;
    return typeof aborted === 'boolean' && typeof addEventListener === 'function';
  } catch {
    return false;
  }
}
