/** Leases that stand by themselves: each is renewed, lost and given back without regard to the others. */
import { describe, expect, it } from '@jest/globals';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';

const PAIR = { concurrency: 2 };

describe('a lease in a place of its own', () => {
  useFakeClock();

  it('is renewed in time, together with those that are due as well', async () => {
    withoutJitter();
    const { locks, store } = openLocks();
    const [a, b] = [await locks.acquire('key', PAIR), await locks.acquire('key', PAIR)];
    await advance(400);
    expect(store.calls.filter(({ name }) => name === 'touch').map(({ requests }) => requests.length)).toEqual([2]);
    await advance(5_000);
    expect([a.isHeld, b.isHeld]).toEqual([true, true]);
  });

  it('is renewed no more when it was given back, while the others are', async () => {
    withoutJitter();
    const { locks, store } = openLocks();
    const [a, b] = [await locks.acquire('key', PAIR), await locks.acquire('key', PAIR)];
    await a.release();
    await advance(1_000);
    expect(new Set(store.sent('touch').map(({ token }) => token))).toEqual(new Set([b.token]));
    await b.release();
    expect(await lastingTimers()).toBe(0);
  });

  it('ends at its own time', async () => {
    const { locks, heard } = openLocks({ autoRenew: false });
    const a = await locks.acquire('key', PAIR);
    await advance(500);
    const b = await locks.acquire('key', PAIR);
    await advance(488);
    expect([a.signal.aborted, b.isHeld]).toEqual([true, true]);
    await advance(500);
    expect([b.signal.aborted, heard('lost').length]).toEqual([true, 2]);
    expect(await lastingTimers()).toBe(0);
  });

  it('is what a shutdown waits for, and says so', async () => {
    const { locks, engine, warnings } = openLocks({}, 5_000);
    const a = await locks.acquire('key', PAIR);
    const closed = outcomeOf(engine.close());
    await advance(1_000);
    expect([closed.state, warnings.length, warnings[0]]).toEqual(['pending', 1, expect.stringContaining('"key"')]);
    await a.release();
    await flush();
    expect(closed.state).toBe('resolved');
  });

  it('goes from one caller to the next, who begins with a whole ttl', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ wait: 60_000 }, 0, undefined, { count: 30, time: Infinity });
    const [a] = [await locks.acquire('key', PAIR), await locks.acquire('key', PAIR)];
    const next = outcomeOf(locks.acquire('key', PAIR));
    await advance(390);
    store.calls.length = 0;
    await a.release();
    await flush();
    expect(next.state).toBe('resolved');
    expect(lockOf(next).expiresAt.getTime() - Date.now()).toBeGreaterThanOrEqual(590);
  });
});
