/** Signs of life and conversions as they are sent: what is asked of the store, and what a missing answer becomes. */
import { describe, expect, it } from '@jest/globals';
import { LeaseTouches } from '../../../../lib/core/lease/lease-touches.js';
import { LockEventEmitter } from '../../../../lib/core/event-emitter.js';
import { LockUnavailableError } from '../../../../lib/lock.errors.js';
import { advance, flush, turns, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, saying } from '../../../support/fakes/fake-store.js';
import { openLocks } from '../../../support/fakes/locks.js';

function open(store = new FakeStore()): { store: FakeStore; touches: LeaseTouches } {
  return { store, touches: new LeaseTouches(store, new LockEventEmitter(() => undefined)) };
}

describe('a touch', () => {
  useFakeClock();

  it('asks for the lease as its holder believes in it and the margin beyond it', async () => {
    withoutJitter();
    const { locks, store } = openLocks();
    await locks.acquire('a', { lockDelay: 500 });
    await locks.acquire('b');
    await advance(350);
    expect(store.sent('touch').map(({ key, ttl }) => [key, ttl])).toEqual([
      ['a', 1_500],
      ['b', 1_000],
    ]);
  });

  it('is sent with some others, and the rest in the next turn', async () => {
    withoutJitter();
    const { locks, store } = openLocks();
    await Promise.all(Array.from({ length: 150 }, (_, i) => locks.acquire(`key-${i}`)));
    await advance(350);
    await turns(4);
    const lists = store.calls.filter(({ name }) => name === 'touch').map(({ requests }) => requests.length);
    expect(lists).toEqual([64, 64, 22]);
  });

  it('of one token that brings no answer is unknown, and never rejects', async () => {
    const { store, touches } = open();
    store.next('touch', failing);
    expect(await touches.touchOne('key', 'token', 100)).toMatchObject({ state: 'unknown', error: { key: 'key' } });
    expect(await touches.touchOne('key', 'token', 100)).toEqual({ state: 'gone' });
  });
});

describe('a lease that is left to end by itself', () => {
  useFakeClock();

  it.each([
    ['held', { state: 'held', fencingToken: 7 }, 'released'],
    ['gone', { state: 'gone' }, 'gone'],
    ['in the queue', { state: 'waiting', expiresIn: 1, at: 1 }, 'gone'],
    ['unknown', { state: 'unknown', error: new LockUnavailableError('Nobody knows.') }, 'unknown'],
  ] as const)('and is %s', async (_, answer, state) => {
    const { store, touches } = open();
    store.next('touch', saying<'touch'>(answer));
    expect(await touches.keep({ key: 'key', token: 'token' } as never, 700)).toMatchObject({ state });
    expect(store.sent('touch')).toEqual([{ key: 'key', token: 'token', ttl: 700 }]);
  });
});

describe('a conversion', () => {
  useFakeClock();

  it('asks for the whole lease again, with its margin and the last fencing token used', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const first = await locks.acquire('key', { lockDelay: 500 });
    const next = locks.acquire('key', { lockDelay: 500 });
    await flush();
    await first.release();
    const lock = await next;
    await lock.downgrade();
    const { token, fencingToken } = lock;
    expect(store.sent('convert')).toEqual([
      { key: 'key', token, limit: Infinity, weight: 1, ttl: 1_500, wait: false, fencingToken },
    ]);
  });

  it('extends the lease, whatever comes of it', async () => {
    const { locks, rival } = openLocks({ autoRenew: false });
    await rival.acquire('key', 'rival', 60_000, { limit: Infinity, weight: 1 });
    const lock = await locks.acquire('key', { mode: 'read' });
    await advance(900);
    await expect(lock.upgrade({ wait: 0 })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    await advance(900);
    expect(lock.isHeld).toBe(true);
  });

  it('is possible where the store has a method for it', () => {
    const store = new FakeStore();
    expect(open(store).touches.canConvert).toBe(true);
    Object.assign(store, { convert: undefined });
    expect(open(store).touches.canConvert).toBe(false);
  });
});
