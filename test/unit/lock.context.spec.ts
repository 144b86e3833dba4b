/** Re-entry by async context: what counts as the caller's own lock, for how long, and what never does. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockBusyError, LockLostError, LockNotHeldError } from '../../lib/lock.errors.js';
import type { Lock } from '../../lib/lock.js';
import { LockService } from '../../lib/lock.service.js';
import { outcomeOf, openLocks } from './support/engine.js';
import { advance, flush, useFakeClock } from './support/fake-clock.js';
import { Gate } from './support/fake-store.js';

describe('entering a key that is held', () => {
  useFakeClock();

  it('is a counter: no request, the same lease, the same fencing token', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      await locks.withLock('key', async (inner) => {
        expect([inner.token, inner.fencingToken]).toEqual([outer.token, outer.fencingToken]);
      });
      expect(store.calls).toHaveLength(1);
    });
  });

  it('to depth d needs d releases', async () => {
    const { locks, store } = openLocks();
    const depths: boolean[] = [];
    const dive = (depth: number): Promise<void> =>
      locks.withLock('key', async () => {
        if (depth > 1) await dive(depth - 1);
        depths.push((await store.look('key')).holder !== null);
      });
    await dive(5);
    expect(depths).toEqual([true, true, true, true, true]);
    expect(store.sent('release')).toHaveLength(1);
    expect((await store.look('key')).holder).toBeNull();
  });

  it('and releasing it inside neither frees it nor stops its renewal', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      const inner = await locks.acquire('key');
      await inner.release();
      expect([inner.isHeld, outer.isHeld]).toEqual([false, true]);
      await advance(10_000);
      expect(outer.isHeld).toBe(true);
      expect((await store.look('key')).holder).toMatchObject({ token: outer.token });
    });
  });

  it('keeps it when the outer section ends first', async () => {
    const { locks, store } = openLocks();
    let inner!: Lock;
    const outer = await locks.withLock('key', async (lock) => {
      inner = await locks.acquire('key');
      return lock;
    });
    expect([outer.isHeld, inner.isHeld]).toEqual([false, true]);
    await advance(10_000);
    expect(inner.isHeld).toBe(true);
    await inner.release();
    expect((await store.look('key')).holder).toBeNull();
  });

  it('throws when it is lost', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    await locks.withLock('key', { onLost: 'ignore' }, async (lock) => {
      await advance(988);
      const inner = locks.withLock('key', () => expect(true).toBe(false));
      await expect(inner).rejects.toBeInstanceOf(LockLostError);
      await expect(inner).rejects.toMatchObject({ key: 'key', cause: lock.signal.reason });
      await expect(locks.tryAcquire('key')).rejects.toBeInstanceOf(LockLostError);
    });
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it('works for some of several keys, and takes the rest', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('b', async () => {
      await locks.withLock(['a', 'b', 'c'], async () => undefined);
      expect(store.sent('acquire').map(({ key }) => key)).toEqual(['b', 'a', 'c']);
      expect(store.sent('release').map(({ key }) => key)).toEqual(['a', 'c']);
    });
    expect(store.sent('release').map(({ key }) => key)).toEqual(['a', 'c', 'b']);
  });

  it('by two branches at once lets both run, and frees it after the last', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      const inside: string[] = [];
      const branch = (name: string, ms: number): Promise<void> =>
        locks.withLock('key', async (lock) => {
          inside.push(`${name} in`);
          await new Promise((resolve) => setTimeout(resolve, ms));
          expect(lock.fencingToken).toBe(outer.fencingToken);
          inside.push(`${name} out`);
        });
      const both = Promise.all([branch('a', 20), branch('b', 10)]);
      await advance(20);
      await both;
      expect(inside).toEqual(['a in', 'b in', 'b out', 'a out']);
      expect(outer.isHeld).toBe(true);
      expect(store.sent('release')).toEqual([]);
    });
    expect(store.sent('release')).toHaveLength(1);
  });
});

describe('with reentrant: false', () => {
  useFakeClock();

  it.each([
    ['the inner call', {}, { reentrant: false }],
    ['the outer call', { reentrant: false }, {}],
  ])('at %s a caller that would wait for itself is told at once', async (_, outer, inner) => {
    const { locks, store } = openLocks({ wait: Infinity });
    await locks.withLock('key', outer, async () => {
      const asked = locks.acquire('key', inner);
      await expect(asked).rejects.toBeInstanceOf(LockBusyError);
      await expect(asked).rejects.toThrow('reentrant: false');
    });
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it('nothing is left of the other keys of a call that would wait for itself', async () => {
    const { locks, store } = openLocks({ reentrant: false });
    await locks.withLock('key', async () => {
      await expect(locks.acquire(['a', 'key'])).rejects.toBeInstanceOf(LockBusyError);
      expect((await store.look('a')).holder).toBeNull();
    });
  });

  it('a caller waits for others as usual', async () => {
    const { locks } = openLocks({ reentrant: false });
    const lock = await locks.acquire('key');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    expect(asked.state).toBe('pending');
    await lock.release();
    await flush();
    expect(asked.state).toBe('resolved');
  });
});

describe('a branch that outlives its section', () => {
  useFakeClock();

  it('takes the key anew', async () => {
    const { locks, store } = openLocks();
    let branch!: Promise<string>;
    const token = await locks.withLock('key', async (lock) => {
      branch = new Promise((resolve) => setTimeout(resolve, 100)).then(() =>
        locks.withLock('key', async (own) => own.token),
      );
      return lock.token;
    });
    await advance(100);
    expect(await branch).not.toBe(token);
    expect(store.sent('acquire')).toHaveLength(2);
  });

  it('takes it anew even while it is being given back', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    let later!: () => Promise<Lock>;
    const outer = outcomeOf(
      locks.withLock('key', async () => {
        const { AsyncResource } = await import('node:async_hooks');
        later = AsyncResource.bind(() => locks.acquire('key'));
      }),
    );
    await flush();
    const asked = outcomeOf(later());
    await flush();
    expect([outer.state, asked.state]).toEqual(['pending', 'pending']);
    gate.open();
    await flush();
    expect([outer.state, asked.state]).toEqual(['resolved', 'resolved']);
    expect(store.sent('acquire')).toHaveLength(2);
  });

  it('has no current lock', async () => {
    const { locks } = openLocks();
    let branch!: Promise<Lock>;
    await locks.withLock('key', async () => {
      branch = new Promise((resolve) => setTimeout(resolve, 100)).then(() => locks.current());
    });
    branch.catch(() => undefined);
    await advance(100);
    await expect(branch).rejects.toBeInstanceOf(LockNotHeldError);
  });
});

describe('the current lock', () => {
  useFakeClock();

  it('is the innermost, and of a key the innermost that covers it', async () => {
    const { locks } = openLocks();
    await locks.withLock(['a', 'b'], async (outer) => {
      await locks.withLock('c', async (inner) => {
        expect([locks.current(), locks.current('c'), locks.current('b')]).toEqual([inner, inner, outer]);
        expect(['a', 'b', 'c', 'd'].map((key) => locks.holds(key))).toEqual([true, true, true, false]);
      });
      expect(locks.current()).toBe(outer);
    });
    expect(() => locks.current()).toThrow(LockNotHeldError);
  });

  it('is nobody else’s: parallel callers and other services do not see it', async () => {
    const { locks, engine } = openLocks();
    const other = new LockService(engine);
    const gate = jest.fn();
    const section = locks.withLock('key', async () => {
      expect(() => other.current()).toThrow(LockNotHeldError);
      expect([locks.holds('key'), other.holds('key')]).toEqual([true, false]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      gate();
    });
    await flush();
    expect(locks.holds('key')).toBe(false);
    expect(() => locks.current('key')).toThrow(LockNotHeldError);
    await advance(10);
    await section;
    expect(gate).toHaveBeenCalled();
  });

  it('is not what acquire() returns, unless run() makes it so', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    expect(locks.holds('key')).toBe(false);
    await locks.run(lock, async () => {
      expect(locks.current()).toBe(lock);
      await locks.withLock('key', async () => undefined);
    });
    expect(store.calls).toHaveLength(1);
    expect(lock.isHeld).toBe(true);
  });

  it('holds a key only until its lease ends', async () => {
    const { locks } = openLocks({ autoRenew: false });
    await locks.withLock('key', { onLost: 'ignore' }, async () => {
      await advance(988);
      expect(locks.holds('key')).toBe(false);
    });
  });
});
