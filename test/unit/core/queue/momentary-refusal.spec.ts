/** A store that answers that it can't serve at the moment: who may wait rides it out, from the first request on. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockUnavailableError } from '../../../../lib/lock.errors.js';
import type { Lock } from '../../../../lib/lock.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { unreachable } from '../../../support/fakes/fake-store.js';

const loading = (): Promise<never> =>
  Promise.reject(new LockUnavailableError('LOADING the data', { wasSent: false, isMomentary: true }));

describe('a first request that meets a store that is busy with itself', () => {
  useFakeClock();

  it('is repeated while there is time to wait, and gets the key', async () => {
    const { locks, store } = openLocks({ wait: 5_000 });
    for (let i = 0; i < 3; i++) store.next('acquire', loading);
    const [first, second] = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key'))];
    await advance(200);
    expect([first.state, second.state]).toEqual(['pending', 'pending']);
    await advance(1_000);
    expect(first.state).toBe('resolved');
    await (first.value as Lock).release();
    await flush();
    await (second.value as Lock).release();
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('ends when the wait does, and says what the store said', async () => {
    const { locks, store } = openLocks({ wait: 2_000 });
    store.always('acquire', loading);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(1_999);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', message: expect.stringContaining('LOADING') });
    await advance(60_000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is told at once to who does not wait', async () => {
    const { locks, store } = openLocks({ wait: 2_000 });
    store.always('acquire', loading);
    const [patient, hasty] = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key', { wait: 0 }))];
    await flush();
    expect([patient.state, hasty.state]).toEqual(['pending', 'rejected']);
  });

  it('is no reason to wait where the store is out of reach', async () => {
    const { locks, store } = openLocks({ wait: 2_000 });
    store.next('acquire', () => Promise.reject(unreachable()));
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  });

  it('can be cancelled', async () => {
    const { locks, store } = openLocks({ wait: Infinity });
    store.always('acquire', loading);
    const controller = new AbortController();
    const asked = outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await advance(3_000);
    controller.abort();
    await flush();
    expect(asked.value).toBe(controller.signal.reason);
    await advance(60_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});
