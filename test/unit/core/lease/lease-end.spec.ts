/** How a holder learns that its lease has ended: in time, by the clock alone, and for good. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError } from '../../../../lib/lock.errors.js';
import { openLocks } from '../../../support/fakes/locks.js';
import { advance, blockEventLoop, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging } from '../../../support/fakes/fake-store.js';

describe('the end of a lease', () => {
  useFakeClock();

  it('is told by the signal at the very millisecond, although the renewal never answers', async () => {
    const { locks, store, heard } = openLocks();
    store.timeLimit = Infinity;
    store.always('touch', hanging);
    const lock = await locks.acquire('key');
    await advance(987);
    expect([lock.isHeld, lock.signal.aborted]).toEqual([true, false]);
    await advance(1);
    expect([lock.isHeld, lock.signal.aborted]).toEqual([false, true]);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(heard('lost')).toHaveLength(1);
  });

  it('comes before the server lets anybody else in', async () => {
    const { locks, store, rival } = openLocks();
    store.always('touch', hanging);
    const lock = await locks.acquire('key');
    await advance(987);
    while (lock.isHeld) {
      expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'busy' });
      await advance(1);
    }
    // From then on nobody has to wait for what is left of it.
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it('counts from the request, however late the grant is answered', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after).always('touch', hanging);
    const asked = locks.acquire('key');
    await advance(500);
    gate.open();
    const lock = await asked;
    await advance(488);
    expect(lock.signal.aborted).toBe(true);
  });

  it('is seen after a blocked event loop before any timer runs', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.after);
    const lock = await locks.acquire('key');
    await advance(400);
    blockEventLoop(5_000);
    expect(lock.isHeld).toBe(false);
    await Promise.resolve();
    expect(lock.signal.aborted).toBe(true);
    gate.open();
    await flush();
    expect(lock.isHeld).toBe(false);
  });

  it('is not undone by a late positive answer', async () => {
    const { locks, store, heard } = openLocks();
    const gate = new Gate<'touch'>();
    store.always('touch', hanging).next('touch', gate.after);
    const lock = await locks.acquire('key');
    await advance(988);
    gate.open();
    await flush();
    expect(lock.isHeld).toBe(false);
    await expect(lock.renew()).rejects.toBe(lock.signal.reason);
    expect(heard('renewed')).toEqual([]);
  });

  it('frees the key even of a renewal that is carried out after it', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'touch'>();
    store.always('touch', hanging).next('touch', gate.before);
    await locks.acquire('key');
    await advance(988);
    gate.open();
    await flush();
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('comes at once when the store no longer knows the lease', async () => {
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    await store.server.release([{ key: 'key', token: lock.token }]);
    await advance(400);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(heard('lost')).toHaveLength(1);
    expect(store.sent('release')).toEqual([]);
  });

  it('leaves no timer and no request behind', async () => {
    const { locks, store } = openLocks();
    store.always('touch', failing);
    await locks.acquire('key');
    await advance(988);
    const sent = store.times('touch').length;
    await advance(60_000);
    expect(store.times('touch')).toHaveLength(sent);
    expect(jest.getTimerCount()).toBe(0);
  });
});
