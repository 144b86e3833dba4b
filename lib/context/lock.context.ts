/**
 * Which locks the running code holds: a chain of frames in the async context, innermost first. It is what makes a lock
 * re-entrant and `current()` possible, without a round trip and without a thread to hang it on. A frame names its owner,
 * so that several lock services in one process never mistake each other's locks for their own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Lease } from '../lease/lease.js';
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
  for (const handle of locksOf(owner)) {
    if (!handle.isReleased && (key === undefined || handle.leaseOf(key))) return handle;
  }
  return undefined;
}

/**
 * The lease under which the running code holds `key`. A branch that outlives the section it began in finds nothing once
 * the lease was given back or its last handle ended, and takes the key anew like anybody else.
 */
export function heldLease(owner: object, key: string): Lease | undefined {
  for (const handle of locksOf(owner)) {
    const lease = handle.leaseOf(key);
    if (lease && !lease.isReleased && lease.depth > 0) return lease;
  }
  return undefined;
}

function* locksOf(owner: object): Generator<LockHandle> {
  for (let frame = storage.getStore(); frame; frame = frame.outer) {
    if (frame.owner === owner) yield frame.handle;
  }
}
