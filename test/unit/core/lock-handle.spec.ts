/** A lock as its caller has it: what it tells, what looking at it may do (nothing), and what several handles share. */
import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError, LockNotHeldError } from '../../../lib/lock.errors.js';
import type { LockEvent } from '../../../lib/lock.events.js';
import type { Lock } from '../../../lib/lock.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { advance, blockEventLoop, flush, useFakeClock } from '../../support/fakes/fake-clock.js';
import { muted } from '../../support/fakes/fake-store.js';

/** All that can be asked of a lock without calling it; answers what was seen. */
const LOOKS: Record<string, (lock: Lock, bench: Bench) => unknown> = {
  'its names': ({ key, keys, token, fencingToken, fencingTokens }) => [key, keys, token, fencingToken, fencingTokens],
  'its times': ({ ttl, acquiredAt, expiresAt }) => [ttl, acquiredAt, expiresAt],
  isHeld: (lock) => lock.isHeld,
  signal: (lock) => lock.signal.aborted,
  JSON: (lock) => JSON.stringify(lock),
  'util.inspect': (lock) => inspect(lock),
  'every property that it has': (lock) => {
    const all: unknown[] = [];
    for (const name in lock) all.push(lock[name as keyof Lock]);
    return all;
  },
  'holds()': (lock, { locks }) => locks.holds(lock.key),
  'signal.aborted': ({ signal }) => expect(signal.aborted).toBe(true),
  'signal.reason': ({ signal }) => expect(signal.reason).toBeInstanceOf(LockLostError),
  'signal.throwIfAborted()': ({ signal }) => expect(() => signal.throwIfAborted()).toThrow(LockLostError),
};

describe.each([
  ['one key', 'key'],
  ['several keys', ['key', 'other']],
])('looking at a lock of %s whose time is over', (_, keys) => {
  useFakeClock();

  /** A lock that nothing renews, of which it is not noticed yet that its time is over, and another caller that waits. */
  async function overdue() {
    const bench = openLocks({ autoRenew: false, wait: 60_000 });
    const { locks, store } = bench;
    const lock = await locks.acquire(keys);
    const next = outcomeOf(locks.acquire('key'));
    const ran: string[] = [];
    lock.signal.addEventListener('abort', () => ran.push('abort'));
    await flush();
    locks.events$.subscribe((event: LockEvent) => ran.push(event.type));
    blockEventLoop(5_000);
    store.calls.length = 0;
    return { ...bench, lock, next, ran };
  }

  it.each(Object.entries(LOOKS))('sends nothing and runs no code of a listener or a waiter: %s', async (__, look) => {
    const bench = await overdue();
    const { lock, next, ran, store } = bench;
    const timers = jest.getTimerCount();
    look(lock, bench);
    expect([ran, store.calls, next.state, jest.getTimerCount()]).toEqual([[], [], 'pending', timers]);
  });

  it('says that it is not held, at once and for good', async () => {
    const { lock, store } = await overdue();
    store.always('touch', muted);
    expect(lock.isHeld).toBe(false);
    await flush();
    expect(lock.isHeld).toBe(false);
  });

  it('has the rest follow when the running code is done: signal, event, release, and the next waiter', async () => {
    const { lock, next, ran, store } = await overdue();
    expect([lock.isHeld, lock.signal.aborted]).toEqual([false, true]);
    await flush();
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect([ran.slice(0, 2), next.state]).toEqual([['abort', 'lost'], 'resolved']);
    expect(store.calls.map(({ name }) => name)).toContain('release');
  });

  it.each(['release', 'renew'] as const)('and a call of %s() run no code of a listener in the middle', async (call) => {
    const { lock, ran } = await overdue();
    const called = outcomeOf(lock[call]() as Promise<unknown>);
    expect(ran).toEqual([]);
    await flush();
    expect([ran.slice(0, 2), called.state === 'pending']).toEqual([['abort', 'lost'], false]);
  });

  it('as a logger does it leaves it to others to notice', async () => {
    const { lock, ran, store } = await overdue();
    expect(lock).toMatchObject({ toJSON: expect.any(Function) });
    expect([JSON.parse(JSON.stringify(lock)), inspect(lock)]).toMatchObject([
      { isHeld: false },
      expect.stringContaining('isHeld: false'),
    ]);
    await flush();
    expect([ran, store.calls]).toEqual([[], []]);
  });

  it('gives out a signal that is asked for only then as aborted, for the reason that the events tell later', async () => {
    const { locks, store, heard } = openLocks({ autoRenew: false });
    const lock = await locks.acquire(keys);
    await flush();
    blockEventLoop(5_000);
    store.calls.length = 0;
    const { reason } = lock.signal;
    expect(reason).toBeInstanceOf(LockLostError);
    expect([store.calls, heard('lost')]).toEqual([[], []]);
    await advance(1_000);
    expect(heard('lost').map(({ error }) => error)).toContain(reason);
    expect(heard('lost')).toHaveLength(lock.keys.length);
    expect(await lock.release()).toBe(false);
  });

  it('tells the listeners once, however often it was looked at', async () => {
    const { lock, ran, heard } = await overdue();
    for (let i = 0; i < 3; i++) expect(lock.isHeld).toBe(false);
    await advance(2_000);
    expect([ran.filter((each) => each === 'abort').length, lock.isHeld]).toEqual([1, false]);
    expect(heard('lost').filter(({ token }) => token === lock.token)).toHaveLength(1);
  });
});

