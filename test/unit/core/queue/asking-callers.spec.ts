/** What all queues of callers promise alike, for a key alone and for a share of it. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { advance, flush, lastingTimers, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, unheard } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';

const momentary = (): Promise<never> =>
  Promise.reject(new LockUnavailableError('LOADING the data', { wasSent: false, isMomentary: true }));

async function expectFree({ store }: Bench): Promise<void> {
  expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  expect(await lastingTimers()).toBe(0);
}

describe.each([
  ['a key', {}],
  ['a key with a delay', { lockDelay: 100 }],
  ['a key for reading', { mode: 'read' }],
  ['a permit', { concurrency: 1_000, weight: 1_000 }],
  ['a place of its own', { fair: true }],
] as const)('callers that want %s', (_, options) => {
  useFakeClock();

  it('and find the store out of reach are told so, and leave nothing', async () => {
    const bench = openLocks({ wait: 60_000 });
    bench.store.next('acquire', unheard);
    await expect(bench.locks.acquire('key', options)).rejects.toBeInstanceOf(LockUnavailableError);
    await advance(20_000);
    await expectFree(bench);
  });

  it('and find the store busy with itself ride it out', async () => {
    const bench = openLocks({ wait: 60_000 });
    bench.store.next('acquire', momentary).next('touch', momentary);
    const asked = outcomeOf(bench.locks.acquire('key', options));
    await advance(2_000);
    expect(asked.state).toBe('resolved');
    await lockOf(asked).release();
    await advance(10_000);
    await expectFree(bench);
  });

  it('and know that it is taken go on waiting while the store is out of reach, and say so at the end', async () => {
    const bench = openLocks({ wait: 3_000 });
    const { locks, store, rival } = bench;
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key', options));
    await flush();
    store.always('touch', failing);
    await advance(2_999);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    store.recover();
    await rival.release('key', 'rival');
    await advance(20_000);
    await expectFree(bench);
  });

  it('and are granted it too late look again, for no other has got it since', async () => {
    const bench = openLocks({ wait: 60_000 });
    const gate = new Gate<'acquire'>();
    bench.store.next('acquire', gate.after);
    const asked = outcomeOf(bench.locks.acquire('key', options));
    await advance(1_500);
    gate.open();
    await flush();
    expect([asked.state, lockOf(asked).isHeld]).toEqual(['resolved', true]);
    await lockOf(asked).release();
    await advance(10_000);
    await expectFree(bench);
  });

  it('and only try once are refused where it is taken', async () => {
    const bench = openLocks({ wait: 0 });
    await bench.rival.acquire('key', 'rival', 5_000);
    await expect(bench.locks.acquire('key', options)).rejects.toMatchObject({ code: 'LOCK_BUSY', retryAfterMs: 5_000 });
    await expect(bench.locks.acquire('key', options)).rejects.toBeInstanceOf(LockBusyError);
    expect((await bench.store.look('key')).waiting).toEqual([]);
  });

  it('and cancel while the grant is on its way leave no lease', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, store, rival } = bench;
    await rival.acquire('key', 'rival');
    const controller = new AbortController();
    const asked = outcomeOf(locks.acquire('key', { ...options, signal: controller.signal }));
    await flush();
    const released = rival.release('key', 'rival');
    controller.abort('enough');
    await released;
    await flush();
    expect(asked.value).toBe('enough');
    expect(store.sent('release').length).toBeGreaterThanOrEqual(1);
    await expectFree(bench);
  });

  it('are found by a message that is forged only to ask the store', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, store, rival } = bench;
    await rival.acquire('key', 'rival', 60_000);
    const asked = outcomeOf(locks.acquire('key', options));
    await flush();
    const [token] = (await store.look('key')).waiting;
    for (const fencingToken of [-1, NaN, 1.5]) {
      store.listener!.granted({ token: token!, fencingToken, ttl: 2_000, at: Date.now() * 1_000 });
    }
    store.listener!.granted({ token: `${token}x`, fencingToken: 1, ttl: 2_000, at: Date.now() * 1_000 });
    await flush();
    expect([asked.state, (await store.look('key')).waiting]).toEqual(['pending', [token]]);
  });

  it('are granted once by a message that comes twice, and late', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, store, rival } = bench;
    const heard: Parameters<NonNullable<typeof store.listener>['granted']>[0][] = [];
    const listener = store.listener!;
    store.server.listen(store.processId, {
      granted: (grant) => {
        heard.push(grant);
        listener.granted(grant);
      },
      resumed: () => undefined,
    });
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key', options));
    await flush();
    await rival.release('key', 'rival');
    await flush();
    for (const grant of heard) listener.granted(grant);
    await lockOf(asked).release();
    for (const grant of heard) listener.granted(grant);
    await flush();
    expect([heard.length, bench.heard('acquired').length]).toEqual([1, 1]);
    await advance(5_000);
    await expectFree(bench);
  });

  it('and wait while the store hangs let a shutdown end', async () => {
    const bench = openLocks({ wait: 60_000 }, 1_000);
    bench.store.always('acquire', hanging);
    const asked = outcomeOf(bench.locks.acquire('key', options));
    const closed = outcomeOf(bench.engine.close());
    await advance(10_000);
    expect([asked.value, closed.state]).toMatchObject([{ code: 'LOCK_SHUTDOWN' }, 'resolved']);
  });
});
