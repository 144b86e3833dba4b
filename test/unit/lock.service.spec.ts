/** The façade: what each method takes, answers and throws. */
import { describe, expect, it, jest } from '@jest/globals';
import {
  LockBusyError,
  LockKeyError,
  LockLostError,
  LockNotHeldError,
  LockOptionsError,
} from '../../lib/lock.errors.js';
import type { Lock } from '../../lib/lock.js';
import { outcomeOf, openLocks } from '../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../support/fakes/fake-clock.js';
import { failing } from '../support/fakes/fake-store.js';

describe('acquire', () => {
  useFakeClock();

  it('answers a lock that tells all about itself', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    await advance(5_000);
    const lock = await locks.acquire('key');
    const { token, fencingToken } = (await store.look('key')).holders[0]!;
    expect(lock).toMatchObject({ key: 'key', keys: ['key'], token, fencingToken, ttl: 30_000, isHeld: true });
    expect(lock.acquiredAt).toEqual(new Date());
    expect(lock.expiresAt.getTime() - Date.now()).toBe(29_698);
    expect(lock.signal.aborted).toBe(false);
  });

  it('takes what the call says before what the module says', async () => {
    const { locks, store } = openLocks({ ttl: '30s', autoRenew: true });
    await locks.acquire('a', { ttl: '5s', autoRenew: false });
    await locks.acquire('b');
    expect(store.sent('acquire').map(({ ttl }) => ttl)).toEqual([5_000, 30_000]);
    await advance(4_900);
    expect(store.sent('touch')).toEqual([]);
  });

  it.each([
    { ttl: NaN },
    { ttl: -1 },
    { ttl: 99 },
    { ttl: '5 parsecs' as '5s' },
    { wait: NaN },
    { wait: -1 },
    { wait: '' as '1s' },
    { maxHold: 0 },
    { autoRenew: 1 as unknown as boolean },
    { signal: {} as AbortSignal },
  ])('refuses a bad option before it asks for anything: %p', async (options) => {
    const { locks, store } = openLocks();
    await expect(locks.acquire('key', options)).rejects.toBeInstanceOf(LockOptionsError);
    await expect(locks.tryAcquire('key', options)).rejects.toBeInstanceOf(LockOptionsError);
    expect(store.calls).toEqual([]);
  });

  it.each(['', '\ud800', undefined, 42, ['a', null], {}])('refuses what cannot name a lock: %p', async (key) => {
    const { locks, store } = openLocks();
    await expect(locks.acquire(key as string)).rejects.toBeInstanceOf(LockKeyError);
    expect(store.calls).toEqual([]);
  });

  it('gives back what `await using` leaves behind', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await lock[Symbol.asyncDispose]();
    expect((await store.look('key')).holders).toEqual([]);
    await lock[Symbol.asyncDispose]();
    expect(store.sent('release')).toHaveLength(1);
  });
});

describe('tryAcquire', () => {
  useFakeClock();

  it('answers null when somebody else holds the key, without waiting', async () => {
    const { locks, rival } = openLocks({ wait: '10s' });
    await rival.acquire('key', 'rival');
    expect(await locks.tryAcquire('key')).toBeNull();
  });

  it('waits as long as the call says, and answers null then', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.tryAcquire('key', { wait: '2s' }));
    await advance(1_999);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked).toEqual({ state: 'resolved', value: null });
  });

  it('never answers null for a store that cannot be reached', async () => {
    const { locks, store } = openLocks();
    store.next('acquire', failing);
    await expect(locks.tryAcquire('key')).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  });

  it('answers a lock when the key is free', async () => {
    const { locks } = openLocks();
    expect((await locks.tryAcquire('key'))!.isHeld).toBe(true);
  });
});

describe('renew', () => {
  useFakeClock();

  it('renews the current lock, a key that is held here, or a lock', async () => {
    const { locks, store } = openLocks();
    const handle = await locks.acquire('handle');
    await locks.withLock('outer', () =>
      locks.withLock('inner', async () => {
        await locks.renew();
        await locks.renew('outer', '5s');
        await locks.renew(handle, '7s');
      }),
    );
    expect(store.sent('touch').map(({ key, ttl }) => [key, ttl])).toEqual([
      ['inner', 1_000],
      ['outer', 5_000],
      ['handle', 7_000],
    ]);
  });

  it('throws where nothing is held', async () => {
    const { locks } = openLocks();
    await expect(locks.renew()).rejects.toBeInstanceOf(LockNotHeldError);
    await expect(locks.renew('key')).rejects.toMatchObject({ code: 'LOCK_NOT_HELD', key: 'key' });
  });

  it('of a lost lock throws the loss', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    await advance(988);
    await expect(locks.renew(lock)).rejects.toBe(lock.signal.reason);
  });
});

