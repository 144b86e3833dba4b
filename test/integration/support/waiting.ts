/** Waiting for a state instead of for a time. */
import { setTimeout as pause } from 'node:timers/promises';
import { filter, firstValueFrom } from 'rxjs';
import type { KeyState, LockEvent, LockService } from 'nestjs-distributed-lock';

/** A promise that somebody else settles. */
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

/** Looks until something is so; the time limit of the test is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(5);
}

/** Looks at a key until its state is as wanted. */
export async function keyBecomes(
  locks: LockService,
  key: string,
  wanted: (state: KeyState) => boolean,
): Promise<KeyState> {
  let state: KeyState | undefined;
  await until(async () => wanted((state = await locks.inspect(key))));
  return state!;
}

/** Nobody holds the key and nobody waits for it. */
export function isFree({ holder, waiting }: KeyState): boolean {
  return holder === null && waiting.length === 0;
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
