/**
 * The options of `@Locked`, checked once, when the class is defined: a bad one fails before the application starts.
 */
import type { LockDefaults, LockedReturns, OnBusy, OnLost } from '../acquire.options.js';
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { DEFAULT_SETTINGS, readOnLost, readSignal, resolveSettings } from '../lock.settings.js';
import type { LockedOptions } from './locked.types.js';

export interface LockedSettings extends LockDefaults {
  readonly instance: string | undefined;
  readonly onBusy: Exclude<OnBusy, (...args: never[]) => unknown> | ((error: unknown, ...args: unknown[]) => unknown);
  readonly onLost: OnLost;
  readonly returns: LockedReturns | undefined;
  readonly signal: ((args: readonly unknown[]) => AbortSignal | undefined) | undefined;
}

const RETURNS: readonly unknown[] = ['promise', 'observable', 'asyncGenerator', undefined];

export function readLockedOptions(options: LockedOptions): LockedSettings {
  const { instance, onBusy = 'throw', onLost, returns, signal } = options;
  if (instance !== undefined && (typeof instance !== 'string' || instance === '')) {
    throw new LockOptionsError(messages.option('instance', instance, 'the name of a module instance'));
  }
  if (onBusy !== 'throw' && onBusy !== 'skip' && typeof onBusy !== 'function') {
    throw new LockOptionsError(messages.option('onBusy', onBusy, "'throw', 'skip' or a function"));
  }
  if (!RETURNS.includes(returns)) {
    throw new LockOptionsError(messages.option('returns', returns, "'promise', 'observable' or 'asyncGenerator'"));
  }
  return {
    ...millisecondsOf(options),
    instance,
    onBusy: onBusy as LockedSettings['onBusy'],
    onLost: readOnLost(onLost),
    returns,
    signal: readSignalOption(signal),
  };
}

/** What was given, in milliseconds; what was not is left to the module's defaults. */
function millisecondsOf(options: LockDefaults): LockDefaults {
  const settings = resolveSettings(options, DEFAULT_SETTINGS);
  const given = Object.entries(settings).filter(([name]) => options[name as keyof LockDefaults] !== undefined);
  return Object.fromEntries(given);
}

function readSignalOption(signal: LockedOptions['signal']): LockedSettings['signal'] {
  if (typeof signal === 'function') {
    const find = signal as (...args: readonly unknown[]) => AbortSignal | undefined;
    return (args) => find(...args);
  }
  const fixed = readSignal(signal);
  return fixed && (() => fixed);
}
