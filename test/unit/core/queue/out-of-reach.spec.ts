/** Callers of a store whose connection is known to be down: they wait for it no longer than they want to wait at all. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockTimeoutError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { advance, flush, lastingTimers, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { FakeStore, Gate, hanging, muted, TogetherStore } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';

/** A service whose store does not answer, and says so. */
function openAway(defaults: object = {}, store = new FakeStore()): Bench {
  const bench = openLocks(defaults, undefined, store);
  store.always('acquire', hanging).always('touch', hanging);
  if (store instanceof TogetherStore) store.always('acquireTogether', hanging);
  store.reach(false);
  return bench;
}

async function expectNothingLeft({ store }: Bench, ...keys: string[]): Promise<void> {
  store.recover();
  await advance(60_000);
  for (const key of keys) expect(await store.look(key)).toMatchObject({ holders: [], waiting: [] });
  expect(await lastingTimers()).toBe(0);
}

describe('a caller that comes while the store is out of reach', () => {
  useFakeClock();

  it('and does not want to wait is refused at once, and asks for nothing', async () => {
    const bench = openAway({ wait: 0 });
    const asked = outcomeOf(bench.locks.acquire('key'));
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect(asked.value).toMatchObject({ key: 'key', message: expect.stringContaining('connection to the lock store') });
    expect(bench.store.calls).toEqual([]);
    expect(bench.heard('failed')).toMatchObject([{ key: 'key', during: 'acquire' }]);
    await expectNothingLeft(bench, 'key');
  });

  it.each([{ mode: 'read' }, { concurrency: 3 }, { fair: true }, { lockDelay: 100 }] as const)(
    'is refused at once whatever it wants: %j',
    async (options) => {
      const bench = openAway({ wait: 0 });
      const asked = outcomeOf(bench.locks.acquire('key', options));
      await flush();
      expect(asked.value).toBeInstanceOf(LockUnavailableError);
      expect(bench.store.calls).toEqual([]);
    },
  );

  it.each([FakeStore, TogetherStore])('is refused at once for several keys (%p)', async (Store) => {
    const bench = openAway({ wait: 0 }, new Store());
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect(bench.store.calls).toEqual([]);
    await expectNothingLeft(bench, 'a', 'b');
  });

  it.each([1, 300, 999])('waits for it as long as it wants to wait: %d ms', async (wait) => {
    const bench = openAway({ wait });
    const asked = outcomeOf(bench.locks.acquire('key'));
    await advance(wait - 1);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', message: expect.stringContaining('is down') });
    await expectNothingLeft(bench, 'key');
  });

  it.each([FakeStore, TogetherStore])('waits as long for several keys (%p)', async (Store) => {
    const bench = openAway({ wait: 300 }, new Store());
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await advance(299);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    await expectNothingLeft(bench, 'a', 'b');
  });

  it('waits no longer than the store takes for a request, however long it would wait for the key', async () => {
    const bench = openAway({ wait: '1m' });
    const asked = outcomeOf(bench.locks.acquire('key'));
    await advance(bench.store.timeLimit);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
  });

  it('leaves nothing of a request that was carried out all the same', async () => {
    const bench = openAway({ wait: 300 });
    bench.store.always('acquire', muted);
    const asked = outcomeOf(bench.locks.acquire('key'));
    await advance(300);
    expect(asked.state).toBe('rejected');
    await expectNothingLeft(bench, 'key');
  });

  it('has its lock when the store is there again in time', async () => {
    const { store, locks } = openAway({ wait: 500 });
    const gate = new Gate<'acquire'>();
    store.recover();
    store.next('acquire', gate.before);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(400);
    store.reach(true);
    await advance(400);
    expect(asked.state).toBe('pending');
    gate.open();
    await flush();
    expect(lockOf(asked).isHeld).toBe(true);
  });

  it('hears that the key is taken where a caller of its own process has it', async () => {
    const { store, locks } = openLocks({ wait: 0 });
    await locks.acquire('key');
    store.reach(false);
    await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockBusyError);
  });

  it('may wait for one of its own process, and shares a lease of readers, without the store', async () => {
    const { store, locks } = openLocks({ wait: 900, ttl: '30s' });
    const [lock, reader] = [await locks.acquire('key'), await locks.acquire('read', { mode: 'read' })];
    store.always('acquire', hanging);
    store.reach(false);
    const next = outcomeOf(locks.acquire('key'));
    const other = outcomeOf(locks.acquire('read', { mode: 'read', wait: 0 }));
    await advance(800);
    void lock.release();
    await flush();
    expect([next.state, other.state, reader.isHeld]).toEqual(['resolved', 'resolved', true]);
  });
});

describe('a caller under way when the store gets out of reach', () => {
  useFakeClock();

  it('is refused at once where it does not want to wait, and leaves nothing', async () => {
    const bench = openLocks({ wait: 0 });
    bench.store.always('acquire', muted).always('release', hanging);
    const asked = outcomeOf(bench.locks.acquire('key'));
    await advance(2_000);
    expect(asked.state).toBe('pending');
    bench.store.reach(false);
    await advance(1);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', message: expect.stringContaining('is down') });
    await expectNothingLeft(bench, 'key');
  });

  it('with several keys is refused at once as well', async () => {
    const bench = openLocks({ wait: 0 }, undefined, new TogetherStore());
    bench.store.always('acquireTogether', muted);
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await advance(100);
    bench.store.reach(false);
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    await expectNothingLeft(bench, 'a', 'b');
  });

  it.each([{}, { mode: 'read' }, { concurrency: 3 }] as const)(
    'ends when its own time is over: %j',
    async (options) => {
      const bench = openLocks({ wait: 600 });
      bench.store.always('acquire', hanging);
      const asked = outcomeOf(bench.locks.acquire('key', options));
      const other = outcomeOf(bench.locks.acquire('key', { ...options, wait: 700 }));
      await advance(500);
      bench.store.reach(false);
      await advance(99);
      expect(asked.state).toBe('pending');
      await advance(1);
      expect([asked.state, other.state]).toEqual(['rejected', 'pending']);
      await advance(100);
      expect(other.value).toBeInstanceOf(LockUnavailableError);
      await expectNothingLeft(bench, 'key');
    },
  );

  it('goes on waiting where it knows that the key is taken, and gets it when the store is back', async () => {
    const { store, locks, rival } = openLocks({ wait: '1m' });
    await rival.acquire('key', 'rival', 60_000);
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    store.always('touch', hanging);
    store.reach(false);
    await advance(2_500);
    expect(asked.state).toBe('pending');
    store.recover();
    store.reach(true);
    await rival.release('key', 'rival');
    await advance(1_000);
    expect(asked.state).toBe('resolved');
  });

  it('is told at the end of such a wait that nothing is known of the key, and not that it was taken', async () => {
    const { store, locks, rival } = openLocks({ wait: 900 });
    await rival.acquire('key', 'rival', 60_000);
    const [asked, before] = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key', { wait: 100 }))];
    await advance(100);
    expect(before.value).toBeInstanceOf(LockTimeoutError);
    store.reach(false);
    await advance(800);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
  });

  it('has as much time as ever for an answer once the store is back', async () => {
    const { store, locks } = openLocks({ wait: 600 });
    store.always('acquire', hanging);
    store.reach(false);
    store.reach(true);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(999);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toMatchObject({ message: expect.stringContaining('did not answer') });
  });
});
