/**
 * Thousands of locks that succeed, fail, wait, and are cancelled or lost: no timer, listener, place or lease is left.
 * Jest fails a test of which a rejection goes unhandled.
 */
import { getEventListeners, setMaxListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { remembered as rememberedBy } from '../../support/remembered.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { advance, flush, useFakeClock, lastingTimers } from '../../support/fakes/fake-clock.js';
import { failing, hanging, muted, unheard } from '../../support/fakes/fake-store.js';

const CYCLES = 2_000;

const remembered = (engine: unknown): number => rememberedBy(engine, ['store', 'events', 'outside', 'timer', 'budget']);

/** Runs a scenario of which nothing may be left. */
async function expectNothingLeftOf(bench: Bench, scenario: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  await scenario(signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(await lastingTimers()).toBe(0);
  expect(remembered(bench.engine)).toBe(0);
  expect(await bench.store.look('key')).toMatchObject({ holders: [], waiting: [] });
}

describe('nothing is left behind', () => {
  useFakeClock();

  it('while locks are held something is, so that these tests can see it', async () => {
    const { engine, locks, rival } = openLocks();
    await rival.acquire('key', 'rival');
    await locks.acquire('other');
    outcomeOf(locks.acquire('key'));
    await flush();
    // Two queues by their keys, which are due some time; and in one of them a waiter, whose lease is pending.
    expect(remembered(engine)).toBe(5);
    expect(jest.getTimerCount()).toBe(1);
  });

  it('of sections that ran', async () => {
    const bench = openLocks();
    await expectNothingLeftOf(bench, async (signal) => {
      for (let i = 0; i < CYCLES; i++) await bench.locks.withLock('key', { signal }, (lock) => lock.signal.aborted);
    });
  });

  it('of sections that entered again, and over several keys', async () => {
    const bench = openLocks();
    await expectNothingLeftOf(bench, async (signal) => {
      for (let i = 0; i < CYCLES / 4; i++) {
        await bench.locks.withLock(['other', 'key'], { signal }, () =>
          bench.locks.withLock('key', { signal }, (lock) => lock.signal.aborted),
        );
      }
    });
  });

  it('of many that waited for one key', async () => {
    const bench = openLocks({ wait: Infinity });
    await expectNothingLeftOf(bench, async (signal) => {
      await Promise.all(Array.from({ length: 200 }, () => bench.locks.withLock('key', { signal }, () => undefined)));
    });
  });

  it('of calls that found the key busy', async () => {
    const bench = openLocks({ wait: 0 });
    await bench.rival.acquire('key', 'rival');
    await expectNothingLeftOf(bench, async (signal) => {
      for (let i = 0; i < CYCLES; i++) await bench.locks.tryAcquire('key', { signal });
      await bench.rival.release('key', 'rival');
    });
  });

  it('of waits that were cancelled or timed out', async () => {
    const bench = openLocks({ wait: 100 });
    await bench.rival.acquire('key', 'rival', 600_000);
    await expectNothingLeftOf(bench, async (signal) => {
      for (let i = 0; i < CYCLES / 10; i++) {
        const controller = new AbortController();
        outcomeOf(bench.locks.acquire('key', { signal }));
        outcomeOf(bench.locks.acquire('key', { signal: controller.signal }));
        await advance(50);
        controller.abort();
        await advance(50);
      }
      await bench.rival.release('key', 'rival');
    });
  });

  it('of locks that were lost', async () => {
    const bench = openLocks({ ttl: 100, autoRenew: false });
    await expectNothingLeftOf(bench, async (signal) => {
      for (let i = 0; i < CYCLES / 10; i++) {
        const lock = await bench.locks.acquire('key', { signal });
        await advance(100);
        expect(lock.signal.aborted).toBe(true);
        await lock.release().catch(() => undefined);
      }
    });
  });

  it.each([
    ['refused', failing],
    ['never answered', hanging],
    ['carried out but not answered', unheard],
    ['carried out but answered too late', muted],
  ])('of requests that were %s', async (_, trouble) => {
    const bench = openLocks({ ttl: 1_000, wait: 3_000 });
    const { locks, store, rival } = bench;
    await expectNothingLeftOf(bench, async (signal) => {
      for (let i = 0; i < 50; i++) {
        for (const name of ['acquire', 'touch', 'release'] as const) {
          const outcome = outcomeOf(locks.withLock('key', { signal }, (lock) => forgiving(lock.renew())));
          store.next(name, trouble);
          await advance(10_000);
          expect(outcome.state).not.toBe('pending');
        }
        await rival.acquire('key', 'rival', 2_000);
        outcomeOf(locks.acquire('key', { signal }).then((lock) => lock.release()));
        store.next('touch', trouble).next('release', trouble);
        await advance(10_000);
      }
      // What brought no answer may come to life yet, for as long as a lease lasts.
      await advance(10_000);
    });
  });
});

/** Lets a section outlive the failure of what it asked for. */
function forgiving(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch(() => undefined);
}
