/**
 * Time as tests want it: it stands still until a test moves it. Timers and the monotonic clock move together, except
 * in {@link blockEventLoop}, where the clock goes on and no timer runs.
 */
import { afterEach, beforeEach, jest } from '@jest/globals';

/** Gives every test of the enclosing file a clock that begins at zero. */
export function useFakeClock(): void {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });
}

/** Lets time pass: runs what becomes due, and everything that waits for it. */
export async function advance(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
}

/** Lets everything run that waits for nothing but its turn. */
export function flush(): Promise<void> {
  return advance(0);
}

const soon = setImmediate;

/** Lets so many turns of the event loop go by, in no time of the clock. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => soon(resolve));
}

/** As if code had kept the event loop busy: time has passed, and no timer has run. */
export function blockEventLoop(milliseconds: number): void {
  const { now: clock } = performance;
  // What it was blocked for before counts on.
  const now = jest.isMockFunction(clock) ? (clock.getMockImplementation() as () => number) : clock.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + milliseconds);
}

/** Renewals come exactly after a third of the ttl. */
export function withoutJitter(): void {
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
}

/** How many timers are set when the last that is there for nothing has rung. */
export async function lastingTimers(): Promise<number> {
  await advance(1_000);
  return jest.getTimerCount();
}
