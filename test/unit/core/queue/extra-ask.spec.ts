/** A permit that is asked for beside the place in the queue: whatever is answered, and whenever, nothing of it is left. */
import { describe, expect, it } from '@jest/globals';
import { EXCLUSIVE } from '../../../../lib/testing/contract/driver.js';
import { advance, flush, lastingTimers, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, muted, saying, unheard } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';

const PAIR = { concurrency: 2 };

/** Two callers, of whom the second asks for itself, with a request that meets with something. */
function two(options: object = PAIR, ttl = 1_000) {
  const bench = openLocks({ wait: 60_000, ttl });
  const { store, locks } = bench;
  store.next('acquire', (call) => call.carryOut());
  const ask = () => [outcomeOf(locks.acquire('key', options)), outcomeOf(locks.acquire('key', options))] as const;
  return { ...bench, ask };
}

describe('a permit that is asked for beside another', () => {
  useFakeClock();

  it('does not want to wait', () => {
    const { ask, store } = two();
    ask();
    expect(store.sent('acquire').map(({ wait }) => wait)).toEqual([true, false]);
  });

  it('asks for the margin as well', () => {
    const { ask, store } = two({ ...PAIR, lockDelay: 5_000 });
    ask();
    expect(store.sent('acquire').map(({ ttl }) => ttl)).toEqual([6_000, 6_000]);
  });

  it.each([
    ['refused', failing],
    ['carried out without an answer', unheard],
    ['never answered', hanging],
    ['carried out, and never answered', muted],
    ['answered oddly', saying<'acquire'>({ state: 'gone' })],
    ['answered by what is not known', saying<'acquire'>({ state: 'unknown', error: new Error('Nobody knows.') })],
  ])('and is %s lets its caller wait for the other, and leaves nothing', async (_, behaviour) => {
    const { ask, store } = two(PAIR, 60_000);
    store.next('acquire', behaviour);
    const both = ask();
    await advance(5_000);
    await flush();
    expect(both.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
    expect((await store.look('key')).holders).toHaveLength(2);
    await Promise.all(both.map((each) => lockOf(each).release()));
    await advance(90_000);
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
    expect(await lastingTimers()).toBe(0);
  });

  it('and is granted so late that nothing is left of the lease is given back', async () => {
    const { ask, store } = two();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const both = ask();
    await advance(1_500);
    gate.open();
    await flush();
    expect(both.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
    expect(new Set((await store.look('key')).holders.map(({ token }) => token)).size).toBe(2);
    await Promise.all(both.map((each) => lockOf(each).release()));
    await flush();
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('and is granted when no caller waits any more goes back at once', async () => {
    const { ask, store, rival } = two();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.before);
    const both = ask();
    await flush();
    // The first hands its permit on.
    await lockOf(both[0]).release();
    await flush();
    expect(both[1].state).toBe('resolved');
    gate.open();
    await flush();
    expect((await store.look('key')).holders).toHaveLength(1);
    await lockOf(both[1]).release();
    await flush();
    expect(await rival.acquire('key', 'rival', 1_000, EXCLUSIVE)).toMatchObject({ state: 'held' });
  });
});
