/** `lockDelay` and `minHold`: the store keeps a lease for longer than its holder believes in it. */
import { describe, expect, it } from '@jest/globals';
import { marginOf } from '../../../../lib/core/lease/margin.js';
import { EXCLUSIVE } from '../../../../lib/testing/contract/driver.js';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate, hanging } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';

/** For how many milliseconds the store keeps the key from now on; 0 when it is free. */
const keptFor = async ({ store }: Bench): Promise<number> => (await store.look('key')).holders[0]?.expiresIn ?? 0;

describe('the margin of a lease', () => {
  it.each([
    ['none', 0, 0, 0, 0],
    ['the delay', 5_000, 0, 700, 5_000],
    ['what the least hold goes beyond the lease', 0, 30_000, 0, 29_000],
    ['less of that as time passes', 0, 30_000, 10_000, 19_000],
    ['none when that is over', 0, 30_000, 40_000, 0],
    ['the greater of both', 5_000, 30_000, 27_000, 5_000],
    ['in whole milliseconds', 0, 30_000, 0.5, 29_000],
  ])('is %s', (_, lockDelay, minHold, heldFor, margin) => {
    expect(marginOf({ lockDelay, minHold }, 1_000, heldFor)).toBe(margin);
  });
});

describe('a lock with a delay', () => {
  useFakeClock();

  it('is kept by the store for so much longer than its holder believes', async () => {
    withoutJitter();
    const bench = openLocks();
    const lock = await bench.locks.acquire('key', { lockDelay: '5s' });
    expect([await keptFor(bench), lock.ttl]).toEqual([6_000, 1_000]);
    expect(lock.expiresAt.getTime() - Date.now()).toBe(988);
    await advance(333);
    expect(await keptFor(bench)).toBe(6_000);
    await lock.renew(2_000);
    expect([await keptFor(bench), lock.ttl]).toEqual([7_000, 2_000]);
  });

  it('that is given back is free at once', async () => {
    const bench = openLocks();
    await (await bench.locks.acquire('key', { lockDelay: '5s' })).release();
    expect(await bench.rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it('that nothing renews any more keeps others out until the delay is over, too', async () => {
    const { locks, store, rival } = openLocks();
    const lock = await locks.acquire('key', { lockDelay: '5s', autoRenew: false });
    // The process dies.
    store.always('release', hanging).always('touch', hanging);
    await advance(5_999);
    expect(lock.isHeld).toBe(false);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'busy' });
    await advance(1);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it('may be the default of a module', async () => {
    const bench = openLocks({ lockDelay: 5_000 });
    await bench.locks.acquire('key');
    expect(await keptFor(bench)).toBe(6_000);
  });

  it('does not begin on a message, as the store keeps no margin of what it has only told of', async () => {
    const bench = openLocks({ wait: 60_000, lockDelay: 5_000 });
    const { locks, store, rival } = bench;
    await rival.acquire('key', 'rival');
    const next = outcomeOf(locks.acquire('key'));
    await flush();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await rival.release('key', 'rival');
    await flush();
    expect([next.state, gate.isTaken]).toEqual(['pending', true]);
    gate.open();
    await flush();
    expect([next.state, await keptFor(bench)]).toEqual(['resolved', 6_000]);
  });

  it('is handed on within the process, with the delay', async () => {
    withoutJitter();
    const bench = openLocks({ wait: 60_000, lockDelay: 5_000 });
    const { locks, store } = bench;
    const lock = await locks.acquire('key');
    const next = outcomeOf(locks.acquire('key'));
    await flush();
    store.calls.length = 0;
    await lock.release();
    await flush();
    expect([next.state, store.calls]).toEqual(['resolved', []]);
    await advance(333);
    expect(await keptFor(bench)).toBe(6_000);
  });

  it('passes it to a successor that the server lets in by a release', async () => {
    const bench = openLocks({ wait: 60_000, lockDelay: 5_000 });
    const lock = await bench.locks.acquire('key');
    const next = outcomeOf(bench.locks.acquire('key'));
    await advance(50);
    await lock.release();
    await flush();
    expect([next.state, await keptFor(bench)]).toEqual(['resolved', 6_000]);
    expect(bench.store.sent('release')[0]!.successor).toMatchObject({ ttl: 6_000, ...EXCLUSIVE });
  });

  it('does not share a lease with callers that want none, nor hand it to them', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', { lockDelay: 5_000 });
    const next = outcomeOf(locks.acquire('key'));
    await flush();
    expect((await store.look('key')).waiting).toHaveLength(1);
    await lock.release();
    await flush();
    expect([next.state, lockOf(next).token === lock.token]).toEqual(['resolved', false]);
  });

  it.each([{}, { mode: 'read' }, { concurrency: 2 }] as const)(
    'that no caller wants any more is given back for as long as the store would keep it (%j)',
    async (share) => {
      const bench = openLocks({ wait: 60_000, lockDelay: '5m' }, 0, new FakeStore());
      const { locks, store } = bench;
      const gate = new Gate<'acquire'>();
      store.next('acquire', gate.after).always('release', failing);
      const controller = new AbortController();
      outcomeOf(locks.acquire('key', { ...share, signal: controller.signal }));
      await flush();
      controller.abort();
      await flush();
      gate.open();
      await advance(30_000);
      store.recover();
      await advance(5_000);
      expect(await keptFor(bench)).toBe(0);
    },
  );
});

describe('a lock with a delay that is granted while its caller leaves', () => {
  useFakeClock();

  it.each([{}, { mode: 'read' }, { concurrency: 2 }] as const)(
    'is given back for as long as the store would keep it (%j)',
    async (share) => {
      const bench = openLocks({ wait: 60_000, lockDelay: '5m' });
      const { locks, store, rival } = bench;
      await rival.acquire('key', 'rival');
      const controller = new AbortController();
      outcomeOf(locks.acquire('key', { ...share, signal: controller.signal }));
      await flush();
      const gate = new Gate<'touch'>();
      store.next('touch', gate.after).always('release', failing);
      await rival.release('key', 'rival');
      await flush();
      expect([gate.isTaken, await keptFor(bench)]).toEqual([true, 301_000]);
      controller.abort();
      gate.open();
      await advance(30_000);
      store.recover();
      await advance(5_000);
      expect(await keptFor(bench)).toBe(0);
    },
  );
});

describe('a lock with a least hold', () => {
  useFakeClock();

  it('keeps the key from the grant on, however short the work was, and is released at once', async () => {
    const bench = openLocks();
    const { locks, rival, heard } = bench;
    const lock = await locks.acquire('key', { minHold: '30s' });
    await advance(200);
    expect(await lock.release()).toBe(true);
    expect([lock.isHeld, await keptFor(bench)]).toEqual([false, 29_800]);
    await flush();
    expect(heard('released')).toHaveLength(1);
    await advance(29_799);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'busy' });
    await advance(1);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
    expect(await lastingTimers()).toBe(0);
  });

  it('keeps it after a crash', async () => {
    const { locks, store, rival } = openLocks();
    await locks.acquire('key', { minHold: '30s', autoRenew: false });
    for (const name of ['touch', 'release'] as const) store.always(name, hanging);
    await advance(29_999);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'busy' });
    await advance(1);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it('keeps it while it is renewed, and no longer than its lease behind that', async () => {
    withoutJitter();
    const bench = openLocks({ minHold: 0 } as never);
    const lock = await bench.locks.acquire('key', { minHold: 3_000 });
    await advance(400);
    expect(await keptFor(bench)).toBe(2_600);
    await lock.renew();
    expect(await keptFor(bench)).toBe(2_600);
    await advance(9_600);
    expect(lock.isHeld).toBe(true);
    expect(await keptFor(bench)).toBeLessThanOrEqual(1_000);
    await lock.release();
    expect(await keptFor(bench)).toBe(0);
  });

  it('lets the next of its own process wait like any other, and shares with no other', async () => {
    const { locks } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', { minHold: 5_000 });
    const next = outcomeOf(locks.acquire('key'));
    const later = outcomeOf(locks.acquire('key', { minHold: 5_000 }));
    await flush();
    await lock.release();
    expect(await locks.tryAcquire('key', { minHold: 5_000 })).toBeNull();
    await advance(4_999);
    expect([next.state, later.state]).toEqual(['pending', 'pending']);
    await advance(500);
    expect(next.state).toBe('resolved');
    await lockOf(next).release();
    await flush();
    expect(later.state).toBe('resolved');
  });

  it('keeps a permit only of its own', async () => {
    const { locks, store } = openLocks();
    const two = { concurrency: 2 };
    await (await locks.acquire('key', { ...two, minHold: 5_000 })).release();
    const other = await locks.acquire('key', two);
    expect(await locks.tryAcquire('key', two)).toBeNull();
    await other.release();
    expect((await store.look('key')).holders).toHaveLength(1);
    await advance(5_000);
    expect([await locks.tryAcquire('key', two), await locks.tryAcquire('key', two)]).not.toContain(null);
  });

  it('keeps the key when it is lost, and when a shutdown takes it away', async () => {
    withoutJitter();
    const bench = openLocks({}, 0);
    const lock = await bench.locks.acquire('key', { minHold: 30_000, autoRenew: false });
    await advance(1_000);
    expect([lock.isHeld, await keptFor(bench)]).toEqual([false, 29_000]);
    await bench.locks.acquire('other', { minHold: 30_000 });
    outcomeOf(bench.engine.close());
    await flush();
    expect((await bench.store.look('other')).holders[0]!.expiresIn).toBe(30_000);
    expect(await lastingTimers()).toBe(0);
  });

  it('tells of the loss that comes to light by its release', async () => {
    const { locks, rival, heard } = openLocks();
    const lock = await locks.acquire('key', { minHold: 30_000 });
    await rival.release('key', lock.token);
    await rival.acquire('key', 'rival');
    expect(await lock.release()).toBe(false);
    await flush();
    expect(heard('lost')).toHaveLength(1);
  });

  it('is released though the store can’t be reached, which is an event', async () => {
    const bench = openLocks();
    const lock = await bench.locks.acquire('key', { minHold: 30_000 });
    bench.store.next('touch', failing);
    expect(await lock.release()).toBe(true);
    await flush();
    expect(bench.heard('failed')).toMatchObject([{ during: 'release', key: 'key' }]);
    expect(await keptFor(bench)).toBe(30_000);
    expect(await lastingTimers()).toBe(0);
  });

  it('counts for the section that took it, and not for one that enters it again', async () => {
    const bench = openLocks();
    await bench.locks.withLock('key', async () => {
      await bench.locks.withLock('key', { minHold: 30_000 }, () => undefined);
    });
    expect(await keptFor(bench)).toBe(0);
    await bench.locks.withLock('key', { minHold: 30_000 }, () => bench.locks.withLock('key', () => undefined));
    expect(await keptFor(bench)).toBe(30_000);
  });

  it('outlasts an upgrade and a downgrade', async () => {
    const bench = openLocks();
    const lock = await bench.locks.acquire('key', { mode: 'read', minHold: 30_000 });
    await advance(100);
    await lock.upgrade();
    expect(await keptFor(bench)).toBe(29_900);
    await lock.release();
    expect((await bench.store.look('key')).holders).toMatchObject([{ limit: 1, expiresIn: 29_900 }]);
    const other = await bench.locks.acquire('other', { minHold: 30_000 });
    await other.downgrade();
    await other.release();
    expect((await bench.store.look('other')).holders).toMatchObject([{ limit: Infinity, expiresIn: 30_000 }]);
  });

  it('together with a delay keeps the key for the longer of both', async () => {
    const bench = openLocks();
    const lock = await bench.locks.acquire('key', { minHold: 2_000, lockDelay: 5_000 });
    expect(await keptFor(bench)).toBe(6_000);
    await lock.release();
    expect(await keptFor(bench)).toBe(2_000);
  });

  it('is kept by no more than that when it is taken together with other keys', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire(['a', 'b'], { minHold: 5_000 });
    await lock.release();
    for (const key of ['a', 'b']) expect((await store.look(key)).holders[0]!.expiresIn).toBe(5_000);
  });
});
