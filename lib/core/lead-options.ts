/** The options of a leadership, checked and in milliseconds. */
import type { AcquireOptions } from '../acquire.options.js';
import { LockOptionsError } from '../lock.errors.js';
import { LEAD_OPTIONS } from '../lock.leadership.js';
import type { LeadOptions } from '../lock.leadership.js';
import { messages } from '../lock.messages.js';
import { checkCallOptions, DEFAULT_SETTINGS, readDuration, readSignal, resolveSettings } from './settings.js';

/** A shorter pause would be a tight loop. */
const LEAST_PAUSE = 10;
/** A day: timers can't count much further. */
const LONGEST_PAUSE = 86_400_000;

export interface LeadSettings {
  /** How each lock is taken. */
  readonly acquire: AcquireOptions;
  readonly whenDone: 'restart' | 'stop';
  readonly pause: number;
  readonly onError: ((error: unknown) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Throws a `LockOptionsError` for what no election could go by. */
export function readLeadOptions(options: LeadOptions): LeadSettings {
  checkCallOptions(options, LEAD_OPTIONS, 'lead()');
  const { whenDone = 'restart', pause = 1_000, onError, signal, ...lock } = options;
  if (whenDone !== 'restart' && whenDone !== 'stop') {
    throw new LockOptionsError(messages.option('whenDone', whenDone, "'restart' or 'stop'"));
  }
  if (onError !== undefined && typeof onError !== 'function') {
    throw new LockOptionsError(messages.option('onError', onError, 'a function'));
  }
  // Now, and not when the first election is due.
  resolveSettings(lock, DEFAULT_SETTINGS);
  return {
    // The module's `maxHold` is for sections that are stuck; a leader is not stuck because it leads for long.
    acquire: { ...lock, maxHold: lock.maxHold ?? Infinity, wait: Infinity, autoRenew: true, minHold: 0 },
    whenDone,
    pause: readDuration('pause', pause, { min: LEAST_PAUSE, max: LONGEST_PAUSE }),
    onError,
    signal: readSignal(signal),
  };
}
