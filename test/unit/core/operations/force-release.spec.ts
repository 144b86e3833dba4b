/** A key that is taken away from its holder: by a token that is given back at once, so that the holder hears of it. */
import { describe, expect, it } from '@jest/globals';
import { MAX_HAND_OFFS } from '../../../../lib/core/lease/hand-off.js';
import { LockLostError } from '../../../../lib/lock.errors.js';
import { READ } from '../../../../lib/testing/contract/driver.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, unheard, unreachable } from '../../../support/fakes/fake-store.js';

describe('taking a key away', () => {
  useFakeClock();

  it('takes it from its holder and admits the next', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'stuck', 30_000);
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    expect(await locks.forceRelease('key')).toBe(true);
    await flush();
    expect(asked.state).toBe('resolved');
  });

  it('tells a holder of this process by the loss of its lock', async () => {
    const { locks, heard } = openLocks();
    const lock = await locks.acquire('key');
    await locks.forceRelease('key');
    await advance(400);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(heard('lost')).toHaveLength(1);
  });

  it.each([1, 20, MAX_HAND_OFFS])(
    'lets the next fencing token begin behind all that its holders had (%d hand-offs)',
    async (count) => {
      const { locks, rival, store } = openLocks({ wait: Infinity }, 0, new FakeStore(), { count, time: Infinity });
      let last = 0;
      const taken = Array.from({ length: count }, () => locks.acquire('key').then((lock) => lock.release()));
      const held = locks.acquire('key').then((lock) => (last = lock.fencingToken));
      await Promise.all([...taken, held]);
      expect(await locks.forceRelease('key')).toBe(true);
      await rival.acquire('key', 'next');
      expect((await store.look('key')).holders[0]!.fencingToken).toBeGreaterThan(last);
    },
  );

  it('that is free answers false', async () => {
    const { locks, store } = openLocks();
    expect(await locks.forceRelease('key')).toBe(false);
    expect(store.sent('release')).toEqual([]);
  });

  it('passes on that the store cannot be reached', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival');
    store.next('release', failing);
    await expect(locks.forceRelease('key')).rejects.toMatchObject({ message: unreachable().message });
  });

  it('leaves the key with no token of its own, though its first request was carried out without an answer', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival', 30_000);
    store.next('release', unheard);
    await expect(locks.forceRelease('key')).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'key' });
    await flush();
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('that has gone to another holder meanwhile answers false, and leaves it to that', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival', 30_000);
    store.next('release', async (call) => {
      await rival.release('key', 'rival');
      await rival.acquire('key', 'next');
      return call.carryOut();
    });
    expect(await locks.forceRelease('key')).toBe(false);
    expect((await store.look('key')).holders).toMatchObject([{ token: 'next' }]);
  });

  it('deletes what is no lock, and answers whether there was anything', async () => {
    const { locks, store } = openLocks();
    const state = { key: 'key', holders: [], waiting: [], lastFencingToken: null, foreign: true } as const;
    store.inspect = async () => [state];
    expect(await locks.forceRelease('key')).toBe(false);
    for (const wasThere of [true, false]) {
      Object.assign(store, { repair: async () => wasThere });
      expect(await locks.forceRelease('key')).toBe(wasThere);
    }
    expect(store.sent('release')).toEqual([]);
  });
});

describe('taking a key away from several holders', () => {
  useFakeClock();

  it('takes it from all of them, who hear of it by their own release at the latest', async () => {
    const { locks, store, heard } = openLocks();
    const pair = { concurrency: 2 };
    const [a, b] = [await locks.acquire('key', pair), await locks.acquire('key', pair)];
    expect(await locks.forceRelease('key')).toBe(true);
    expect((await store.look('key')).holders).toEqual([]);
    expect([await a.release(), await b.release()]).toEqual([false, false]);
    await flush();
    expect(heard('lost')).toHaveLength(2);
  });

  it('takes it from readers that share a lease, and from those of other processes', async () => {
    const { locks, store, rival } = openLocks();
    const [a, b] = [await locks.acquire('key', { mode: 'read' }), await locks.acquire('key', { mode: 'read' })];
    await rival.enter('key', READ, READ);
    expect(await locks.forceRelease('key')).toBe(true);
    expect((await store.look('key')).holders).toEqual([]);
    await advance(400);
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
  });

  it('lets in those that wait, and leaves no token of its own', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.enter('key', READ, READ, READ);
    const writer = outcomeOf(locks.acquire('key'));
    await flush();
    expect(await locks.forceRelease('key')).toBe(true);
    await flush();
    expect(writer.state).toBe('resolved');
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it.each([1, 32])(
    'lets the next fencing token begin behind all that they had (%d readers of a lease)',
    async (count) => {
      const { locks, rival, store } = openLocks();
      const readers = await Promise.all(Array.from({ length: count }, () => locks.acquire('key', { mode: 'read' })));
      await rival.enter('key', READ);
      await locks.forceRelease('key');
      const [next] = await rival.enter('key', READ);
      expect(next!.fence).toBeGreaterThan(Math.max(...readers.map(({ fencingToken }) => fencingToken)));
      expect((await store.look('key')).holders).toHaveLength(1);
    },
  );

  it('takes it from more than are taken away at a time', async () => {
    const { locks, store, rival } = openLocks();
    await rival.enter('key', ...Array.from({ length: 150 }, () => READ));
    expect(await locks.forceRelease('key')).toBe(true);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('passes on that one of them could not be taken away, and may be tried again', async () => {
    const { locks, store, rival, heard } = openLocks();
    await rival.enter('key', READ, READ);
    store.next('release', failing);
    await expect(locks.forceRelease('key')).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'key' });
    await advance(10_000);
    // The other one was taken away all the same, and that is on record.
    expect(heard('forced')).toMatchObject([{ side: 'operator' }]);
    expect(await locks.forceRelease('key')).toBe(true);
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });
});
