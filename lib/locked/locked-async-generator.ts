/**
 * The lock of a method that is an async generator: held from the first `next()` until it returns, throws, or is told to
 * return. A lock that was lost meanwhile ends it at the next step (unless `onLost: 'ignore'`).
 */
import type { OnLost } from '../acquire.options.js';
import { lostBefore } from '../lock.errors.js';
import type { Lock } from '../lock.js';
import { assertOutcome, isBusy, isSkipped, outlivingKind } from './locked-call.js';
import type { LockedCall } from './locked-call.js';
import { assertLock } from './mocked-service.js';

type Generator = AsyncGenerator<unknown, unknown, unknown>;

export async function* lockAsyncGenerator(call: LockedCall): Generator {
  let lock: Lock;
  let onLost: OnLost | undefined;
  try {
    const { locks } = call;
    const { onLost: told, ...options } = call.options();
    onLost = told;
    const [keys, askedAt] = [call.keys(), performance.now()];
    lock = await locks.acquire(keys, options);
    assertLock(call, lock);
    while (!lock.isHeld) lock = await locks.acquireAgain(lock, keys, options, askedAt);
  } catch (error) {
    if (isSkipped(call, error)) return undefined;
    if (typeof call.onBusy !== 'function' || !isBusy(error)) throw error;
    return yield* call.onBusy(error) as AsyncIterable<unknown>;
  }
  let open = true;
  try {
    const value = yield* steps(call, lock, onLost === 'ignore');
    open = false;
    const lost = await call.locks.giveBack(lock);
    if (lost && onLost !== 'ignore') throw lostBefore(value, lost);
    return value;
  } finally {
    // The body failed, and its own error comes first; or it was told to return, and has no result that a
    // loss could spoil.
    if (open) await call.locks.giveBack(lock);
  }
}

/**
 * Runs every step of the body with the lock as the current one; the body would otherwise run in its caller's context.
 */
async function* steps(call: LockedCall, lock: Lock, ignoreLoss: boolean): Generator {
  // A lock that was lost, or given back by the method itself, can't be the current one.
  const inside = <Result>(take: () => Result): Result => (lock.isHeld ? call.locks.run(lock, take) : take());
  const outcome = inside(() => call.body());
  // No `await` where all is well: the lease could end during it, before the first step.
  if (outlivingKind(outcome) !== 'asyncGenerator') await assertOutcome(call, outcome, 'asyncGenerator');
  const body = outcome as Generator;
  let ended = false;
  try {
    let take = (): Promise<IteratorResult<unknown>> => body.next();
    for (;;) {
      const loss = ignoreLoss ? undefined : call.locks.lossOf(lock);
      if (loss) throw loss;
      const step = await inside(take);
      ended = step.done === true;
      if (ended) return step.value;
      try {
        const sent: unknown = yield step.value;
        take = () => body.next(sent);
      } catch (thrown) {
        take = () => body.throw(thrown);
      }
    }
  } finally {
    // The generator was told to return, or a loss stops it: the body's own cleanup still has to run.
    if (!ended) await inside(() => body.return(undefined));
  }
}
