/** Locks that go from one caller to the next of the same process: without a request, but not for ever. */
import { describe, expect, it } from '@jest/globals';
import type { LockDefaults } from '../../../../lib/acquire.options.js';
import type { HandOffBudget } from '../../../../lib/core/lease/hand-off.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { FakeStore, Gate } from '../../../support/fakes/fake-store.js';

const ENDLESS: HandOffBudget = { count: 1_000, time: Infinity };

/** Somebody of ours holds the key, and others of ours wait, each with options of its own. */
async function held(waiters: readonly LockDefaults[], budget = ENDLESS, defaults: LockDefaults = {}) {
  const bench = openLocks({ wait: Infinity, ...defaults }, 10_000, new FakeStore(), budget);
  const lock = await bench.locks.acquire('key');
  const controllers = waiters.map(() => new AbortController());
  const asked = waiters.map((options, i) =>
    outcomeOf(bench.locks.acquire('key', { ...options, signal: controllers[i]!.signal })),
  );
  await flush();
  return { ...bench, lock, asked, controllers };
}

describe('a lock that is handed on inside the process', () => {
  useFakeClock();

  it('needs no request: not to wait, not to release, not to begin', async () => {
    const { store, lock, asked } = await held([{}, {}]);
    await lock.release();
    await lockOf(asked[0]!).release();
    expect(asked.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
    expect(store.calls).toHaveLength(1);
  });

  it('has the token of the lease, a fencing token of its own, and a signal of its own', async () => {
    const { lock, asked, store } = await held([{}]);
    const { signal } = lock;
    await lock.release();
    const next = lockOf(asked[0]!);
    expect([next.token, next.fencingToken]).toEqual([lock.token, lock.fencingToken + 1]);
    expect([lock.isHeld, next.isHeld, next.signal === signal]).toEqual([false, true, false]);
    expect((await store.look('key')).holders[0]).toMatchObject({ token: lock.token });
  });

  it('has a fencing token greater than all before, and the next from the store one greater still', async () => {
    const { lock, asked, store, rival } = await held(Array.from({ length: 20 }, () => ({})));
    const fences = [lock.fencingToken];
    await lock.release();
    for (const each of asked) {
      fences.push(lockOf(each).fencingToken);
      await lockOf(each).release();
    }
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    expect(store.sent('release')).toMatchObject([{ token: lock.token, fencingToken: fences.at(-1) }]);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
    expect((await store.look('key')).holders[0]!.fencingToken).toBeGreaterThan(fences.at(-1)!);
  });

  it('goes to those who came first', async () => {
    const { locks } = openLocks({ wait: Infinity });
    const order: number[] = [];
    await Promise.all(Array.from({ length: 10 }, (_, i) => locks.withLock('key', () => order.push(i))));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('tells each holder’s events with its own fencing token', async () => {
    const { lock, asked, heard } = await held([{}]);
    await lock.release();
    await lockOf(asked[0]!).release();
    const fences = [lock.fencingToken, lock.fencingToken + 1];
    for (const type of ['acquired', 'released'] as const) {
      expect(heard(type).map(({ fencingToken }) => fencingToken)).toEqual(fences);
    }
  });

  it('is not given to who has left, nor does anything stay behind of him', async () => {
    const { store, lock, asked, controllers } = await held([{}, {}]);
    controllers[0]!.abort();
    await lock.release();
    await flush();
    expect(asked.map(({ state }) => state)).toEqual(['rejected', 'resolved']);
    controllers[1]!.abort();
    await lockOf(asked[1]!).release();
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'release']);
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('is a plain release once nobody waits any more', async () => {
    const { store, lock, controllers } = await held([{}]);
    controllers[0]!.abort();
    await lock.release();
    expect(store.sent('release')).toEqual([{ key: 'key', token: lock.token }]);
  });
});

describe('the budget of hand-offs', () => {
  useFakeClock();

  it('ends after so many, and the rest takes its place behind other processes', async () => {
    const { store, lock, asked, rival } = await held([{}, {}, {}, {}], { count: 2, time: Infinity });
    await rival.join('key', 'rival');
    await lock.release();
    await lockOf(asked[0]!).release();
    await lockOf(asked[1]!).release();
    await flush();
    expect(asked.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'pending', 'pending']);
    const { successor, ...request } = store.sent('release')[0]!;
    expect(request).toMatchObject({ token: lock.token, fencingToken: lock.fencingToken + 2 });
    expect(await store.look('key')).toMatchObject({ holders: [{ token: 'rival' }], waiting: [successor!.token] });
    await rival.release('key', 'rival');
    await flush();
    expect(lockOf(asked[2]!).token).toBe(successor!.token);
    expect(lockOf(asked[2]!).fencingToken).toBeGreaterThan(lock.fencingToken + 2);
  });

  it('begins anew with each lease', async () => {
    const { store, lock, asked } = await held([{}, {}, {}], { count: 1, time: Infinity });
    await lock.release();
    for (const each of asked) {
      await flush();
      await lockOf(each).release();
    }
    expect(store.sent('release')).toHaveLength(2);
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it.each([
    [49, 0],
    [50, 1],
  ])('ends a while after the grant (%d ms)', async (passed, requests) => {
    const { store, lock, asked } = await held([{}], { count: 1_000, time: 50 });
    await advance(passed);
    await lock.release();
    await flush();
    expect(asked[0]!.state).toBe('resolved');
    expect(store.sent('release')).toHaveLength(requests);
  });

  it('is none for who wants the order of the store: each asks for himself', async () => {
    const { store, lock, asked } = await held([{ fair: true }, { fair: true }], ENDLESS, { fair: true });
    const { waiting } = await store.look('key');
    expect(waiting).toHaveLength(2);
    await lock.release();
    await flush();
    expect(asked.map(({ state }) => state)).toEqual(['resolved', 'pending']);
    expect(lockOf(asked[0]!).token).toBe(waiting[0]);
    expect(store.sent('release')).toEqual([{ key: 'key', token: lock.token }]);
  });
});

describe('a lease that is not as the next holder wants it', () => {
  useFakeClock();

  it.each<readonly [string, LockDefaults, number, number]>([
    ['has the ttl he asks for', {}, 380, 0],
    ['would surely be renewed by now', {}, 400, 1],
    ['would lock the key too long', { ttl: 500 }, 0, 1],
    ['would end too early', { ttl: 5_000 }, 0, 1],
    ['is long enough without renewal', { autoRenew: false }, 20, 0],
    ['is not long enough without renewal', { autoRenew: false }, 100, 1],
  ])('is asked for before he begins, unless it will do: it %s', async (_, options, passed, touches) => {
    const { store, lock, asked } = await held([{ autoRenew: true, ...options }], ENDLESS, { autoRenew: false });
    await advance(passed);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await lock.release();
    await flush();
    expect(store.sent('touch')).toHaveLength(touches);
    if (touches === 0) return expect(asked[0]!.state).toBe('resolved');
    expect(asked[0]!.state).toBe('pending');
    gate.open();
    await flush();
    const next = lockOf(asked[0]!);
    const ttl = (options.ttl as number | undefined) ?? 1_000;
    expect(next.ttl).toBe(ttl);
    expect(next.expiresAt.getTime() - Date.now()).toBe(ttl - (ttl * 0.01 + 2));
    expect((await store.look('key')).holders[0]).toMatchObject({ token: lock.token, expiresIn: ttl });
  });

  it('is asked for again when he leaves meanwhile, as the one behind him wants it', async () => {
    const { store, lock, asked, controllers } = await held([{ ttl: 500 }, { ttl: 5_000 }]);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await lock.release();
    controllers[0]!.abort();
    gate.open();
    await flush();
    expect(store.sent('touch').map(({ ttl }) => ttl)).toEqual([500, 5_000]);
    expect(asked.map(({ state }) => state)).toEqual(['rejected', 'resolved']);
    expect(lockOf(asked[1]!).ttl).toBe(5_000);
  });

  it('is given back when he leaves meanwhile and was the last', async () => {
    const { store, lock, controllers } = await held([{ ttl: 500 }]);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await lock.release();
    controllers[0]!.abort();
    await flush();
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
    gate.open();
    await flush();
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });
});
