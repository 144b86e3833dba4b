/**
 * Which locks the running code holds: a chain of frames in the async context, innermost first. It is what makes a lock
 * re-entrant and `current()` possible, without a round trip and without a thread to hang it on. A frame names its owner,
 * so that several lock services in one process never mistake each other's locks for their own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Hold } from '../lease/hold.js';
import type { LockHandle } from '../lease/lock-handle.js';

interface Frame {
  readonly owner: object;
  readonly handle: LockHandle;
  readonly outer: Frame | undefined;
}

const storage = new AsyncLocalStorage<Frame>();

/** Runs `section` with a lock as the current one. */
export function runHolding<Result>(owner: object, handle: LockHandle, section: () => Result): Result {
  return storage.run({ owner, handle, outer: storage.getStore() }, section);
}

/** The innermost lock of `owner` that was not given back yet; of one key, when it is named. */
export function currentLock(owner: object, key?: string): LockHandle | undefined {
  for (let frame = storage.getStore(); frame; frame = frame.outer) {
    const { handle } = frame;
    if (frame.owner !== owner || handle.isReleased) continue;
    if (key === undefined || handle.holdOf(key)) return handle;
  }
  return undefined;
}

/**
 * How the running code holds `key`. A branch that outlives the section it began in finds nothing once the key was given
 * back or its last handle ended, and takes the key anew like anybody else.
 */
export function heldAs(owner: object, key: string): Hold | undefined {
  for (let frame = storage.getStore(); frame; frame = frame.outer) {
    const hold = frame.owner === owner ? frame.handle.holdOf(key) : undefined;
    if (hold && !hold.isReleased && hold.depth > 0) return hold;
  }
  return undefined;
}
