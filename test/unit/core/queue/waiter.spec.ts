/** One caller that wants a key: how long it waits, and how it hears the outcome. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockTimeoutError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { Gate, hanging } from '../../../support/fakes/fake-store.js';

/** A key that another process holds for longer than any of these waits. */
async function taken() {
  const bench = openLocks({ ttl: '30s' });
  await bench.rival.acquire('key', 'rival', 600_000);
  return bench;
}

describe('a waiter', () => {
  useFakeClock();

  it('has time until its wait is over, counted from when it asked', async () => {
    const { locks } = await taken();
    await advance(200);
    const [asked, endless] = [1_300, Infinity].map((wait) => outcomeOf(locks.acquire('key', { wait })));
    await advance(1_299);
    expect(asked!.state).toBe('pending');
    await advance(1);
    expect(asked!.value).toBeInstanceOf(LockTimeoutError);
    await advance(300_000);
    expect(endless!.state).toBe('pending');
  });

  it.each([
    [100, 1_000],
    [5_000, 5_000],
  ])('gives a server that has not answered yet a second, however short its wait (%d ms)', async (wait, time) => {
    const { locks, store } = openLocks({ ttl: '30s' });
    store.timeLimit = Infinity;
    store.always('acquire', hanging);
    const asked = outcomeOf(locks.acquire('key', { wait }));
    await advance(time - 1);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
  });

  it('whose wait was over when the server answered waits no longer', async () => {
    const { locks, store } = await taken();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('key', { wait: 100 }));
    await advance(500);
    expect(asked.state).toBe('pending');
    gate.open();
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockTimeoutError);
  });

  it('that does not want to wait leaves it to the store how long one try takes', async () => {
    const { locks, store } = await taken();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('key', { wait: 0 }));
    await advance(store.timeLimit - 1);
    expect(asked.state).toBe('pending');
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockBusyError);
  });

  it('leaves with the reason of its signal, whatever that is', async () => {
    const { locks } = await taken();
    for (const reason of [new Error('no longer needed'), 'enough', null]) {
      const controller = new AbortController();
      const asked = outcomeOf(locks.acquire('key', { signal: controller.signal }));
      await flush();
      controller.abort(reason);
      await flush();
      expect(asked).toEqual({ state: 'rejected', value: reason });
    }
  });

  it.each(['granted', 'cancelled', 'out of time', 'lost in the store'])(
    'listens to its signal no longer after it was told (%s)',
    async (outcome) => {
      const { locks, store, rival } = await taken();
      const controller = new AbortController();
      if (outcome === 'lost in the store') store.next('acquire', new Gate<'acquire'>().before);
      const asked = outcomeOf(locks.acquire('key', { signal: controller.signal, wait: 2_000 }));
      await advance(1_999);
      expect([asked.state, getEventListeners(controller.signal, 'abort').length]).toEqual(['pending', 1]);
      if (outcome === 'granted') await rival.release('key', 'rival');
      if (outcome === 'cancelled') controller.abort();
      await advance(1);
      expect(asked.state).not.toBe('pending');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  it('may share its signal with any number of others, who all leave with it', async () => {
    const { locks } = await taken();
    const controller = new AbortController();
    const all = Array.from({ length: 50 }, () => outcomeOf(locks.acquire('key', { signal: controller.signal })));
    await flush();
    controller.abort('enough');
    await flush();
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['enough']));
  });
});
