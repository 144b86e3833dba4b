/** How long a store may take: what it carries out later is found by the next request of its caller. */
import { LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';

/** Rejects with a `LockUnavailableError` when the time is over, in milliseconds. */
export function within<Outcome>(timeLimit: number, outcome: Promise<Outcome>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const tooLate = (): void => reject(new LockUnavailableError(messages.storeSilent(timeLimit)));
    const timer = setTimeout(tooLate, timeLimit);
    timer.unref?.();
    outcome.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
