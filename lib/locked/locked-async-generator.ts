/**
 * The lock of a method that is an async generator: held from the first `next()` until it returns, throws, or is told to
 * return. A lock that was lost meanwhile ends it at the next step (unless `onLost: 'ignore'`).
 */
import { LockLostError } from '../lock.errors.js';
import type { Lock } from '../lock.js';
import { assertOutcome, isBusy } from './locked-call.js';
import type { LockedCall } from './locked-call.js';

export async function* lockAsyncGenerator(call: LockedCall): AsyncGenerator<unknown, unknown, unknown> {
  let lock: Lock;
  try {
    lock = await call.locks.acquire(call.keys(), call.options());
  } catch (error) {
    if (!isBusy(error) || call.onBusy === 'throw') throw error;
    if (call.onBusy === 'skip') return undefined;
    return yield* call.onBusy(error) as AsyncIterable<unknown>;
  }
  let open = true;
  try {
    const value = yield* steps(call, lock);
    open = false;
    const lost = await released(lock);
    if (lost && call.options().onLost !== 'ignore') throw lost;
    return value;
  } finally {
    // It failed, and its own error comes first; or it was told to return, and has no result that a loss could spoil.
    if (open) await released(lock);
  }
}

/** Takes every step of the body with the lock as the current one; the body would otherwise run in its caller's context. */
async function* steps(call: LockedCall, lock: Lock): AsyncGenerator<unknown, unknown, unknown> {
  // `run` refuses a lock that was lost, unless losing it is to be ignored.
  const inside = <Result>(take: () => Result): Result =>
    call.options().onLost === 'ignore' && !lock.isHeld ? take() : call.locks.run(lock, take);
  const body = inside(() => {
    const outcome = call.body();
    assertOutcome(call, outcome, 'asyncGenerator');
    return outcome as AsyncGenerator<unknown, unknown, unknown>;
  });
  let step: IteratorResult<unknown> | undefined;
  try {
    let take = (): Promise<IteratorResult<unknown>> => body.next();
    for (;;) {
      step = await inside(take);
      if (step.done) return step.value;
      try {
        const sent: unknown = yield step.value;
        take = () => body.next(sent);
      } catch (thrown) {
        take = () => body.throw(thrown);
      }
      step = undefined;
    }
  } finally {
    // Told to return, or stopped by a loss: the body's own cleanup still has to run.
    if (!step?.done) await body.return(undefined);
  }
}

async function released(lock: Lock): Promise<LockLostError | undefined> {
  try {
    await lock.release();
    return undefined;
  } catch (error) {
    if (error instanceof LockLostError) return error;
    return undefined;
  }
}
