/** What becomes of a section's outcome, whatever becomes of its lock. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockBusyError, LockLostError } from '../../../lib/lock.errors.js';
import { outcomeOf, openLocks } from '../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../support/fakes/fake-clock.js';
import { failing, hanging, saying } from '../../support/fakes/fake-store.js';

const OWN = new RangeError('the section’s own');

describe('withLock', () => {
  useFakeClock();

  it('gives back what the section returned, and the key', async () => {
    const { locks, store } = openLocks();
    const result = { sold: 1 };
    expect(await locks.withLock('key', async () => result)).toBe(result);
    expect(await locks.withLock('key', { ttl: '5s' }, () => result)).toBe(result);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('throws what the section threw, itself, and gives back the key', async () => {
    const { locks, store } = openLocks();
    await expect(locks.withLock('key', () => Promise.reject(OWN))).rejects.toBe(OWN);
    const throwing = (): never => {
      throw OWN;
    };
    await expect(locks.withLock('key', throwing)).rejects.toBe(OWN);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('passes on even a section’s undefined rejection', async () => {
    const { locks } = openLocks();
    await expect(locks.withLock('key', () => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  it('does not run the section without the lock', async () => {
    const { locks, store, rival } = openLocks({ wait: 0 });
    const section = jest.fn();
    await rival.acquire('key', 'rival');
    await expect(locks.withLock('key', section)).rejects.toBeInstanceOf(LockBusyError);
    store.always('acquire', failing);
    await expect(locks.withLock('free', section)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    await expect(locks.withLock('free', { ttl: NaN }, section)).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
    await expect(locks.withLock('free', { wait: NaN }, section)).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
    await expect(locks.withLock('', section)).rejects.toMatchObject({ code: 'LOCK_KEY' });
    expect(section).not.toHaveBeenCalled();
  });

  it('takes nothing with a bad onLost', async () => {
    const { locks, store } = openLocks();
    const options = { onLost: 'explode' as 'throw' };
    await expect(locks.withLock('key', options, () => 1)).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
    expect(store.calls).toEqual([]);
  });

  it.each([
    ['fails', failing],
    ['hangs', hanging],
  ])('replaces neither result nor error by a release that %s, and makes it an event', async (_, trouble) => {
    const { locks, store, heard } = openLocks();
    store.always('release', trouble);
    const result = outcomeOf(locks.withLock('a', async () => 'result'));
    const error = outcomeOf(locks.withLock('b', () => Promise.reject(OWN)));
    await advance(5_000);
    expect(result).toEqual({ state: 'resolved', value: 'result' });
    expect(error).toEqual({ state: 'rejected', value: OWN });
    expect(heard('failed').map(({ key, during }) => [key, during])).toEqual([
      ['a', 'release'],
      ['b', 'release'],
    ]);
  });

  it('throws a result away only to say that the lock was lost, and attaches it', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const result = { sold: 1 };
    const ran = locks.withLock('key', async () => {
      await advance(988);
      return result;
    });
    await expect(ran).rejects.toBeInstanceOf(LockLostError);
    await expect(ran).rejects.toMatchObject({ key: 'key', result, cause: { code: 'LOCK_LOST' } });
  });

  it('learns of a loss at the release, too', async () => {
    const { locks, store } = openLocks();
    store.next('release', saying({ state: 'gone' }));
    await expect(locks.withLock('key', async () => 'result')).rejects.toMatchObject({ result: 'result' });
  });

  it('gives back the result of a section that lost its lock with onLost: ignore', async () => {
    const { locks, heard } = openLocks({ autoRenew: false });
    const ran = await locks.withLock('key', { onLost: 'ignore' }, async (lock) => {
      await advance(988);
      return lock.isHeld;
    });
    expect(ran).toBe(false);
    expect(heard('lost')).toHaveLength(1);
  });

  it.each(['throw', 'ignore'] as const)('prefers the section’s own error to the loss (onLost: %s)', async (onLost) => {
    const { locks } = openLocks({ autoRenew: false });
    const ran = locks.withLock('key', { onLost }, async () => {
      await advance(988);
      throw OWN;
    });
    await expect(ran).rejects.toBe(OWN);
  });

  it('tells of a loss at every depth', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const errors: unknown[] = [];
    const outer = locks.withLock('key', async () => {
      const inner = locks.withLock('key', () => advance(988));
      await inner.catch((error: unknown) => errors.push(error));
    });
    await expect(outer).rejects.toBeInstanceOf(LockLostError);
    expect(errors).toEqual([expect.any(LockLostError)]);
  });

  it('accepts a section that released its lock by hand', async () => {
    const { locks, store } = openLocks();
    const ran = locks.withLock('key', async (lock) => {
      await lock.release();
      return 'result';
    });
    expect(await ran).toBe('result');
    expect(store.sent('release')).toHaveLength(1);
  });

  it('stops a section that listens at the moment of the loss', async () => {
    const { locks, store } = openLocks();
    store.always('touch', failing);
    const ran = outcomeOf(
      locks.withLock(
        'key',
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(OWN))),
      ),
    );
    await advance(987);
    expect(ran.state).toBe('pending');
    await advance(1);
    await flush();
    expect(ran.value).toBe(OWN);
  });
});
