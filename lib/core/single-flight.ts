/**
 * Work of which one run is enough: who needs what it leaves looks whether it is there, takes the lock where it is not, and
 * looks again, because the caller before may have made it meanwhile. The second look is what hand-written copies forget.
 */
import type { LockKeys, WithLockOptions } from '../acquire.options.js';
import type { Lock } from '../lock.js';
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { checkOptionsObject } from '../option-names.js';
import type { LockEngine } from './engine.js';
import { readKeyRequests } from './key-requests.js';
import { readSection, runSection } from './section.js';
import { resolveSettings } from './settings.js';

/** What `LockService.singleFlight` does. */
export interface SingleFlight<Result> {
  /**
   * Looks whether the result is there; `undefined` says that it is not, and anything else, `null` too, is the result: a store
   * that answers `null` for what it does not have needs `?? undefined`. It is called without the lock, and where it found
   * nothing, once more under it. It must look where the whole fleet looks: what lies in the memory of one process does not keep
   * another one from running.
   */
  read(): Result | undefined | PromiseLike<Result | undefined>;
  /** Makes the result, and leaves it where {@link read} finds it, before it returns. */
  run(lock: Lock): Result | PromiseLike<Result>;
}

/** Answers what `read` finds, or else what `run` makes. */
export async function runSingleFlight<Result>(
  engine: LockEngine,
  owner: object,
  keys: LockKeys,
  flight: SingleFlight<Result>,
  options: WithLockOptions,
): Promise<Result> {
  checkFlight(flight);
  const request = readSection<Result>('singleFlight()', [options, (lock) => flight.run(lock)]);
  // A result that is there must not hide a key or an option that is bad.
  readKeyRequests(keys, engine.maxKeyBytes);
  resolveSettings(request.options, engine.defaults);
  const found = await flight.read();
  if (found !== undefined) return found;
  return runSection<Result>(engine, owner, keys, {
    ...request,
    section: async (lock) => {
      const meanwhile = await flight.read();
      if (meanwhile === undefined) {
        // It may have been lost while the second look took its time.
        const loss = lock.checkLoss();
        if (loss) throw loss;
        return request.section(lock);
      }
      // Nothing was done under the lock, so neither its loss nor the time for which its key was to be kept matters.
      if (!lock.isReleased) await lock.endUnused();
      return meanwhile;
    },
  });
}

function checkFlight(flight: SingleFlight<unknown>): void {
  checkOptionsObject(flight, 'singleFlight()');
  for (const name of ['read', 'run'] as const) {
    if (typeof flight[name] !== 'function') {
      throw new LockOptionsError(messages.option(name, flight[name], 'a function'));
    }
  }
}
