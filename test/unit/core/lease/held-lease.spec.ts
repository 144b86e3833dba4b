/** A lease that this process holds, at its beginning and at its end; for the hand-off between, see `hand-off.spec.ts`. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError } from '../../../../lib/lock.errors.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate } from '../../../support/fakes/fake-store.js';
import type { Bench } from '../../../support/fakes/locks.js';

describe('a lease that was given back', () => {
  useFakeClock();

  it('lets no caller in by the answer to a renewal that was still under way', async () => {
    withoutJitter();
    const { locks, store, rival } = openLocks({ wait: 60_000 }, 10_000, new FakeStore(), { count: 0, time: 0 });
    const lock = await locks.acquire('key');
    const next = outcomeOf(locks.acquire('key'));
    await rival.join('key', 'rival');
    const gate = new Gate<'touch'>();
    store.next('touch', gate.after);
    await advance(400);
    expect(gate.isTaken).toBe(true);
    await lock.release();
    gate.open();
    await flush();
    expect(next.state).toBe('pending');
    expect((await store.look('key')).holders[0]).toMatchObject({ token: 'rival' });
  });

  it('is not lost by a release that is answered "gone" after its own end: that proves nothing of the section', async () => {
    const { locks, store, rival, heard } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    await advance(900);
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    const released = outcomeOf(lock.release());
    await advance(200);
    await rival.acquire('key', 'rival');
    gate.open();
    await flush();
    expect([released.value, heard('lost'), heard('released').length]).toEqual([true, [], 1]);
  });

  it('tells of the release with the time that it was held', async () => {
    const { locks, heard } = openLocks();
    const lock = await locks.acquire('key');
    await advance(250);
    await lock.release();
    await flush();
    const { key, token, fencingToken } = lock;
    expect(heard('released')).toEqual([
      { type: 'released', instance: 'default', label: '', id: 1, key, token, mode: 'write', fencingToken, heldMs: 250 },
    ]);
  });

  it.each([
    ['nothing of the lease can be left, where the store never answers', () => advance(60_000)],
    ['the service closes, where the store never answers', async ({ engine }: Bench) => engine.close()],
  ])('is told of as released at the latest when %s', async (_, end) => {
    const bench = openLocks();
    const lock = await bench.locks.acquire('key');
    bench.store.always('release', failing);
    await lock.release();
    await end(bench);
    await flush();
    expect(bench.heard('released')).toHaveLength(1);
  });

  it('is not told of as released while it is not known whether the store has heard of it', async () => {
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    store.next('release', failing);
    await lock.release();
    await flush();
    expect([heard('released'), heard('failed').length]).toEqual([[], 1]);
    await advance(500);
    // For meters that count what is held.
    expect(heard('released')).toMatchObject([{ id: heard('acquired')[0]!.id, heldMs: 0 }]);
  });
});

describe('a lease that is taken away from its holder', () => {
  useFakeClock();

  it('while a renewal is under way is given back behind that, so that it locks the key for no caller', async () => {
    withoutJitter();
    const { locks, store, engine } = openLocks({}, 0);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    const lock = await locks.acquire('key');
    await advance(400);
    const closed = outcomeOf(engine.close());
    await advance(1);
    expect(lock.signal.reason).toMatchObject({ code: 'LOCK_LOST', cause: { code: 'LOCK_SHUTDOWN' } });
    gate.open();
    await flush();
    expect([closed.state, (await store.look('key')).holders]).toEqual(['resolved', []]);
  });

  it('is not given back where the store has said that it is gone', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await store.server.release([{ key: 'key', token: lock.token }]);
    await advance(1_000);
    expect([lock.isHeld, store.sent('release')]).toEqual([false, []]);
  });
});

describe('a lease that begins', () => {
  useFakeClock();

  it('and is longer than the next caller wants is shortened first: it would lock the key for too long', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const controller = new AbortController();
    outcomeOf(locks.acquire('key', { ttl: '30s', signal: controller.signal }));
    const next = outcomeOf(locks.acquire('key', { ttl: 500, autoRenew: false }));
    await flush();
    controller.abort();
    gate.open();
    await flush();
    expect(next).toMatchObject({ state: 'resolved', value: { isHeld: true, ttl: 500 } });
    expect((await store.look('key')).holders[0]!.expiresIn).toBe(500);
  });

  it('turns no caller away before one of the process has the key', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key');
    outcomeOf(locks.acquire('key', { ttl: 5_000 }));
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await lock.release();
    const asked = store.sent('acquire').length;
    await expect(locks.acquire('key', { wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    expect(store.sent('acquire')).toHaveLength(asked + 1);
  });
});