describe('run', () => {
  useFakeClock();

  it('runs code in the lock and gives back what it returns', async () => {
    const { locks } = openLocks();
    const lock = await locks.acquire('key');
    expect(locks.run(lock, () => locks.holds('key'))).toBe(true);
    expect(locks.holds('key')).toBe(false);
  });

  it('runs nothing in a lock that was released or lost', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const [released, lost] = [await locks.acquire('a'), await locks.acquire('b')];
    await released.release();
    await advance(988);
    expect(() => locks.run(released, () => 'ran')).toThrow(LockNotHeldError);
    expect(() => locks.run(lost, () => 'ran')).toThrow(LockLostError);
  });

  it('runs nothing in what only looks like a lock', () => {
    const { locks } = openLocks();
    expect(() => locks.run({ key: 'key', isHeld: true } as Lock, () => 'ran')).toThrow(LockOptionsError);
  });

  it.each<[string, (lock: Lock, other: Lock) => unknown]>([
    ['a lock of another service', (lock) => lock],
    ['something with all that a lock has', (lock) => Object.defineProperties({}, propertiesOf(lock))],
    ['something that inherits from a lock', (lock) => Object.create(lock) as Lock],
    ['nothing', () => null],
    ['a key', ({ key }) => key],
  ])('and renew refuse %s', async (_, disguise) => {
    const [{ locks }, other] = [openLocks(), openLocks()];
    const foreign = disguise(await other.locks.acquire('key'), await locks.acquire('key')) as Lock;
    const section = jest.fn();
    expect(() => locks.run(foreign, section)).toThrow(LockOptionsError);
    expect(section).not.toHaveBeenCalled();
    if (typeof foreign !== 'object' || foreign === null) return;
    await expect(locks.renew(foreign)).rejects.toBeInstanceOf(LockOptionsError);
    expect(other.store.sent('touch')).toEqual([]);
  });

  it('says whose lock it refuses', async () => {
    const [{ locks }, other] = [openLocks(), openLocks()];
    const foreign = await other.locks.acquire('key');
    expect(() => locks.run(foreign, () => 'ran')).toThrow(expect.objectContaining({ key: 'key' }));
    expect(() => locks.run(foreign, () => 'ran')).toThrow('was not acquired by this LockService');
    expect(other.locks.run(foreign, () => other.locks.holds('key'))).toBe(true);
  });
});

describe('inspect', () => {
  useFakeClock();

  it('tells who holds a key and who waits, and takes nothing', async () => {
    const { locks, rival } = openLocks();
    expect(await locks.inspect('key')).toEqual({
      key: 'key',
      holders: [],
      holder: null,
      waiting: [],
      waiters: [],
      lastFencingToken: null,
    });
    await rival.acquire('key', 'rival', 30_000);
    outcomeOf(locks.acquire('key'));
    await flush();
    expect(await locks.inspect('key')).toMatchObject({
      holders: [{ token: 'rival', expiresIn: 30_000 }],
      waiting: [expect.any(String)],
      waiters: [{ process: null, report: { label: '', callers: 1, waitedMs: 0 } }],
    });
  });

  it('refuses what cannot name a lock', async () => {
    const { locks } = openLocks();
    await expect(locks.inspect('')).rejects.toBeInstanceOf(LockKeyError);
    await expect(locks.forceRelease('')).rejects.toBeInstanceOf(LockKeyError);
  });
});

describe('a busy key', () => {
  useFakeClock();

  it('is one error whether the wait is 0 by call or by module', async () => {
    const { locks, rival } = openLocks({ wait: 0 });
    await rival.acquire('key', 'rival');
    await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockBusyError);
    await expect(locks.acquire('key', { wait: '0s' })).rejects.toBeInstanceOf(LockBusyError);
  });
});

/** Everything that an object has, inherited or its own, as properties of its own. */
function propertiesOf(object: object): PropertyDescriptorMap {
  const own = Object.getOwnPropertyDescriptors(object);
  return { ...Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object) as object), ...own };
}
