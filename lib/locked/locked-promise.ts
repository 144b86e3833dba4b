/** The lock of a method that returns a promise: held until it settles. */
import { assertOutcome, isBusy, isSkipped, outlivingKind } from './locked-call.js';
import type { LockedCall } from './locked-call.js';
import { mockedService } from './mocked-service.js';
import { refuseStream } from './stream-outcome.js';

export async function lockPromise(call: LockedCall): Promise<unknown> {
  /** Whether code of the user's runs, or has thrown; and whether any has been run. */
  let [entered, wasEntered] = [false, false];
  try {
    const { unless, locks } = call;
    const run = async (): Promise<unknown> => {
      entered = wasEntered = true;
      const outcome = await call.body();
      if (outlivingKind(outcome)) await assertOutcome(call, outcome, 'promise');
      refuseStream(call.method, outcome);
      return outcome;
    };
    let result: unknown;
    if (unless) {
      const read = async (): Promise<unknown> => {
        entered = wasEntered = true;
        const found = await unless();
        entered = false;
        return found;
      };
      result = await locks.singleFlight(call.keys(), { read, run }, call.options());
    } else {
      result = await locks.withLock(call.keys(), call.options(), run);
    }
    if (!wasEntered) throw mockedService(call);
    return result;
  } catch (error) {
    // An error of the body, or of `unless`, is passed on unchanged, even where it says that another lock was busy.
    if (entered) throw error;
    if (isSkipped(call, error)) return undefined;
    if (typeof call.onBusy !== 'function' || !isBusy(error)) throw error;
    return call.onBusy(error);
  }
}
