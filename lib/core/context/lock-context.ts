/**
 * Which locks the running code holds: a chain of frames in the async context, innermost first. It is what makes a lock
 * re-entrant and `current()` possible, without a round trip and without a thread to hang it on. A frame names its
 * owner, so that several lock services in one process never mistake each other's locks for their own.
 *
 * What a section sets going (a timer, the next run of a job) retains its frame, so frames outlive their sections. A
 * chain must not grow from run to run: a new frame is linked to nothing that is over, and a frame that is found to be
 * over is dropped.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** A lock as the context sees it. */
interface ContextLock {
  /** Every key of it. */
  readonly keys: readonly string[];
  /** Whether it was given back. */
  readonly isReleased: boolean;
  /** Whether it was given back, and no other lock shares one of its keys. */
  readonly isOver: boolean;
  /** The holder of one of its keys; `depth`: how many handles still share it. */
  holderOf(key: string): { readonly depth: number } | undefined;
  /** Runs a section as those want it that trace the lock; undefined while nobody does. */
  readonly run?: <Result>(section: () => Result) => Result;
  /** Whether this lock can stand in for another, which is not needed in the chain then. */
  covers(other: this): boolean;
}

interface Frame {
  readonly owner: object;
  readonly handle: ContextLock;
  outer: Frame | undefined;
}

const storage = new AsyncLocalStorage<Frame | undefined>();

/** Runs `section` with a lock as the current one. */
export function runHolding<Result>(owner: object, handle: ContextLock, section: () => Result): Result {
  const frame = { owner, handle, outer: beyond(innermost(), owner, handle) };
  const { run } = handle;
  return run ? storage.run(frame, () => run(section)) : storage.run(frame, section);
}

/** Runs `section` as if nothing were held. Other async contexts than that of locks stay as they are. */
export function runHoldingNothing<Result>(section: () => Result): Result {
  // Its first use makes every promise of the process a little slower, so it is not used for nothing.
  return storage.getStore() ? storage.run(undefined, section) : section();
}

/**
 * The innermost lock of `owner` that was not given back yet; of one key, when it is named. An owner runs sections with
 * locks of one class only, so that is what it gets.
 */
export function currentLock<Lock extends ContextLock>(owner: object, key?: string): Lock | undefined {
  for (let frame = innermost(); frame; frame = outwards(frame)) {
    const { handle } = frame;
    if (frame.owner !== owner || handle.isReleased) continue;
    if (key === undefined || handle.holderOf(key)) return handle as Lock;
  }
  return undefined;
}

/**
 * The handle by which the running code holds `key`. A branch that outlives the section it began in finds nothing once
 * the key was given back or its last handle ended; it takes the key anew, like any other caller.
 */
export function holderOf<Lock extends ContextLock>(owner: object, key: string): Lock | undefined {
  for (let frame = innermost(); frame; frame = outwards(frame)) {
    const holder = frame.owner === owner ? frame.handle.holderOf(key) : undefined;
    if (holder && holder.depth > 0) return frame.handle as Lock;
  }
  return undefined;
}

/** Whether the running code holds anything at all, of whichever owner. */
export function isHolding(): boolean {
  return innermost() !== undefined;
}

/** The keys that the running code holds with locks of `owner`, innermost first. */
export function heldKeys(owner: object): readonly string[] {
  const keys = new Set<string>();
  for (let frame = innermost(); frame; frame = outwards(frame)) {
    const { handle } = frame;
    if (frame.owner !== owner) continue;
    for (const key of handle.keys) if (handle.holderOf(key)!.depth > 0) keys.add(key);
  }
  return [...keys];
}

function innermost(): Frame | undefined {
  const frame = storage.getStore();
  return frame?.handle.isOver ? outwards(frame) : frame;
}

/** The next frame outwards that is not over; those that are get dropped. */
function outwards(frame: Frame): Frame | undefined {
  while (frame.outer?.handle.isOver) frame.outer = frame.outer.outer;
  return frame.outer;
}

/** The chain from `frame` on, without what a new frame for `handle` makes superfluous. */
function beyond(frame: Frame | undefined, owner: object, handle: ContextLock): Frame | undefined {
  if (!frame) return undefined;
  const outer = beyond(outwards(frame), owner, handle);
  if (frame.owner === owner && handle.covers(frame.handle)) return outer;
  // Other branches may see the frame without the new one in front, so it stays as it is.
  return outer === frame.outer ? frame : { ...frame, outer };
}
