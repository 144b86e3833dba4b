/** The lock of a method that returns a promise: held until it settles. */
import { assertOutcome, isBusy, isSkipped, outlivingKind } from './locked-call.js';
import type { LockedCall } from './locked-call.js';
import { refuseStream } from './stream-outcome.js';

export async function lockPromise(call: LockedCall): Promise<unknown> {
  let entered = false;
  try {
    return await call.locks.withLock(call.keys(), call.options(), async () => {
      entered = true;
      const outcome = await call.body();
      if (outlivingKind(outcome)) await assertOutcome(call, outcome, 'promise');
      refuseStream(call.method, outcome);
      return outcome;
    });
  } catch (error) {
    // An error of the body is passed on unchanged, even where it says that another lock was busy.
    if (entered) throw error;
    if (isSkipped(call, error)) return undefined;
    if (typeof call.onBusy !== 'function' || !isBusy(error)) throw error;
    return call.onBusy(error);
  }
}
