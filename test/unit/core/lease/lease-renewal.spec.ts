/** Renewal of held locks against a store that answers late, badly, out of order, or not at all. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError, LockNotHeldError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import type { TouchRequest } from '../../../../lib/stores/lock-store.js';
import { outcomeOf, openLocks } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, muted, unheard, unreachable } from '../../../support/fakes/fake-store.js';

/** Renewals fall on marks of a 24th of the ttl, so the first comes up to half of that before or after the third. */
function expectEachThird(times: readonly number[], ttl: number): void {
  times.forEach((time, i) => {
    const passed = time - (times[i - 1] ?? 0);
    expect(Math.abs(passed - ttl / 3)).toBeLessThanOrEqual(ttl / 48 + 1);
  });
}

describe('automatic renewal', () => {
  useFakeClock();

  it('comes every third of the ttl', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ ttl: '30s' });
    await locks.acquire('key');
    await advance(60_000);
    expectEachThird(store.times('touch'), 30_000);
    expect(store.times('touch')).toHaveLength(6);
  });

  it('of a ttl of 1.2 s comes 30 times in 12 s, not thousands of times a second', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ ttl: '1.2s' });
    await locks.acquire('key');
    await advance(12_000);
    expect(store.times('touch')).toHaveLength(30);
  });

  it('comes no more often while the store hangs', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ ttl: '30s' });
    store.timeLimit = Infinity;
    store.always('touch', hanging);
    await locks.acquire('key');
    await advance(29_000);
    expectEachThird(store.times('touch'), 30_000);
    expect(store.times('touch')).toHaveLength(2);
  });

  it('keeps a lock for as long as it lives', async () => {
    const { locks, store, rival, heard } = openLocks();
    const lock = await locks.acquire('key');
    for (let second = 0; second < 60; second++) {
      await advance(1_000);
      expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'busy' });
    }
    expect(lock.isHeld).toBe(true);
    expect(heard('renewed').length).toBe(store.calls.length - 1);
  });

  it('spreads leases that were taken together, and sends those of one mark together', async () => {
    let draws = 0;
    jest.spyOn(Math, 'random').mockImplementation(() => (draws++ * 0.618) % 1);
    const { locks, store } = openLocks({ ttl: '30s' });
    for (let i = 0; i < 50; i++) await locks.acquire(`key ${i}`);
    await advance(12_000);
    expect(store.sent('touch')).toHaveLength(50);
    expect(store.times('touch')).toEqual([7, 8, 9].map((marks) => (marks * 30_000) / 24));
  });

  it('is left out with autoRenew: false', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key', { autoRenew: false });
    await advance(988);
    expect(store.times('touch')).toEqual([]);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
  });

  it('ends with maxHold, and the lock at most one ttl later', async () => {
    const { locks, store, rival, heard } = openLocks({ maxHold: '10s' });
    const lock = await locks.acquire('key');
    await advance(10_000);
    expect(lock.isHeld).toBe(true);
    await advance(1_000);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(heard('lost')).toHaveLength(1);
    expect(Math.max(...store.times('touch'))).toBeLessThanOrEqual(10_000);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it.each([
    ['was refused', failing],
    ['was carried out but not answered', unheard],
  ])('goes on after a request that %s', async (_, trouble) => {
    const { locks, store, heard } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.next('touch', trouble);
    await advance(120_000);
    expect(lock.isHeld).toBe(true);
    expect(heard('failed')).toHaveLength(1);
    expect(heard('lost')).toEqual([]);
  });

  it('is tried again as often as it takes within the lease', async () => {
    withoutJitter();
    const { locks, store, heard } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.always('touch', failing);
    await advance(28_500);
    store.recover();
    expect(heard('failed').length).toBeGreaterThan(10);
    await advance(60_000);
    expect(lock.isHeld).toBe(true);
  });

  it('that fails for one piece of a list fails for no other', async () => {
    withoutJitter();
    // So that no try again falls together with the next renewal of the others.
    const { locks, store } = openLocks({ ttl: 1_100 });
    const held = [];
    for (let i = 0; i < 60; i++) held.push(await locks.acquire(`key ${i}`));
    const sick = (request: TouchRequest): boolean => /^key [234].$/.test(request.key);
    store.always('touch', async (call) => {
      const answers = await store.server.touch(call.requests.filter((request) => !sick(request)));
      return call.requests.map((request) =>
        sick(request) ? { state: 'unknown', error: unreachable() } : answers.shift()!,
      );
    });
    await advance(5_000);
    const lost = held.flatMap(({ isHeld }, i) => (isHeld ? [] : [i]));
    expect(lost).toEqual(Array.from({ length: 30 }, (_, i) => 20 + i));
  });
});

describe('renewal by hand', () => {
  useFakeClock();

  it('extends the lease from now on', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    await advance(900);
    await lock.renew();
    await advance(987);
    expect(lock.isHeld).toBe(true);
    await advance(1);
    expect(lock.isHeld).toBe(false);
  });

  it('with another ttl keeps that for later renewals', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await lock.renew('9s');
    expect(lock.ttl).toBe(9_000);
    await advance(7_000);
    expect(store.sent('touch').map(({ ttl }) => ttl)).toEqual([9_000, 9_000, 9_000]);
  });

  it('with a shorter ttl shortens the lease at once, although no answer ever comes', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    store.timeLimit = Infinity;
    const lock = await locks.acquire('key');
    store.always('touch', muted);
    outcomeOf(lock.renew(500));
    expect(lock.expiresAt.getTime() - Date.now()).toBe(493);
    await advance(493);
    expect(lock.signal.aborted).toBe(true);
  });

  it('that was not answered says so, and the lock lives on', async () => {
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    store.next('touch', failing);
    await expect(lock.renew()).rejects.toBeInstanceOf(LockUnavailableError);
    expect(lock.isHeld).toBe(true);
    expect(heard('failed')).toMatchObject([{ during: 'renew' }]);
  });

  it('that is overtaken by the end of the lease says that it is lost', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    const lock = await locks.acquire('key');
    await advance(900);
    const renewal = outcomeOf(lock.renew());
    await advance(88);
    gate.fail();
    await flush();
    expect(renewal.state).toBe('rejected');
    expect(renewal.value).toBeInstanceOf(LockLostError);
  });

  it('after the release says that nothing is held', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await lock.release();
    await expect(lock.renew()).rejects.toBeInstanceOf(LockNotHeldError);
    expect(store.sent('touch')).toEqual([]);
  });

  it('asks for nothing with a bad ttl', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await expect(lock.renew(NaN)).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
    await expect(lock.renew(99)).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
    expect(store.sent('touch')).toEqual([]);
    expect(lock.ttl).toBe(1_000);
  });
});
