/**
 * Automocks in the place of the lock service. They answer every call with nothing, or with another mock, and run nothing: a
 * test of a locked method would pass without its body. So an answer that no lock service gives is an error.
 */
import { LockOptionsError } from '../lock.errors.js';
import type { Lock } from '../lock.js';
import { messages } from '../lock.messages.js';
import type { LockedCall } from './locked-call.js';

/** Of a service that has answered without running the method. */
export function mockedService({ method }: LockedCall): LockOptionsError {
  return new LockOptionsError(messages.mockedService(method));
}

/** Checks that `acquire` has answered with a lock. */
export function assertLock(call: LockedCall, lock: Lock): void {
  // A mock may answer any property with a function.
  if (typeof (lock as Lock | null | undefined)?.isHeld !== 'boolean') throw mockedService(call);
}
