/** A key's turn with the process that is over, or about to be: nothing that is still under way brings it back. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError } from '../../lib/lock.errors.js';
import { openLocks, outcomeOf } from './support/engine.js';
import { advance, flush, useFakeClock, withoutJitter } from './support/fake-clock.js';
import { FakeStore, Gate } from './support/fake-store.js';

describe('a turn that is over', () => {
  useFakeClock();

  it('lets nobody in by the answer to a renewal that was still under way', async () => {
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
    expect((await store.look('key')).holder).toMatchObject({ token: 'rival' });
  });
});

describe('a turn that begins', () => {
  useFakeClock();

  it('with a longer lease than the next wants has it shortened first: it would lock the key for too long', async () => {
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
    expect((await store.look('key')).holder!.expiresIn).toBe(500);
  });

  it('turns nobody away before somebody of the process has the key', async () => {
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
