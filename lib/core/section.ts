/**
 * A section that runs under a lock: it begins only while the lock is held, and ends before the lock is given back,
 * whatever becomes of it.
 */
import { WITH_LOCK_OPTIONS } from '../acquire.options.js';
import type { LockKeys, OnLost, WithLockOptions } from '../acquire.options.js';
import type { Lock } from '../lock.js';
import { LockOptionsError, lostBefore } from '../lock.errors.js';
import type { LockBusyError, LockTimeoutError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { acquireAgain } from './acquire-again.js';
import { runHolding } from './context/lock-context.js';
import type { LockEngine } from './engine.js';
import type { LockHandle } from './lock-handle.js';
import { checkCallOptions, checkSection, NO_OPTIONS, readOnLost } from './settings.js';

/** What `LockService.tryWithLock` answers; `acquired` tells the two apart. */
export type LockOutcome<Result> =
  | {
      /** The section ran. */
      readonly acquired: true;
      /** What it returned. */
      readonly result: Result;
    }
  | {
      /** Another caller held a key, and the section did not run. */
      readonly acquired: false;
      /** Which key it was, and when to try again. */
      readonly error: LockBusyError | LockTimeoutError;
    };

/** What is run under a lock. */
type SectionFunction<Result> = (lock: Lock) => Result | PromiseLike<Result>;

/** The arguments of `LockService.withLock` behind the keys. */
export type SectionArguments<Result> =
  [section: SectionFunction<Result>] | [options: WithLockOptions, section: SectionFunction<Result>];

/** Those arguments, checked. */
interface SectionRequest<Result> {
  readonly options: WithLockOptions;
  readonly onLost: OnLost;
  readonly section: SectionFunction<Result>;
}

/** What {@link runSection} needs. */
type SectionRun<Result> = Omit<SectionRequest<Result>, 'section'> & {
  readonly section: (lock: LockHandle) => Result | PromiseLike<Result>;
};

/** Reads the arguments of the method `of`; throws a `LockOptionsError` for what can't be run. */
export function readSection<Result>(
  of: string,
  [first, second]: Partial<SectionArguments<Result>>,
): SectionRequest<Result> {
  const isFirst = typeof first === 'function';
  if (isFirst && second !== undefined) throw new LockOptionsError(messages.optionsAfterSection(of));
  const section = isFirst ? first : second;
  const options = isFirst || first === undefined ? NO_OPTIONS : first;
  checkSection(of, section);
  checkCallOptions(options, WITH_LOCK_OPTIONS, of);
  return { options, onLost: readOnLost(options.onLost), section };
}

/** Runs a section with the locks of `owner`. Rejects with what keeps it from the lock, its own error, or the loss of the lock. */
export async function runSection<Result>(
  engine: LockEngine,
  owner: object,
  keys: LockKeys,
  { options, onLost, section }: SectionRun<Result>,
): Promise<Result> {
  const askedAt = performance.now();
  let lock = await engine.acquire(owner, keys, options);
  while (!lock.isHeld) lock = await acquireAgain(engine, lock, { owner, keys, options, askedAt });
  let result: Result;
  try {
    result = await runHolding(owner, lock, () => section(lock));
  } catch (error) {
    if (!lock.isReleased) await lock.leave();
    throw error;
  }
  const loss = lock.isReleased ? undefined : await lock.leave();
  if (loss === undefined || onLost === 'ignore') return result;
  throw lostBefore(result, loss);
}
