/** Faults that tests found in the library once: each a schedule that no ordinary test would think of. */
import { describe, expect, it } from '@jest/globals';
import { readSignal } from '../../../lib/core/settings.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import { failing, Gate, muted } from '../../support/fakes/fake-store.js';
import { LockUnavailableError } from '../../../lib/lock.errors.js';

const REASON = new Error('the client hung up');

describe('what was found once and must not come back', () => {
  useFakeClock();

  it('S2: an answer to an older, longer renewal does not lift the deadline above a shorter one on its way', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    const older = new Gate<'touch'>();
    store.next('touch', older.after).next('touch', muted);
    await advance(10_000); // the automatic renewal; its answer is on its way
    lock.renew(1_000).catch(() => undefined); // carried out; its answer never comes
    await flush();
    older.open();
    await flush();
    expect((await store.look('key')).holders[0]).toMatchObject({ expiresIn: 1_000 });
    expect(lock.expiresAt.getTime() - Date.now()).toBeLessThan(1_000); // is 29 698
  });

  it('S1, S9: a section over several keys does not begin when one was lost while waiting for another', async () => {
    const { locks, rival } = openLocks({ ttl: 500, autoRenew: false, wait: '10s' });
    await rival.acquire('b', 'rival', 60_000);
    let begunHolding: boolean | undefined;
    const ran = outcomeOf(locks.withLock(['a', 'b'], (lock) => void (begunHolding = lock.isHeld)));
    await advance(2_000);
    await rival.release('b', 'rival');
    await advance(1_000);
    expect(ran.state).toBe('resolved');
    expect(begunHolding).toBe(true); // is false: the body ran, and 'a' was not held
  });

  it('issue: no polling: a waiter asks no more often because other beats tick', async () => {
    const { locks, store, rival } = openLocks({ ttl: 300, wait: Infinity });
    for (let i = 0; i < 100; i++) await locks.acquire(`other ${i}`);
    await rival.acquire('key', 'rival', 100);
    outcomeOf(locks.acquire('key'));
    for (let i = 0; i < 100; i++) {
      await advance(50);
      await rival.touch('key', 'rival', 100);
    }
    const asked = store.sent('touch').filter(({ key }) => key === 'key').length;
    expect(asked).toBeLessThanOrEqual(20); // in 5 s
  });

  it.each([0, 1, 2, 3, 4, 5])('L6: in whatever turn after the answer (%d) it is cancelled is told', async (turns) => {
    const { locks, store, rival } = openLocks({ wait: Infinity });
    await rival.acquire('key', 'rival');
    const gate = new Gate<'acquire'>();
    store.timeLimit = Infinity;
    store.next('acquire', gate.after);
    const controller = new AbortController();
    const asked = outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await flush();
    gate.open();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    controller.abort(REASON);
    await flush();
    expect(asked.value).toBe(REASON);
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('S5: a branch that outlives a lost and ended section takes the key anew', async () => {
    const { locks } = openLocks();
    let branch!: Promise<boolean>;
    await locks.withLock('key', { autoRenew: false, onLost: 'ignore' }, async () => {
      branch = new Promise((resolve) => setTimeout(resolve, 3_000)).then(() =>
        locks.withLock('key', (lock) => lock.isHeld),
      );
      await advance(1_000);
    });
    const later = outcomeOf(branch);
    await advance(3_000);
    expect(later).toEqual({ state: 'resolved', value: true });
  });

  it('S8: a waiter with a short ttl gives its place back although the first release fails', async () => {
    const { locks, store, rival } = openLocks({ ttl: 100, wait: 1_000 });
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await advance(900);
    store.next('release', failing);
    await advance(100);
    expect(asked.state).toBe('rejected');
    await advance(700);
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('nothing is given back of a request that was never sent, whatever others ask', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.before);
    store.next('acquire', () => Promise.reject(new LockUnavailableError('not connected', { wasSent: false })));
    outcomeOf(locks.acquire('other'));
    await locks.acquire('key').catch(() => undefined);
    await flush();
    expect(store.sent('release')).toEqual([]);
  });

  it('a null signal is a LockOptionsError', () => {
    expect(() => readSignal(null as never)).toThrow(expect.objectContaining({ code: 'LOCK_OPTIONS' }));
  });
});
