/**
 * The options of `@Locked`, checked once, when the class is defined: a bad one fails before the application starts.
 */
import { LOCK_DEFAULTS, SHARE_OPTIONS } from '../acquire.options.js';
import type { LockedReturns, OnBusy, WithLockOptions } from '../acquire.options.js';
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { checkedOptions, DEFAULT_SETTINGS, readOnLost, readSignal, resolveSettings } from '../core/settings.js';
import { readName } from '../lock.tokens.js';
import { checkOptionNames, optionNames } from '../option-names.js';
import type { LockedOptions } from './locked.options.js';
import { readShareOptions } from './share-of-call.js';
import type { ShareOfCall } from './share-of-call.js';

export interface LockedSettings {
  /** What is the same for every call and differs from the module's defaults, in milliseconds. */
  readonly fixed: WithLockOptions;
  readonly instance: string | undefined;
  readonly onBusy: Exclude<OnBusy, (...args: never[]) => unknown> | ((error: unknown, ...args: unknown[]) => unknown);
  readonly returns: LockedReturns | undefined;
  /** The share options of a call, where functions of its arguments find them. */
  readonly share: ShareOfCall | undefined;
  /** See `LockedOptions.unless`. */
  readonly unless: ((...args: unknown[]) => unknown) | undefined;
  readonly signal: ((self: unknown, args: readonly unknown[]) => AbortSignal | undefined) | undefined;
}

const LOCKED_OPTIONS = optionNames<LockedOptions>({
  ...LOCK_DEFAULTS,
  ...SHARE_OPTIONS,
  minHold: true,
  label: true,
  signal: true,
  onLost: true,
  onBusy: true,
  unless: true,
  instance: true,
  returns: true,
});

const RETURNS: readonly unknown[] = ['promise', 'observable', 'asyncGenerator', undefined];

export function readLockedOptions(options: LockedOptions): LockedSettings {
  checkOptionNames(options, LOCKED_OPTIONS, '@Locked');
  const { instance, onBusy = 'throw', onLost, returns, signal, unless } = options;
  if (onBusy !== 'throw' && onBusy !== 'skip' && typeof onBusy !== 'function') {
    throw new LockOptionsError(messages.option('onBusy', onBusy, "'throw', 'skip' or a function"));
  }
  if (!RETURNS.includes(returns)) {
    throw new LockOptionsError(messages.option('returns', returns, "'promise', 'observable' or 'asyncGenerator'"));
  }
  if (unless !== undefined && typeof unless !== 'function') {
    throw new LockOptionsError(messages.option('unless', unless, 'a function'));
  }
  const share = readShareOptions(options);
  return {
    fixed: checkedOptions({ ...millisecondsOf(options), ...share.fixed, onLost: readOnLost(onLost) }),
    share: share.ofCall,
    instance: readName(instance, 'instance'),
    onBusy: onBusy as LockedSettings['onBusy'],
    returns,
    signal: readSignalOption(signal),
    unless: unless as LockedSettings['unless'],
  };
}

/** The options that were given, in milliseconds, without the share; the others are left to the module's defaults. */
function millisecondsOf(options: LockedOptions): WithLockOptions {
  const { mode: _mode, concurrency: _concurrency, weight: _weight, signal: _signal, ...others } = options;
  const settings = resolveSettings(others, DEFAULT_SETTINGS);
  const given = Object.entries(settings).filter(([name]) => others[name as keyof typeof others] !== undefined);
  return Object.fromEntries(given);
}

function readSignalOption(signal: LockedOptions['signal']): LockedSettings['signal'] {
  if (typeof signal === 'function') {
    const find = signal as (...args: readonly unknown[]) => AbortSignal | undefined;
    return (self, args) => Reflect.apply(find, self, args);
  }
  const same = readSignal(signal);
  return same && (() => same);
}
