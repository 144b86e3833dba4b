/** The lease that readers of one process share: who joins it, how it goes back, and that its loss is the loss of all. */
import { describe, expect, it } from '@jest/globals';
import { SHARED_FENCE_BLOCK } from '../../../../lib/stores/protocol.js';
import { EXCLUSIVE } from '../../../../lib/testing/contract/driver.js';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { FakeStore, Gate } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';

const READER = { mode: 'read' } as const;

describe('a reader that joins another of its process', () => {
  useFakeClock();

  it('costs no request, and has a fencing token of its own', async () => {
    const { locks, store, heard } = openLocks();
    const a = await locks.acquire('key', READER);
    const b = await locks.acquire('key', READER);
    expect([b.token, b.fencingToken, b.mode]).toEqual([a.token, a.fencingToken + 1, 'read']);
    expect(store.calls).toHaveLength(1);
    await flush();
    expect(heard('acquired').map(({ fencingToken, mode }) => [fencingToken, mode])).toEqual([
      [a.fencingToken, 'read'],
      [b.fencingToken, 'read'],
    ]);
  });

  it('may be one that does not want to wait', async () => {
    const { locks, store } = openLocks();
    await locks.acquire('key', READER);
    expect(await locks.tryAcquire('key', READER)).not.toBeNull();
    expect(store.calls).toHaveLength(1);
  });

  it.each([
    ['comes after the hand-off time', 20, READER],
    ['wants another ttl', 0, { ...READER, ttl: 2_000 }],
    ['wants it to be renewed no longer than so', 0, { ...READER, maxHold: 60_000 }],
    ['does not want it to be renewed', 0, { ...READER, autoRenew: false }],
    ['wants a margin', 0, { ...READER, lockDelay: 1_000 }],
    ['wants a place of its own', 0, { ...READER, fair: true }],
    ['wants to keep the key', 0, { ...READER, minHold: 100 }],
  ])('asks the store where it %s', async (_, later, options) => {
    const { locks, store } = openLocks();
    const a = await locks.acquire('key', READER);
    await advance(later);
    const b = await locks.acquire('key', options);
    expect([a.token === b.token, store.sent('acquire').length]).toEqual([false, 2]);
  });

  it('joins until the hand-off time is over', async () => {
    const { locks, store } = openLocks();
    await locks.acquire('key', READER);
    await advance(19);
    await locks.acquire('key', READER);
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it('asks the store when the block of fencing tokens is used up', async () => {
    const { locks, store } = openLocks();
    const all = [];
    for (let i = 0; i < SHARED_FENCE_BLOCK + 1; i++) all.push(await locks.acquire('key', READER));
    expect(store.sent('acquire')).toHaveLength(2);
    const fences = all.map(({ fencingToken }) => fencingToken);
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    await Promise.all(all.map((lock) => lock.release()));
    expect((await store.look('key')).lastFencingToken).toBeGreaterThanOrEqual(fences.at(-1)!);
  });

  it('asks the store when the lease has no holder any more', async () => {
    const { locks, store } = openLocks();
    const a = await locks.acquire('key', READER);
    await a.release();
    const b = await locks.acquire('key', READER);
    expect([b.token === a.token, b.fencingToken > a.fencingToken]).toEqual([false, true]);
    expect(store.sent('acquire')).toHaveLength(2);
  });

  it('asks the store while the lease is only heard of', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('key', 'rival');
    const first = outcomeOf(locks.acquire('key', READER));
    await flush();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await rival.release('key', 'rival');
    await flush();
    expect(first.state).toBe('resolved');
    const second = await locks.acquire('key', READER);
    expect(second.token).not.toBe(lockOf(first).token);
    gate.open();
  });

  it('shortens the lease of no other by hand, and may extend it', async () => {
    const { locks, store } = openLocks({ ttl: 30_000, autoRenew: false });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    await b.renew(1_000);
    await advance(10_000);
    expect([a.isHeld, (await store.look('key')).holders.length]).toEqual([true, 1]);
    await b.renew('1m');
    await advance(50_000);
    expect(a.isHeld).toBe(true);
    await a.release();
    await b.renew(1_000);
    expect(b.ttl).toBe(1_000);
  });
});

describe('readers that waited', () => {
  useFakeClock();

  it('begin together, and with a place of theirs in the queue', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('key', 'rival');
    const all = Array.from({ length: SHARED_FENCE_BLOCK + 8 }, () => outcomeOf(locks.acquire('key', READER)));
    await flush();
    expect((await store.look('key')).waiting).toHaveLength(1);
    await rival.release('key', 'rival');
    await flush();
    expect(all.map(({ state }) => state)).toEqual(all.map(() => 'resolved'));
    const fences = all.map((each) => lockOf(each).fencingToken);
    expect(new Set(fences).size).toBe(SHARED_FENCE_BLOCK + 8);
    expect((await store.look('key')).holders).toHaveLength(2);
    await Promise.all(all.map((each) => lockOf(each).release()));
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
    expect(await lastingTimers()).toBe(0);
  });

  it('behind a writer do not overtake it, nor does a newcomer', async () => {
    const { locks, rival } = openLocks({ wait: 60_000 });
    const a = await locks.acquire('key', READER);
    const writer = rival.token();
    await rival.join('key', writer);
    await advance(20);
    const b = outcomeOf(locks.acquire('key', READER));
    await flush();
    const c = outcomeOf(locks.acquire('key', READER));
    await flush();
    expect([b.state, c.state]).toEqual(['pending', 'pending']);
    await a.release();
    expect(await rival.holding('key')).toEqual([writer]);
    await rival.release('key', writer);
    await flush();
    expect([b.state, c.state, lockOf(b).token === lockOf(c).token]).toEqual(['resolved', 'resolved', true]);
  });
});