describe('a lock of several keys', () => {
  useFakeClock();

  it('is named by its first key, and knows the fencing token of each', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire(['b', 'a']);
    const fences = new Map<string, number>();
    for (const key of ['b', 'a']) fences.set(key, (await store.look(key)).holders[0]!.fencingToken);
    expect([lock.key, lock.keys, lock.fencingToken]).toEqual(['b', ['b', 'a'], fences.get('b')]);
    expect(lock.fencingTokens).toEqual(fences);
  });

  it('is held until the first of its leases ends', async () => {
    const { locks, rival } = openLocks({ autoRenew: false });
    await rival.acquire('b', 'rival', 300);
    const asked = outcomeOf(locks.acquire(['a', 'b']));
    await advance(800);
    const lock = asked.value as Lock;
    const left = lock.expiresAt.getTime() - Date.now();
    expect(left).toBe(988 - 800);
    await advance(left - 1);
    expect(lock.isHeld).toBe(true);
    await advance(1);
    expect([lock.isHeld, lock.signal.aborted]).toEqual([false, true]);
  });

  it('tells of the loss of any of them, and none of its handles of another', async () => {
    const { locks, rival } = openLocks();
    const [lock, other] = [await locks.acquire(['a', 'b']), await locks.acquire('c')];
    const { signal } = lock;
    await rival.release('b', lock.token).catch(() => undefined);
    await rival.release('a', lock.token);
    await advance(400);
    expect([signal.reason, other.isHeld]).toMatchObject([{ code: 'LOCK_LOST', key: 'a' }, true]);
    expect(await lock.release()).toBe(false);
  });
});

describe('the handles of one holder', () => {
  useFakeClock();

  it('share its lease, and the last one gives it back', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      const inner = await locks.acquire('key');
      expect([inner.token, inner.fencingToken]).toEqual([outer.token, outer.fencingToken]);
      expect([await inner.release(), inner.isHeld, outer.isHeld]).toEqual([true, false, true]);
      expect(store.sent('release')).toEqual([]);
    });
    expect(store.sent('release')).toHaveLength(1);
  });

  it('are released once each', async () => {
    const { locks } = openLocks();
    await locks.withLock('key', async (outer) => {
      const inner = await locks.acquire('key');
      await inner.release();
      await expect(inner.release()).rejects.toBeInstanceOf(LockNotHeldError);
      await expect(inner.renew()).rejects.toBeInstanceOf(LockNotHeldError);
      await inner[Symbol.asyncDispose]();
      expect(outer.isHeld).toBe(true);
    });
  });

  it('have one signal', async () => {
    const { locks } = openLocks({ autoRenew: false });
    await locks.withLock('key', { onLost: 'ignore' }, async (outer) => {
      const inner = await locks.acquire('key');
      expect(inner.signal).toBe(outer.signal);
      await advance(988);
      expect([inner.signal.aborted, inner.isHeld, outer.isHeld]).toEqual([true, false, false]);
    });
  });
});

describe('what a logger shows of a lock', () => {
  useFakeClock();

  it('is not its token, with which anybody could release it', async () => {
    const { locks } = openLocks();
    const lock = await locks.acquire('key');
    const { token, fencingToken } = lock;
    for (const shown of [JSON.stringify(lock), inspect(lock), inspect(lock, { showHidden: true, depth: 9 })]) {
      expect(shown).toContain(`${fencingToken}`);
      expect(shown).not.toContain(token);
    }
    await lock.release();
    expect(JSON.parse(JSON.stringify(lock))).toMatchObject({ key: 'key', isHeld: false, isReleased: true });
  });
});

describe('how long a caller has waited for its lock', () => {
  useFakeClock();

  it('is nothing where the key was free, and the time in the queue where it was not', async () => {
    const { locks, rival } = openLocks();
    expect((await locks.acquire('free')).waitedMs).toBe(0);
    await rival.acquire('key', 'rival', 60_000);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(700);
    await rival.release('key', 'rival');
    await flush();
    expect((asked.value as Lock).waitedMs).toBe(700);
  });

  it('is that of the key that took longest, where there are several', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('a', 'rival', 60_000);
    const asked = outcomeOf(locks.acquire(['b', 'a', 'c']));
    await advance(300);
    await rival.release('a', 'rival');
    await flush();
    expect((asked.value as Lock).waitedMs).toBe(300);
  });

  it('is nothing for a key that is entered again, also after the handle was given back', async () => {
    const { locks } = openLocks();
    const first = await locks.acquire('key');
    const waiting = locks.withLock('key', async (outer) => {
      const inner = await locks.acquire('key');
      expect([outer.waitedMs, inner.waitedMs]).toEqual([200, 0]);
      await inner.release();
      expect([outer.waitedMs, inner.waitedMs]).toEqual([200, 0]);
    });
    await advance(200);
    await first.release();
    await waiting;
  });

  it('counts from the call on, where the lease was over before the section could begin', async () => {
    const { locks } = openLocks({ ttl: 300 });
    const blocking = locks.withLock('first', { onLost: 'ignore' }, () => blockEventLoop(400));
    const section = outcomeOf(locks.withLock('key', ({ waitedMs }) => waitedMs));
    await blocking;
    await advance(1_000);
    expect(section.state).toBe('resolved');
    expect(section.value).toBeGreaterThanOrEqual(400);
  });
});
