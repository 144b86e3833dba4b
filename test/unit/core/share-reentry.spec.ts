/** Code that holds a key and asks for a share of it: what is a counter, and what would wait for itself. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError } from '../../../lib/lock.errors.js';
import { useFakeClock } from '../../support/fakes/fake-clock.js';
import { openLocks } from '../../support/fakes/locks.js';

describe('a key that is entered again with another share', () => {
  useFakeClock();

  it.each([
    ['reading', { mode: 'read' }, {}],
    ['a permit', { concurrency: 3 }, {}],
    ['reading', { mode: 'read' }, { mode: 'read' }],
    ['reading', { mode: 'read' }, { concurrency: 3 }],
    ['more at a time', { concurrency: 5, weight: 2 }, { concurrency: 3, weight: 2 }],
  ] as const)('for %s is a counter where what is held keeps out as many (%j in %j)', async (_, inner, outer) => {
    const { locks, store } = openLocks();
    await locks.withLock('key', outer, async (lock) => {
      const again = await locks.acquire('key', inner);
      expect([again.token, again.fencingToken, again.mode]).toEqual([lock.token, lock.fencingToken, lock.mode]);
      await again.release();
      expect(lock.isHeld).toBe(true);
    });
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'release']);
  });

  it.each([
    ['for writing within reading', {}, { mode: 'read' }, /upgrade\(\)/],
    ['for writing within a permit', {}, { concurrency: 3 }, /a smaller share than it asks for now/],
    ['for a permit within reading', { concurrency: 3 }, { mode: 'read' }, /upgrade\(\)/],
    ['for fewer at a time', { concurrency: 2 }, { concurrency: 3 }, /a smaller share/],
    ['for more of them', { concurrency: 3, weight: 2 }, { concurrency: 3 }, /a smaller share/],
  ] as const)('is refused at once where it would wait for itself: %s', async (_, inner, outer, message) => {
    const { locks, store } = openLocks();
    await locks.withLock('key', outer, async (lock) => {
      await expect(locks.acquire('key', inner)).rejects.toBeInstanceOf(LockBusyError);
      await expect(locks.acquire(['key', 'other'], inner)).rejects.toThrow(message);
      expect(lock.isHeld).toBe(true);
    });
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'release']);
  });

  it('is refused where either side wants no re-entry', async () => {
    const { locks } = openLocks();
    await locks.withLock('key', { mode: 'read', reentrant: false }, async () => {
      await expect(locks.acquire('key', { mode: 'read' })).rejects.toBeInstanceOf(LockBusyError);
    });
    await locks.withLock('key', async () => {
      await expect(locks.acquire('key', { mode: 'read', reentrant: false })).rejects.toBeInstanceOf(LockBusyError);
    });
  });

  it('follows what is held: an upgrade lets writers in again, a downgrade no more', async () => {
    const { locks } = openLocks();
    await locks.withLock('key', { mode: 'read' }, async (lock) => {
      await lock.upgrade();
      await (await locks.acquire('key')).release();
      await lock.downgrade();
      await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockBusyError);
      await (await locks.acquire('key', { mode: 'read' })).release();
    });
  });

  it('holds a permit until the last of its sections has ended', async () => {
    const { locks } = openLocks();
    const one = { concurrency: 2, weight: 2 };
    await locks.withLock('key', one, async (lock) => {
      const again = await locks.acquire('key', one);
      await lock.release();
      expect(await locks.outside(() => locks.tryAcquire('key', one))).toBeNull();
      await again.release();
      expect(await locks.outside(() => locks.tryAcquire('key', one))).not.toBeNull();
    });
  });
});
