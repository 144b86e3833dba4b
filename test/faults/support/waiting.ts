/** Waiting for a state instead of for a time; the time limits only turn an endless wait into a failure. */
import { setTimeout as pause } from 'node:timers/promises';
import type { KeyState, LockService } from 'nestjs-distributed-lock';

export { deferred, isFree, nextEvent, rejection } from '../../integration/support/waiting.js';
export type { Deferred } from '../../integration/support/waiting.js';

/** Looks until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, limit = 10_000): Promise<void> {
  const end = performance.now() + limit;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`still not so after ${limit} ms: ${isSo.toString()}`);
    await pause(5);
  }
}

/** Looks at a key until its state is as wanted. */
export async function keyBecomes(
  locks: LockService,
  key: string,
  wanted: (state: KeyState) => boolean,
  limit?: number,
): Promise<KeyState> {
  let state: KeyState | undefined;
  await until(async () => wanted((state = await locks.inspect(key))), limit);
  return state!;
}

/** What a promise resolves with, provided that it settles within `limit` milliseconds. */
export async function within<T>(limit: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled within ${limit} ms`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Resolves when a signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
