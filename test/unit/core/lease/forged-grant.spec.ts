/** Grants that nobody gave: what a message says is believed until the store is heard, and never goes on record. */
import { describe, expect, it } from '@jest/globals';
import type { HandOffBudget } from '../../../../lib/core/lease/hand-off.js';
import { LockLostError } from '../../../../lib/lock.errors.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate } from '../../../support/fakes/fake-store.js';

/** A rival holds the key, and some of ours wait; no message comes but those that the test makes up. */
async function inLine(waiters = 1, handOff: HandOffBudget = { count: 64, time: Infinity }) {
  const bench = openLocks({ ttl: 2_000, wait: 60_000 }, 10_000, new FakeStore(), handOff);
  const { locks, store, rival } = bench;
  await rival.acquire('key', 'rival', 60_000);
  const asked = Array.from({ length: waiters }, () => outcomeOf(locks.acquire('key')));
  await flush();
  store.deafen();
  const [token] = (await store.look('key')).waiting;
  const { lastFencingToken } = await store.look('key');
  /** Tells of a grant with a fencing token of its own. */
  const tell = (): void => {
    const at = Math.round((performance.timeOrigin + performance.now()) * 1_000);
    store.listener!.granted({ token: token!, fencingToken: lastFencingToken! + 1_000_000_000, ttl: 2_000, at });
  };
  /** Makes the grant true. */
  const grant = () => rival.release('key', 'rival');
  return { ...bench, asked, token: token!, tell, grant };
}

describe('a grant that nobody gave', () => {
  useFakeClock();

  it('is lost as soon as the store says that the token still waits, and leaves no place behind', async () => {
    const { store, asked, tell, heard } = await inLine();
    tell();
    await flush();
    expect(lockOf(asked[0]!).isHeld).toBe(false);
    expect(lockOf(asked[0]!).signal.reason).toBeInstanceOf(LockLostError);
    expect(heard('lost')).toHaveLength(1);
    expect(await store.look('key')).toMatchObject({ holders: [{ token: 'rival' }], waiting: [] });
  });

  it('is lost as soon as the store does not know the token', async () => {
    const { store, asked, token, tell, rival } = await inLine();
    await rival.release('key', token);
    tell();
    await flush();
    expect(lockOf(asked[0]!).signal.reason).toBeInstanceOf(LockLostError);
    expect(await store.look('key')).toMatchObject({ holders: [{ token: 'rival' }], waiting: [] });
  });

  it('lets nobody else of the process in, who wait on under another token', async () => {
    const { store, asked, token, tell, grant } = await inLine(2);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    tell();
    await flush();
    await lockOf(asked[0]!).release();
    await flush();
    expect(asked[1]!.state).toBe('pending');
    gate.open();
    await flush();
    const { waiting } = await store.look('key');
    expect([asked[1]!.state, waiting.length, waiting.includes(token)]).toEqual(['pending', 1, false]);
    await grant();
    await advance(1_000);
    expect(lockOf(asked[1]!).isHeld).toBe(true);
  });
});

describe('a wrong fencing token of a grant', () => {
  useFakeClock();

  it('ends the lock as soon as the store has said the right one, and frees the key', async () => {
    const { store, asked, tell, grant, rival } = await inLine();
    await grant();
    const { lastFencingToken } = await store.look('key');
    tell();
    await flush();
    const { fencingToken } = lockOf(asked[0]!);
    expect(lockOf(asked[0]!).signal.reason).toBeInstanceOf(LockLostError);
    expect((await store.look('key')).holders).toEqual([]);
    await rival.acquire('key', 'next');
    const next = (await store.look('key')).lastFencingToken!;
    expect(next).toBeGreaterThan(lastFencingToken!);
    expect(next).toBeLessThan(fencingToken);
  });

  it.each<readonly [string, number, HandOffBudget]>([
    ['alone', 1, { count: 64, time: Infinity }],
    ['before another of the process', 2, { count: 64, time: Infinity }],
    ['with another of the process as successor', 2, { count: 0, time: 0 }],
  ])('never goes on record, even if the lock is given back before that (%s)', async (_, waiters, budget) => {
    const { store, asked, tell, grant, rival } = await inLine(waiters, budget);
    await grant();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    tell();
    await flush();
    const { fencingToken } = lockOf(asked[0]!);
    await lockOf(asked[0]!).release();
    gate.open();
    await flush();
    if (waiters > 1) {
      expect(lockOf(asked[1]!)).toMatchObject({ isHeld: true });
      expect(lockOf(asked[1]!).fencingToken).toBeLessThan(fencingToken);
      await lockOf(asked[1]!).release();
    }
    await rival.acquire('key', 'next');
    expect((await store.look('key')).lastFencingToken).toBeLessThan(fencingToken);
    for (const request of store.sent('release')) expect(request.fencingToken ?? 0).toBeLessThan(fencingToken);
  });
});

describe('a grant that is true', () => {
  useFakeClock();

  it('is handed on once the store has confirmed it, and needs no request more', async () => {
    const { store, asked, token, grant } = await inLine(2);
    await grant();
    const { fencingToken } = (await store.look('key')).holders[0]!;
    store.listener!.granted({ token, fencingToken, ttl: 2_000, at: fencingToken });
    await flush();
    await lockOf(asked[0]!).release();
    await flush();
    expect(lockOf(asked[1]!).fencingToken).toBe(fencingToken + 1);
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'touch']);
  });

  it('that is never confirmed is lost when the claim window is over, and the next asks anew', async () => {
    const { store, asked, tell } = await inLine(2);
    store.always('touch', failing);
    tell();
    await flush();
    await lockOf(asked[0]!).release();
    await advance(2_000);
    expect(asked[1]!.state).toBe('pending');
    expect((await store.look('key')).waiting).toHaveLength(1);
  });

  it('and is only a place in line to the server that took over leaves none behind, though it was handed on', async () => {
    const { store, locks, rival } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key');
    const next = outcomeOf(locks.acquire('key'));
    await flush();
    await lock.release();
    expect(next.state).toBe('resolved');
    await rival.release('key', lock.token);
    await rival.acquire('key', 'rival', 60_000);
    await rival.join('key', lock.token);
    await advance(400);
    expect(lockOf(next).signal.reason).toBeInstanceOf(LockLostError);
    expect(await store.look('key')).toMatchObject({ holders: [{ token: 'rival' }], waiting: [] });
  });
});
