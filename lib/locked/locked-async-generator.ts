/**
 * The lock of a method that is an async generator: held from the first `next()` until it returns, throws, or is told to
 * return. A lock that was lost meanwhile ends it at the next step (unless `onLost: 'ignore'`).
 */
import type { OnLost } from '../acquire.options.js';
import { lostBefore } from '../lock.errors.js';
import { monotonicNow } from '../lease/heartbeat.js';
import type { Lock } from '../lock.js';
import { assertOutcome, isBusy, isSkipped, outlivingKind, released } from './locked-call.js';
import type { LockedCall } from './locked-call.js';

type Generator = AsyncGenerator<unknown, unknown, unknown>;

export async function* lockAsyncGenerator(call: LockedCall): Generator {
  let lock: Lock;
  let onLost: OnLost | undefined;
  try {
    const { locks } = call;
    const { onLost: told, ...options } = call.options();
    onLost = told;
    const [keys, askedAt] = [call.keys(), monotonicNow()];
    lock = await locks.acquire(keys, options);
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
    const lost = await released(lock);
    if (lost && onLost !== 'ignore') throw lostBefore(value, lost);
    return value;
  } finally {
    // It failed, and its own error comes first; or it was told to return, and has no result that a loss could spoil.
    if (open) await released(lock);
  }
}

/** Takes every step of the body with the lock as the current one; the body would otherwise run in its caller's context. */
async function* steps(call: LockedCall, lock: Lock, ignoreLoss: boolean): Generator {
  // Lost, or given back by the method itself: the lock is no longer there to be current.
  const inside = <Result>(take: () => Result): Result => (lock.isHeld ? call.locks.run(lock, take) : take());
  const outcome = inside(() => call.body());
  // Without a turn of promises in between, in which the lease could end before the first step.
  if (outlivingKind(outcome) !== 'asyncGenerator') await assertOutcome(call, outcome, 'asyncGenerator');
  const body = outcome as Generator;
  let ended = false;
  try {
    let take = (): Promise<IteratorResult<unknown>> => body.next();
    for (;;) {
      if (!ignoreLoss && !lock.isHeld) lock.signal.throwIfAborted();
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
    // Told to return, or stopped by a loss: the body's own cleanup still has to run.
    if (!ended) await inside(() => body.return(undefined));
  }
}
