/** Waiting for a state instead of for a time; the time limits only turn an endless wait into a failure. */
import { setTimeout as pause } from 'node:timers/promises';
import { filter, firstValueFrom } from 'rxjs';
import type { KeyState, LockEvent, LockService } from 'nestjs-distributed-lock';

const LIMIT_MS = 20_000;

/** A promise that is settled from outside. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Looks until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, limit = LIMIT_MS): Promise<void> {
  const end = performance.now() + limit;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`still not so after ${limit} ms: ${isSo.toString()}`);
    await pause(5);
  }
}

/** Looks at a key until its state is as wanted. */
export async function keyBecomes(
  locks: { inspect(key: string, options?: { ask: boolean }): Promise<KeyState> },
  key: string,
  wanted: (state: KeyState) => boolean,
  limit?: number,
): Promise<KeyState> {
  let state: KeyState | undefined;
  await until(async () => wanted((state = await locks.inspect(key, { ask: false }))), limit);
  return state!;
}

/** The key has no holder and no waiter. */
export function isFree({ holders, waiting }: KeyState): boolean {
  return holders.length === 0 && waiting.length === 0;
}

/** Resolves with the next event of a type; to be called before what causes it. */
export function nextEvent<Type extends LockEvent['type']>(
  locks: LockService,
  type: Type,
): Promise<Extract<LockEvent, { type: Type }>> {
  const isWanted = (event: LockEvent): event is Extract<LockEvent, { type: Type }> => event.type === type;
  return firstValueFrom(locks.events$.pipe(filter(isWanted)));
}

/** What a promise rejected with. */
export async function rejection<E = Error>(promise: Promise<unknown>): Promise<E> {
  const outcome = await promise.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error as E;
  throw new Error(`resolved with ${String(outcome.value)} instead of rejecting`);
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

/** Monotonic milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
