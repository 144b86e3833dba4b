/** All keys of one call, or none; in one order for everybody. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockKeyError, LockLostError, LockTimeoutError } from '../../../lib/lock.errors.js';
import { outcomeOf, openLocks } from '../../support/fakes/locks.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { failing, hanging } from '../../support/fakes/fake-store.js';
import type { Behaviour } from '../../support/fakes/fake-store.js';

describe('a lock over several keys', () => {
  useFakeClock();

  it('takes them in one order, however they were given', async () => {
    const { locks, store } = openLocks();
    await (await locks.acquire(['b', 'a', 'B', 'ä'])).release();
    await (await locks.acquire(['ä', 'B', 'b', 'a'])).release();
    const order = ['B', 'a', 'b', 'ä'];
    expect(store.sent('acquire').map(({ key }) => key)).toEqual([...order, ...order]);
  });

  it('takes a key once that is named twice', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire(['a', 'b', 'a']);
    expect(lock.keys).toEqual(['a', 'b']);
    await lock.release();
    expect(store.sent('acquire')).toHaveLength(2);
    expect((await store.look('a')).holders).toEqual([]);
  });

  it('is named after the first as they were given, and knows the fencing token of each', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire(['b', 'a']);
    const [a, b] = [(await store.look('a')).holders[0]!, (await store.look('b')).holders[0]!];
    expect([lock.key, lock.token, lock.fencingToken]).toEqual(['b', b.token, b.fencingToken]);
    expect([...lock.fencingTokens]).toEqual([
      ['b', b.fencingToken],
      ['a', a.fencingToken],
    ]);
  });

  it('of no key is refused', async () => {
    const { locks, store } = openLocks();
    await expect(locks.withLock([], () => 'ran')).rejects.toBeInstanceOf(LockKeyError);
    await expect(locks.acquire(['a', ''])).rejects.toBeInstanceOf(LockKeyError);
    expect(store.calls).toEqual([]);
  });

  it.each([
    ['is busy', 0, LockBusyError],
    ['is not free in time', 1_000, LockTimeoutError],
  ])('leaves none when one %s', async (_, wait, kind) => {
    const { locks, store, rival } = openLocks({ wait });
    await rival.acquire('b', 'rival');
    const asked = outcomeOf(locks.acquire(['a', 'b', 'c']));
    await advance(wait);
    expect(asked.value).toBeInstanceOf(kind);
    expect((await store.look('a')).holders).toEqual([]);
    expect(store.sent('acquire').map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('leaves none when the store fails in the middle', async () => {
    const { locks, store } = openLocks();
    store.next('acquire', (call) => call.carryOut()).next('acquire', failing);
    await expect(locks.acquire(['a', 'b', 'c'])).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'b' });
    expect((await store.look('a')).holders).toEqual([]);
  });

  it('leaves none when it is cancelled in the middle', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('b', 'rival');
    const controller = new AbortController();
    const asked = outcomeOf(locks.acquire(['a', 'b'], { signal: controller.signal }));
    await flush();
    controller.abort();
    await flush();
    expect(asked.state).toBe('rejected');
    expect((await store.look('a')).holders).toEqual([]);
    expect((await store.look('b')).waiting).toEqual([]);
  });

  it('has one wait for all of them', async () => {
    const { locks, rival } = openLocks({ wait: 1_000 });
    await rival.acquire('a', 'rival', 600);
    await rival.acquire('b', 'rival');
    const asked = outcomeOf(locks.acquire(['a', 'b']));
    await advance(999);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockTimeoutError);
  });

  it('cannot deadlock with another that names them the other way round', async () => {
    const { locks } = openLocks({ wait: Infinity });
    const done: string[] = [];
    const run = (name: string, keys: string[]): Promise<unknown> =>
      locks.withLock(keys, async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        done.push(name);
      });
    const both = Promise.all([run('first', ['a', 'b']), run('second', ['b', 'a'])]);
    await advance(20);
    await both;
    expect(done).toEqual(['first', 'second']);
  });

  // Of what is asked in one turn a store makes one call; see `group-commit.spec.ts`.
  it('is released in one turn, no key waiting for the answer of another', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire(['a', 'b', 'c']);
    const released = lock.release();
    expect(store.sent('release').map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    await released;
    expect(store.sent('release')).toHaveLength(3);
  });

  it('renews them all together, by hand too', async () => {
    withoutJitter();
    const { locks, store } = openLocks();
    const lock = await locks.acquire(['a', 'b']);
    await lock.renew('2s');
    expect(store.sent('touch').map(({ key, ttl }) => [key, ttl])).toEqual([
      ['a', 2_000],
      ['b', 2_000],
    ]);
    await advance(700);
    expect(store.calls.filter(({ name }) => name === 'touch').map(({ requests }) => requests.length)).toEqual([
      1, 1, 2,
    ]);
  });

  it('is lost with the first of them, and the others are given back at its end', async () => {
    const { locks, store, rival } = openLocks();
    const lock = await locks.acquire(['a', 'b']);
    const { signal } = lock;
    await rival.release('b', (await store.look('b')).holders[0]!.token);
    await advance(400);
    expect(lock.isHeld).toBe(false);
    expect(signal.reason).toBeInstanceOf(LockLostError);
    expect(signal.reason).toMatchObject({ key: 'b' });
    expect(await lock.release()).toBe(false);
    expect((await store.look('a')).holders).toEqual([]);
  });

  it('expires with the first of them', async () => {
    const { locks, store, rival } = openLocks({ autoRenew: false, ttl: '2s' });
    await rival.acquire('b', 'rival', 500);
    const asked = locks.acquire(['a', 'b']);
    await advance(1_000);
    const lock = await asked;
    expect(store.sent('acquire').map(({ key }) => key)).toEqual(['a', 'b']);
    expect(lock.expiresAt.getTime() - Date.now()).toBe(1_978 - 1_000);
  });
});

describe('the wait for several keys', () => {
  useFakeClock();

  const slowly =
    (delay: number): Behaviour<'acquire'> =>
    async (call) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      return call.carryOut();
    };

  it.each([
    [400, 1_000],
    [900, 2_500],
    [1_500, 3_500],
  ])('that a store of %d ms outlasts is over, and the store is not called out of reach', async (delay, wait) => {
    const { locks, store, heard } = openLocks({ wait, ttl: '30s' });
    store.always('acquire', slowly(delay));
    const asked = outcomeOf(locks.acquire(['a', 'b', 'c', 'd']));
    await advance(wait - 1);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockTimeoutError);
    expect((asked.value as Error).message).toMatch(/several keys.*"c"/);
    expect(heard('failed')).toEqual([]);
    await advance(delay);
    for (const key of ['a', 'b', 'c', 'd']) expect((await store.look(key)).holders).toEqual([]);
  });

  it('that another holder has used up ends as one for the other keys', async () => {
    const { locks, store, rival } = openLocks({ wait: 5_000, ttl: '30s' });
    await rival.acquire('a', 'rival', 60_000);
    const asked = outcomeOf(locks.acquire(['a', 'b']));
    await advance(4_980);
    store.always('acquire', slowly(300));
    await rival.release('a', 'rival');
    await advance(20);
    expect(asked.value).toBeInstanceOf(LockTimeoutError);
    await advance(300);
    for (const key of ['a', 'b']) expect((await store.look(key)).holders).toEqual([]);
  });

  it('says that the store is out of reach when it has said nothing for a second', async () => {
    const { locks, store } = openLocks({ wait: 3_000, ttl: '30s' });
    store.next('acquire', slowly(100)).always('acquire', hanging);
    const asked = outcomeOf(locks.acquire(['a', 'b']));
    await advance(3_000);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'b' });
  });
});

describe('several keys that are to be kept for a while', () => {
  useFakeClock();

  it('are not kept where the lock was not had', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('b', 'rival', 60_000);
    const timedOut = outcomeOf(locks.acquire(['a', 'b'], { minHold: 30_000, wait: 50 }));
    await advance(50);
    expect(timedOut.value).toBeInstanceOf(LockTimeoutError);
    expect((await store.look('a')).holders).toEqual([]);
  });

  it('are not kept where the lease of one ended before the section could begin', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('b', 'rival', 60_000);
    const asked = outcomeOf(locks.acquire(['a', 'b'], { minHold: 30_000 }));
    await flush();
    await store.server.release([{ key: 'a', token: (await store.look('a')).holders[0]!.token }]);
    await advance(1_000);
    await rival.release('b', 'rival');
    await advance(1_000);
    expect(asked.state).toBe('resolved');
  });

  it('are kept once it was', async () => {
    const { locks, store } = openLocks();
    await (await locks.acquire(['a', 'b'], { minHold: 30_000 })).release();
    await flush();
    expect((await store.look('a')).holders).toMatchObject([{ expiresIn: 30_000 }]);
  });
});

describe('a key that this process holds itself', () => {
  useFakeClock();

  it.each([0, 500])('is told as such after a wait of %d ms, and not as somebody else’s', async (wait) => {
    const { locks } = openLocks({ ttl: '30s' });
    await locks.acquire('key');
    const asked = outcomeOf(locks.acquire('key', { wait }));
    await advance(wait);
    expect((asked.value as Error).message).toMatch(/held in this process, perhaps by this very caller/);
  });

  it.each([0, 500])('is not what is said of a key of another process (%d ms)', async (wait) => {
    const { locks, rival } = openLocks({ ttl: '30s' });
    await rival.acquire('key', 'rival', 30_000);
    const asked = outcomeOf(locks.acquire('key', { wait }));
    await advance(wait);
    expect((asked.value as Error).message).not.toContain('in this process');
  });
});
