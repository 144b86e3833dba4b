/** A lease that gets another share, and with it another fencing token: what it takes for its own, and for a loss. */
import { describe, expect, it } from '@jest/globals';
import { LockLostError } from '../../../../lib/lock.errors.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { Gate, muted } from '../../../support/fakes/fake-store.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';

describe('a lease that was upgraded', () => {
  useFakeClock();

  it('has the handles that left it before keep their fencing tokens', async () => {
    const { locks } = openLocks();
    const [a, b] = [await locks.acquire('key', { mode: 'read' }), await locks.acquire('key', { mode: 'read' })];
    const { fencingToken } = b;
    await b.release();
    await a.upgrade();
    expect([b.fencingToken, a.fencingToken > fencingToken]).toEqual([fencingToken, true]);
  });

  it('is known by either number only for what was sent before', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', { mode: 'read' });
    const before = lock.fencingToken;
    const gate = new Gate<'touch'>();
    store.next('touch', gate.after);
    await advance(350);
    await lock.upgrade();
    gate.open();
    await flush();
    expect(lock.isHeld).toBe(true);
    await advance(10);
    store.next('touch', () => Promise.resolve([{ state: 'held', fencingToken: before }]));
    await expect(lock.renew()).rejects.toBeInstanceOf(LockLostError);
  });

  it('is renewed while it is not known whether it was, and takes the number that it is told at last', async () => {
    withoutJitter();
    const { locks, store, heard } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', { mode: 'read' });
    const before = lock.fencingToken;
    store.next('convert', muted);
    const upgraded = outcomeOf(lock.upgrade());
    await advance(3_000);
    expect([lock.fencingToken, lock.isHeld, upgraded.state]).toEqual([before, true, 'pending']);
    await advance(4_000);
    expect([lock.fencingToken > before, lock.isHeld, upgraded.state]).toEqual([true, true, 'resolved']);
    expect(heard('lost')).toEqual([]);
  });

  it('and is over takes no number any more', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', { mode: 'read' });
    const { fencingToken } = lock;
    const gate = new Gate<'convert'>();
    store.next('convert', gate.after);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    await rival.release('key', lock.token);
    await expect(lock.renew()).rejects.toBeInstanceOf(LockLostError);
    gate.open();
    await flush();
    expect([upgraded.value, lock.fencingToken]).toEqual([expect.any(LockLostError), fencingToken]);
  });
});
