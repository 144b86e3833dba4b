/** What becomes of leases that are given back: once, in any order with renewals, whatever the store says. */
import { describe, expect, it } from '@jest/globals';
import { LockLostError, LockNotHeldError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { outcomeOf, openLocks } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock, withoutJitter, lastingTimers } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, saying, unheard } from '../../../support/fakes/fake-store.js';
import type { Call } from '../../../support/fakes/fake-store.js';

describe('a grant', () => {
  useFakeClock();

  it('whose lease is over when the answer comes is given back, not given out', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('late', { wait: 0 }));
    await advance(988);
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect((await store.look('late')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('whose lease is over when the answer comes is asked for again while there is time', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('late'));
    await advance(988);
    gate.open();
    await flush();
    expect(asked).toMatchObject({ state: 'resolved', value: { isHeld: true } });
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'touch']);
  });

  it('that always comes too late fails once the wait is over, and leaves nothing', async () => {
    const { locks, store } = openLocks({ wait: 3_000 });
    const late = async <N extends 'acquire' | 'touch'>(call: Call<N>) => {
      const answers = await call.carryOut();
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      return answers;
    };
    store.always('acquire', late).always('touch', late);
    const asked = outcomeOf(locks.acquire('late'));
    await advance(4_500);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect((await store.look('late')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('that comes just in time is a lock', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('in time'));
    await advance(987);
    gate.open();
    await flush();
    expect(asked).toMatchObject({ state: 'resolved', value: { isHeld: true } });
  });
});

describe('a release', () => {
  useFakeClock();

  it('frees the key for the next', async () => {
    const { locks, rival } = openLocks();
    const lock = await locks.acquire('key');
    await lock.release();
    expect(lock.isHeld).toBe(false);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it('is the last request about its token', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await advance(5_000);
    await lock.release();
    await advance(60_000);
    expect(store.calls.at(-1)!.name).toBe('release');
    expect(await lastingTimers()).toBe(0);
  });

  it('by hand a second time says that nothing is held, and sends nothing', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    const [first, second] = [outcomeOf(lock.release()), outcomeOf(lock.release())];
    await flush();
    expect(first.state).toBe('resolved');
    expect(second.value).toBeInstanceOf(LockNotHeldError);
    expect(store.sent('release')).toHaveLength(1);
  });

  it('of a lock that was lost sends nothing and says so', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    await advance(988);
    const sent = store.sent('release').length;
    expect(await lock.release()).toBe(false);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(store.sent('release')).toHaveLength(sent);
  });

  it('that finds the lease gone tells of the loss', async () => {
    const { locks, rival, heard } = openLocks();
    const lock = await locks.acquire('key');
    await rival.release('key', lock.token);
    await rival.acquire('key', 'rival');
    expect(await lock.release()).toBe(false);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(lock.signal.aborted).toBe(true);
    expect([heard('lost').length, heard('released').length]).toEqual([1, 0]);
  });

  it('of which nobody knows whether it came twice is a release', async () => {
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    store.next('release', saying({ state: 'unknown' }));
    await lock.release();
    expect([heard('lost').length, heard('released').length]).toEqual([0, 1]);
  });

  it('that cannot reach the store resolves, is an event, and is repeated until it is answered', async () => {
    const { locks, store, heard } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.always('release', failing);
    await lock.release();
    expect(heard('failed')).toMatchObject([{ during: 'release', key: 'key', token: lock.token }]);
    await advance(5_000);
    expect((await store.look('key')).holders).not.toEqual([]);
    store.recover();
    await advance(500);
    expect((await store.look('key')).holders).toEqual([]);
    expect([heard('released').length, heard('lost').length]).toEqual([1, 0]);
    expect(await lastingTimers()).toBe(0);
  });

  it('that is never answered is repeated no longer than the lease could last', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.always('release', failing);
    await lock.release();
    await advance(31_000);
    const sent = store.sent('release').length;
    expect(sent).toBeLessThanOrEqual(61);
    await advance(60_000);
    expect(store.sent('release')).toHaveLength(sent);
    expect(await lastingTimers()).toBe(0);
  });

  it('that was carried out without an answer is repeated harmlessly', async () => {
    const { locks, store, rival, heard } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.next('release', unheard);
    await lock.release();
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
    await advance(2_000);
    expect(store.sent('release')).toHaveLength(2);
    expect((await store.look('key')).holders[0]).toMatchObject({ token: 'rival' });
    expect(heard('lost')).toEqual([]);
  });

  it('that hangs settles when the request does', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    store.always('release', hanging);
    const released = outcomeOf(lock.release());
    await advance(4_999);
    expect(released.state).toBe('pending');
    await advance(1);
    expect(released.state).toBe('resolved');
  });
});

describe('renewal by hand, automatic renewal and release of one lock', () => {
  useFakeClock();

  const orders = [
    ['manual', 'automatic', 'release'],
    ['manual', 'release', 'automatic'],
    ['automatic', 'manual', 'release'],
    ['automatic', 'release', 'manual'],
    ['release', 'manual', 'automatic'],
    ['release', 'automatic', 'manual'],
  ] as const;

  it.each(orders)('answered in the order %s, %s, %s end in a release', async (...order) => {
    withoutJitter();
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    const gates = { automatic: new Gate<'touch'>(), manual: new Gate<'touch'>(), release: new Gate<'release'>() };
    store
      .next('touch', gates.automatic.before)
      .next('touch', gates.manual.before)
      .next('release', gates.release.before);
    await advance(370);
    const renewed = outcomeOf(lock.renew());
    const released = outcomeOf(lock.release());
    await flush();
    expect(Object.values(gates).map(({ isTaken }) => isTaken)).toEqual([true, true, true]);
    for (const name of order) {
      gates[name].open();
      await flush();
    }
    expect(released.state).toBe('resolved');
    expect(renewed.value).toBeInstanceOf(LockNotHeldError);
    expect([lock.isHeld, lock.signal.aborted, heard('lost').length]).toEqual([false, false, 0]);
    expect((await store.look('key')).holders).toEqual([]);
    const sent = store.calls.length;
    await advance(60_000);
    expect(store.calls).toHaveLength(sent);
    expect(await lastingTimers()).toBe(0);
  });

  it('answered in the wrong order leave the deadline of the latest sent', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    const [early, late] = [new Gate<'touch'>(), new Gate<'touch'>()];
    store.next('touch', early.after).next('touch', late.after);
    await advance(100);
    const first = lock.renew();
    await advance(100);
    const second = lock.renew();
    await flush();
    late.open();
    await second;
    const { expiresAt } = lock;
    early.open();
    await first;
    expect(lock.expiresAt).toEqual(expiresAt);
    expect(expiresAt.getTime() - Date.now()).toBe(988);
  });
});
