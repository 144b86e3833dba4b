/** What a shutdown says of the locks that it waits for. */
import { describe, expect, it, jest } from '@jest/globals';
import { advance, flush, lastingTimers, useFakeClock } from '../../support/fakes/fake-clock.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';

describe('a shutdown that waits for locks', () => {
  useFakeClock();

  it('says once, after a second, what it waits for: how many locks, the oldest keys, since when, and until when', async () => {
    jest.setSystemTime(0);
    const { locks, engine, warnings } = openLocks({}, 10_000);
    const keys = ['a\n', 'b', 'c', 'd'];
    for (const key of keys) {
      await locks.acquire(key);
      await advance(1_000);
    }
    const closed = outcomeOf(engine.close());
    await advance(999);
    expect(warnings).toEqual([]);
    await advance(1);
    expect(warnings).toEqual([
      'The shutdown waits for 4 locks that are still held: "a\\n" since 1970-01-01T00:00:00.000Z, ' +
        '"b" since 1970-01-01T00:00:01.000Z, "c" since 1970-01-01T00:00:02.000Z, …. What is held at ' +
        '1970-01-01T00:00:14.000Z is taken away (`shutdownGrace`). A lock from acquire() has to be released.',
    ]);
    await advance(9_000);
    expect([closed.state, warnings.length]).toEqual(['resolved', 1]);
  });

  it('says nothing where the locks are released within a second, or the grace is no longer than that', async () => {
    for (const [grace, heldFor] of [
      [10_000, 999],
      [1_000, 2_000],
    ] as const) {
      const { locks, engine, warnings } = openLocks({}, grace);
      const lock = await locks.acquire('key');
      const closed = outcomeOf(engine.close());
      await advance(heldFor);
      await lock.release();
      await flush();
      expect([closed.state, warnings]).toEqual(['resolved', []]);
      expect(await lastingTimers()).toBe(0);
    }
  });

  it('closes although the log fails', async () => {
    const { locks, engine, warnings } = openLocks({}, 2_000);
    jest.spyOn(warnings as string[], 'push').mockImplementation(() => {
      throw new Error('a bug in a logger');
    });
    await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    await advance(2_000);
    expect(closed.state).toBe('resolved');
  });
});
