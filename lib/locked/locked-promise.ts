/** The lock of a method that returns a promise: held until it settles. */
import { assertOutcome, isBusy } from './locked-call.js';
import type { LockedCall } from './locked-call.js';

export async function lockPromise(call: LockedCall): Promise<unknown> {
  let entered = false;
  try {
    return await call.locks.withLock(call.keys(), call.options(), async () => {
      entered = true;
      const outcome = await call.body();
      await assertOutcome(call, outcome, undefined);
      return outcome;
    });
  } catch (error) {
    // What the body throws is the body's business, even if some other lock was busy for it.
    if (entered || !isBusy(error) || call.onBusy === 'throw') throw error;
    return call.onBusy === 'skip' ? undefined : call.onBusy(error);
  }
}
