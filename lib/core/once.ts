/**
 * A run of which the fleet needs one in a while. Its key outlives it: the store keeps it until the time is over, counted from
 * the grant, whatever becomes of the process. Where the run failed, it is given back at once, so that another may try.
 */
import { LOCK_DEFAULTS } from '../acquire.options.js';
import type { ShareOptions, WithLockOptions } from '../acquire.options.js';
import type { Duration } from '../duration.js';
import type { Lock } from '../lock.js';
import { isLockError } from '../lock.errors.js';
import { optionNames } from '../option-names.js';
import type { LockEngine } from './engine.js';
import { readKey } from './key-requests.js';
import { runSection } from './section.js';
import { checkCallOptions, checkSection, readDuration, readOnLost, YEAR } from './settings.js';

/** Options of `LockService.once`. It never waits, and shares its key with nobody. */
export interface OnceOptions extends Omit<
  WithLockOptions,
  'wait' | 'minHold' | 'reentrant' | 'fair' | 'signal' | keyof ShareOptions
> {
  /**
   * In what time there is one run at most, counted from its beginning: at least 1 ms, at most a year. It should be longer than
   * the instances of a fleet are apart in starting it, and shorter than the time to the next run that is wanted.
   */
  within: Duration;
}

const { wait: _wait, reentrant: _reentrant, fair: _fair, ...ONCE } = LOCK_DEFAULTS;
const ONCE_OPTIONS = optionNames<OnceOptions>({ ...ONCE, label: true, onLost: true, within: true });

/** What `LockService.once` answers; `ran` tells the two apart. */
export type OnceOutcome<Result> =
  | {
      /** This call ran it. */
      readonly ran: true;
      /** What it returned. */
      readonly result: Result;
    }
  | {
      /** Another call runs it, or has run it within the time. */
      readonly ran: false;
    };

/** Runs it, unless that was done within the time. Rejects with what it throws, and with what keeps it from being known. */
export async function runOnce<Result>(
  engine: LockEngine,
  owner: object,
  key: string,
  run: (lock: Lock) => Result | PromiseLike<Result>,
  options: OnceOptions,
): Promise<OnceOutcome<Result>> {
  readKey(key, 'once()', engine.maxKeyBytes);
  checkSection('once()', run);
  checkCallOptions(options, ONCE_OPTIONS, 'once()');
  const { within, onLost, ...given } = options;
  const minHold = readDuration('within', within, { min: 1, max: YEAR });
  let hasBegun = false;
  try {
    const result = await runSection<Result>(engine, owner, key, {
      // A run that is started from within one, of the same key, is a second one.
      options: { ...given, minHold, wait: 0, reentrant: false },
      onLost: readOnLost(onLost),
      section: async (lock) => {
        hasBegun = true;
        try {
          return await run(lock);
        } catch (error) {
          if (!lock.isReleased) await lock.endUnused();
          throw error;
        }
      },
    });
    return { ran: true, result };
  } catch (error) {
    if (hasBegun || !isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT')) throw error;
    return { ran: false };
  }
}
