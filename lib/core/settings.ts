/**
 * Options as the library computes with them: checked, defaulted, in milliseconds. A bad value is a `LockOptionsError`
 * that names the option, the value and what is allowed.
 */
import { setMaxListeners } from 'node:events';
import type { AcquireOptions, OnLost, ReleaseMode, ShareOptions } from '../acquire.options.js';
import { toMilliseconds } from '../duration.js';
import type { Duration } from '../duration.js';
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { checkOptionNames } from '../option-names.js';
import type { OptionNames } from '../option-names.js';
import type { LeaseShare } from '../stores/lock-store.js';
import { EXCLUSIVE } from './admission.js';
import { readShare } from './share-options.js';

/** The options of a call, or of a module, without anything left open. */
export interface LockSettings {
  readonly ttl: number;
  readonly wait: number;
  readonly autoRenew: boolean;
  readonly maxHold: number;
  readonly reentrant: boolean;
  readonly fair: boolean;
  readonly share: LeaseShare;
  readonly lockDelay: number;
  readonly minHold: number;
  readonly release: ReleaseMode;
  /** See `AcquireOptions.label`; empty where there is none. */
  readonly label: string;
}

/** What applies where neither the call nor the module says otherwise. */
export const DEFAULT_SETTINGS: LockSettings = {
  ttl: 30_000,
  wait: 10_000,
  autoRenew: true,
  maxHold: Infinity,
  reentrant: true,
  fair: false,
  share: EXCLUSIVE,
  lockDelay: 0,
  minHold: 0,
  release: 'awaited',
  label: '',
};

/** A shorter lease could not be renewed in time on a busy machine. */
const MIN_TTL = 100;
/** A year: a longer duration is a slip of the unit. */
export const YEAR = 31_557_600_000;

/** A label that is longer would hardly be of low cardinality. */
export const LONGEST_LABEL = 200;

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
export function resolveSettings(options: AcquireOptions, defaults: LockSettings): LockSettings {
  if (options === NO_OPTIONS) return defaults;
  return {
    ttl: options.ttl === undefined ? defaults.ttl : readTtl(options.ttl),
    wait: options.wait === undefined ? defaults.wait : readWait(options.wait),
    autoRenew: readBoolean('autoRenew', options.autoRenew, defaults.autoRenew),
    maxHold:
      options.maxHold === undefined
        ? defaults.maxHold
        : readDuration('maxHold', options.maxHold, { min: 1, infinite: true }),
    reentrant: readBoolean('reentrant', options.reentrant, defaults.reentrant),
    fair: readBoolean('fair', options.fair, defaults.fair),
    share: asksForShare(options) ? readShare(options) : EXCLUSIVE,
    lockDelay: readSpan('lockDelay', options.lockDelay, defaults.lockDelay),
    minHold: readSpan('minHold', options.minHold, defaults.minHold),
    release: options.release === undefined ? defaults.release : readRelease(options.release),
    label: options.label === undefined ? defaults.label : readLabel(options.label),
  };
}

/** Whether options name a share at all. */
export function asksForShare({ mode, concurrency, weight }: ShareOptions): boolean {
  return mode !== undefined || concurrency !== undefined || weight !== undefined;
}

/** Whether two calls ask for the same. */
export function isSameSettings(a: LockSettings, b: LockSettings): boolean {
  if (a.ttl !== b.ttl || a.wait !== b.wait || a.maxHold !== b.maxHold) return false;
  if (a.lockDelay !== b.lockDelay || a.minHold !== b.minHold || a.label !== b.label) return false;
  if (a.release !== b.release) return false;
  if (a.share.limit !== b.share.limit || a.share.weight !== b.share.weight) return false;
  return a.autoRenew === b.autoRenew && a.reentrant === b.reentrant && a.fair === b.fair;
}

/** Milliseconds of a wait, perhaps without end. */
export function readWait(wait: Duration): number {
  return readDuration('wait', wait, { min: 0, infinite: true });
}

/** Whole milliseconds of a ttl. */
export function readTtl(ttl: Duration): number {
  return Math.round(readDuration('ttl', ttl, { min: MIN_TTL, max: YEAR }));
}

/** Whole milliseconds of a duration that may be nothing. */
function readSpan(name: string, value: Duration | undefined, otherwise: number): number {
  return value === undefined ? otherwise : Math.ceil(readDuration(name, value, { min: 0, max: YEAR }));
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
      : `from ${min} ms to ${max === YEAR ? 'a year' : `${max} ms`}`;
  const allowed = `a duration ${bounds} as a number of milliseconds or a string such as '30s'`;
  const expected = infinite ? `${allowed}, or Infinity` : allowed;
  throw new LockOptionsError(messages.option(name, value, expected, secondsMeant(value, milliseconds, min)));
}

/** The seconds that were probably meant by a bare number that is too small to be milliseconds. */
function secondsMeant(value: Duration, milliseconds: number, min: number): number | undefined {
  const isBare = typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
  return isBare && milliseconds > 0 && milliseconds < min && milliseconds * 1_000 >= min ? milliseconds : undefined;
}

/** What a lock is for. */
function readLabel(label: string): string {
  if (typeof label === 'string' && label.length <= LONGEST_LABEL) return label;
  throw new LockOptionsError(messages.option('label', label, `a text of at most ${LONGEST_LABEL} characters`));
}

/** A boolean option. */
export function readBoolean(name: string, value: boolean | undefined, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== 'boolean') throw new LockOptionsError(messages.option(name, value, 'true or false'));
  return value;
}

/** What to do with the result of a section that lost its lock. */
export function readOnLost(value: OnLost | undefined): OnLost {
  if (value === undefined) return 'throw';
  if (value === 'throw' || value === 'ignore') return value;
  throw new LockOptionsError(messages.option('onLost', value, "'throw' or 'ignore'"));
}

/** When a section that is done goes on. */
function readRelease(value: ReleaseMode): ReleaseMode {
  if (value === 'awaited' || value === 'background') return value;
  throw new LockOptionsError(messages.option('release', value, "'awaited' or 'background'"));
}

/** The signal that cancels a wait. */
export function readSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (!hasListeners(value)) throw new LockOptionsError(messages.option('signal', value, 'an AbortSignal'));
  // One signal may cancel any number of waits; without this Node.js warns of a leak at the eleventh.
  if (value instanceof EventTarget) setMaxListeners(0, value);
  return value;
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
