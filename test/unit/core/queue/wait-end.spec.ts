/** Waits that end without the lock: in time, with the right error, and with nothing left behind on the server. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { LockTimeoutError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { outcomeOf, openLocks } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock, lastingTimers } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, muted, unheard, unreachable } from '../../../support/fakes/fake-store.js';

const REASON = new Error('the client hung up');

/** Somebody holds the key, and a caller of ours stands in line for it. */
async function inLine(wait: number) {
  const bench = openLocks({ ttl: '30s', wait });
  const controller = new AbortController();
  await bench.rival.acquire('key', 'rival', 60_000);
  const asked = outcomeOf(bench.locks.acquire('key', { signal: controller.signal }));
  await flush();
  expect((await bench.store.look('key')).waiting).toHaveLength(1);
  return { ...bench, asked, controller };
}

/** Nobody waits, and the next who comes gets the key at once when the rival leaves. */
async function expectNothingLeft({ store, rival }: Bench): Promise<void> {
  expect((await store.look('key')).waiting).toEqual([]);
  await rival.release('key', 'rival');
  expect((await store.look('key')).holders).toEqual([]);
}

describe('a wait that ends', () => {
  useFakeClock();

  it('when its time is over does so to the millisecond and leaves its place', async () => {
    const bench = await inLine(2_345);
    await advance(2_344);
    expect(bench.asked.state).toBe('pending');
    await advance(1);
    expect(bench.asked.value).toBeInstanceOf(LockTimeoutError);
    await expectNothingLeft(bench);
    expect(await lastingTimers()).toBe(0);
  });

  it('when it is cancelled does so at once, with the reason, and leaves its place', async () => {
    const bench = await inLine(60_000);
    bench.controller.abort(REASON);
    await flush();
    expect(bench.asked.value).toBe(REASON);
    expect(bench.heard('refused')).toHaveLength(1);
    await expectNothingLeft(bench);
    expect(getEventListeners(bench.controller.signal, 'abort')).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('takes no other waiter with it', async () => {
    const bench = await inLine(1_000);
    const other = outcomeOf(bench.locks.acquire('key', { wait: '1m' }));
    await advance(1_000);
    expect(bench.asked.state).toBe('rejected');
    expect((await bench.store.look('key')).waiting).toHaveLength(1);
    await bench.rival.release('key', 'rival');
    await flush();
    expect(other.state).toBe('resolved');
  });

  it('is not held up by a release that hangs, nor by one that fails, which is repeated', async () => {
    const bench = await inLine(1_000);
    bench.store.next('release', hanging).next('release', failing);
    await advance(1_000);
    expect(bench.asked.state).toBe('rejected');
    await advance(6_500);
    expect(bench.store.times('release')).toEqual([1_000, 6_500, 7_000]);
    await expectNothingLeft(bench);
    expect(await lastingTimers()).toBe(0);
  });

  it.each(['timed out', 'was cancelled'])('that %s while the grant was on its way gives it back', async (how) => {
    const bench = await inLine(1_000);
    bench.store.deafen();
    await bench.rival.release('key', 'rival');
    expect((await bench.store.look('key')).holders).not.toEqual([]);
    bench.store.always('touch', hanging);
    if (how === 'timed out') await advance(1_000);
    else bench.controller.abort();
    await flush();
    expect(bench.asked.state).toBe('rejected');
    expect(await bench.store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('while a touch that made it the holder was not answered gives the lease back', async () => {
    const bench = await inLine(1_500);
    bench.store.deafen();
    const touch = new Gate<'touch'>();
    bench.store.next('touch', touch.after);
    await bench.rival.release('key', 'rival');
    await advance(1_000);
    expect(touch.isTaken).toBe(true);
    bench.controller.abort();
    await flush();
    touch.open();
    await flush();
    expect(bench.asked.state).toBe('rejected');
    expect((await bench.store.look('key')).holders).toEqual([]);
    expect(bench.heard('acquired')).toEqual([]);
  });
});

describe('a caller that leaves while it asks', () => {
  useFakeClock();

  it('because it was cancelled before sends nothing', async () => {
    const { locks, store } = openLocks();
    await expect(locks.acquire('key', { signal: AbortSignal.abort(REASON) })).rejects.toBe(REASON);
    expect(store.calls).toEqual([]);
  });

  it('because it is cancelled is gone at once and gives back what may have been granted', async () => {
    const { locks, store } = openLocks();
    store.next('acquire', muted);
    const controller = new AbortController();
    const asked = outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await flush();
    expect((await store.look('key')).holders).not.toEqual([]);
    controller.abort(REASON);
    await flush();
    expect(asked.value).toBe(REASON);
    expect((await store.look('key')).holders).toEqual([]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('because it is cancelled gives back even what is granted only after that', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.before);
    const controller = new AbortController();
    const asked = outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await flush();
    controller.abort();
    await flush();
    expect(asked.state).toBe('rejected');
    gate.open();
    await flush();
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('because its wait is over gives back what may have been granted', async () => {
    const { locks, store } = openLocks({ wait: 1_000 });
    store.next('acquire', muted);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(1_000);
    expect(asked.state).toBe('rejected');
    expect((await store.look('key')).holders).toEqual([]);
  });

  it.each([0, 60_000])('because there is no answer does so in time, whatever it would wait (%d)', async (wait) => {
    const { locks, store } = openLocks({ wait });
    store.next('acquire', muted);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(5_000);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('because the answer was lost gives back what was granted', async () => {
    const { locks, store, heard } = openLocks();
    store.next('acquire', unheard);
    const asked = locks.acquire('key');
    await expect(asked).rejects.toBeInstanceOf(LockUnavailableError);
    await expect(asked).rejects.toMatchObject({ key: 'key' });
    await flush();
    expect((await store.look('key')).holders).toEqual([]);
    expect(heard('failed')).toMatchObject([{ during: 'acquire' }]);
  });

  it('because the request never left the process has nothing to give back', async () => {
    const { locks, store } = openLocks();
    const unsent = new LockUnavailableError('not connected', { wasSent: false });
    store.next('acquire', () => Promise.reject(unsent));
    await expect(locks.acquire('key')).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', wasSent: false });
    expect(store.sent('release')).toEqual([]);
  });

  it('and whose giving back fails too repeats it until the server answers', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    store.next('acquire', unheard).next('release', failing).next('release', failing);
    await expect(locks.acquire('key')).rejects.toMatchObject({ message: unreachable().message });
    await advance(400);
    expect((await store.look('key')).holders).not.toEqual([]);
    await advance(600);
    expect((await store.look('key')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('lets the next process in without any delay', async () => {
    const { locks, store, rival } = openLocks();
    store.next('acquire', muted);
    const controller = new AbortController();
    outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await flush();
    const next = rival.token();
    expect(await rival.join('key', next)).toMatchObject({ state: 'waiting' });
    controller.abort();
    await flush();
    expect(await rival.touch('key', next)).toMatchObject({ state: 'held' });
  });

  it('leaves its request to the next of its process, who has the lock as soon as there is an answer', async () => {
    const { locks, store } = openLocks();
    const answer = new Gate<'acquire'>();
    store.next('acquire', answer.after);
    const controller = new AbortController();
    outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await advance(1);
    const next = outcomeOf(locks.acquire('key'));
    controller.abort();
    await flush();
    expect((await store.look('key')).holders).not.toEqual([]);
    answer.open();
    await flush();
    expect(next.state).toBe('resolved');
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it('leaves the next of its process to ask anew when there is no answer in time', async () => {
    const { locks, store } = openLocks();
    store.next('acquire', muted);
    const controller = new AbortController();
    outcomeOf(locks.acquire('key', { signal: controller.signal }));
    await advance(1);
    const next = outcomeOf(locks.acquire('key'));
    controller.abort();
    await advance(store.timeLimit);
    expect(next.state).toBe('resolved');
    expect(store.sent('acquire')).toHaveLength(2);
  });
});