describe('the release of a reader', () => {
  useFakeClock();

  it('leaves the lease to the others, and the last gives it back with the last fencing token used', async () => {
    const { locks, store, heard } = openLocks();
    const [a, b, c] = [
      await locks.acquire('key', READER),
      await locks.acquire('key', READER),
      await locks.acquire('key', READER),
    ];
    await c.release();
    await a.release();
    expect([store.sent('release'), b.isHeld, a.isHeld]).toEqual([[], true, false]);
    await flush();
    expect(heard('released').map(({ fencingToken }) => fencingToken)).toEqual([c.fencingToken, a.fencingToken]);
    expect(await b.release()).toBe(true);
    expect(store.sent('release')).toEqual([{ key: 'key', token: b.token, fencingToken: c.fencingToken }]);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('by all of them at once sends one request', async () => {
    const { locks, store } = openLocks();
    const all = await Promise.all(Array.from({ length: 20 }, () => locks.acquire('key', READER)));
    expect(await Promise.all(all.map((lock) => lock.release()))).toEqual(all.map(() => true));
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'release']);
    expect(await lastingTimers()).toBe(0);
  });
});

describe('a lease of readers', () => {
  useFakeClock();

  it('is renewed by one request, of which each of them hears', async () => {
    withoutJitter();
    const { locks, store, heard } = openLocks();
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    await advance(400);
    expect(store.sent('touch')).toHaveLength(1);
    expect(heard('renewed').map(({ fencingToken, mode }) => [fencingToken, mode])).toEqual([
      [a.fencingToken, 'read'],
      [b.fencingToken, 'read'],
    ]);
  });

  it('ends for all when it is lost', async () => {
    withoutJitter();
    const { locks, rival, heard, store } = openLocks();
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    const aborted: string[] = [];
    a.signal.addEventListener('abort', () => aborted.push('a'));
    b.signal.addEventListener('abort', () => aborted.push('b'));
    await rival.release('key', a.token);
    await advance(400);
    expect([aborted, a.isHeld, b.isHeld]).toEqual([['a', 'b'], false, false]);
    expect(heard('lost').map(({ fencingToken }) => fencingToken)).toEqual([a.fencingToken, b.fencingToken]);
    expect([await a.release(), await b.release()]).toEqual([false, false]);
    expect(store.sent('release')).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('ends for all by the clock where it is not renewed', async () => {
    const { locks } = openLocks({ ttl: 100, autoRenew: false });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    await advance(96);
    expect([a.isHeld, b.isHeld]).toEqual([true, true]);
    await advance(1);
    expect([a.isHeld, b.isHeld, a.signal.aborted, b.signal.aborted]).toEqual([false, false, true, true]);
  });

  it('is renewed for no longer than maxHold', async () => {
    const { locks } = openLocks({ maxHold: 3_000 });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    await advance(3_000);
    expect([a.isHeld, b.isHeld]).toEqual([true, true]);
    await advance(1_000);
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
  });

  it('of a ttl of 100 ms is kept', async () => {
    const { locks } = openLocks({ ttl: 100 });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    await advance(2_000);
    expect([a.isHeld, b.isHeld]).toEqual([true, true]);
  });

  it('that was heard of and can’t be claimed is lost for all, and given back', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('key', 'rival');
    const all = [outcomeOf(locks.acquire('key', READER)), outcomeOf(locks.acquire('key', READER))];
    await flush();
    store.always('touch', () => Promise.resolve([{ state: 'gone' }]));
    await rival.release('key', 'rival');
    await flush();
    expect(all.map((each) => [each.state, lockOf(each).isHeld])).toEqual([
      ['resolved', false],
      ['resolved', false],
    ]);
  });

  it('is not joined while it is over and no one has noticed', async () => {
    const { locks } = openLocks({ ttl: 100, autoRenew: false }, 0, new FakeStore(), { count: 100, time: Infinity });
    const a = await locks.acquire('key', READER);
    await advance(98);
    expect((await locks.acquire('key', READER)).token).not.toBe(a.token);
  });

  it('keeps writers out, of this process as well, until the last reader has left', async () => {
    const { locks, rival } = openLocks({ wait: 60_000 });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    const writer = outcomeOf(locks.acquire('key'));
    await flush();
    expect(await rival.acquire('key', 'rival', 1_000, EXCLUSIVE)).toMatchObject({ state: 'busy' });
    await a.release();
    await flush();
    expect(writer.state).toBe('pending');
    await b.release();
    await flush();
    expect([writer.state, lockOf(writer).fencingToken > b.fencingToken]).toEqual(['resolved', true]);
  });
});
