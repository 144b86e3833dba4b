/** A section that is skipped where another caller holds the key: told by a value, and never mistaken for anything else. */
import { describe, expect, it, jest } from '@jest/globals';
import type { LockOutcome } from 'nestjs-distributed-lock';
import { LockBusyError, LockLostError, LockTimeoutError, LockUnavailableError } from '../../lib/lock.errors.js';
import { advance, flush, useFakeClock } from '../support/fakes/fake-clock.js';
import { failing } from '../support/fakes/fake-store.js';
import { openLocks, outcomeOf } from '../support/fakes/locks.js';

describe('tryWithLock', () => {
  useFakeClock();

  it('answers what the section returned, and gives the key back', async () => {
    const { locks, store } = openLocks();
    expect(await locks.tryWithLock('key', async () => 1)).toEqual({ acquired: true, result: 1 });
    expect(await locks.tryWithLock('key', { ttl: '5s' }, (lock) => lock.ttl)).toEqual({
      acquired: true,
      result: 5_000,
    });
    expect(await locks.tryWithLock(['a', 'b'], () => undefined)).toEqual({ acquired: true, result: undefined });
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('answers that the key is busy, at once, and does not run the section', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'rival');
    const section = jest.fn(async () => 1);
    const outcome = await locks.tryWithLock('key', section);
    expect(outcome).toEqual({ acquired: false, error: expect.any(LockBusyError) });
    expect(section).not.toHaveBeenCalled();
  });

  it('waits when it is told to, and answers that the wait was in vain', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'rival', 60_000);
    const asked = outcomeOf(locks.tryWithLock('key', { wait: '2s' }, () => 1));
    await advance(1_999);
    expect(asked.state).toBe('pending');
    await advance(10);
    expect(asked.value).toEqual({ acquired: false, error: expect.any(LockTimeoutError) });
  });

  it('throws what is broken: a store that can’t be reached is not a busy key', async () => {
    const { locks, store } = openLocks();
    store.next('acquire', failing);
    await expect(locks.tryWithLock('key', () => 1)).rejects.toBeInstanceOf(LockUnavailableError);
  });

  it('throws what the section throws, also where that is about another busy key', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('inner', 'rival');
    const inner = locks.tryWithLock('outer', () => locks.withLock('inner', { wait: 0 }, () => 1));
    await expect(inner).rejects.toMatchObject({ code: 'LOCK_BUSY', key: 'inner' });
    await expect(locks.tryWithLock('outer', () => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  it('throws the loss of the lock, unless that is to be ignored', async () => {
    const { locks } = openLocks();
    const lost = async (): Promise<string> => {
      await locks.forceRelease('key');
      return 'done';
    };
    await expect(locks.tryWithLock('key', lost)).rejects.toBeInstanceOf(LockLostError);
    expect(await locks.tryWithLock('key', { onLost: 'ignore' }, lost)).toEqual({ acquired: true, result: 'done' });
  });

  it('enters a key again that its caller holds', async () => {
    const { locks } = openLocks();
    const outcome = await locks.withLock('key', () => locks.tryWithLock('key', ({ key }) => key));
    expect(outcome).toEqual({ acquired: true, result: 'key' });
  });

  it.each([
    [() => ['key', { tll: 5 }, () => 1], /"tll" is not an option of tryWithLock\(\)/],
    [() => ['key', {}], /tryWithLock\(\)/],
    [() => ['key', () => 1, {}], /tryWithLock\(\)/],
    [() => ['key', { onLost: 'never' }, () => 1], /onLost/],
  ])('refuses arguments that it can’t use (%#)', async (make, message) => {
    const { locks, store } = openLocks();
    const call = locks.tryWithLock.bind(locks) as (...args: unknown[]) => Promise<unknown>;
    await expect(call(...make())).rejects.toMatchObject({ code: 'LOCK_OPTIONS', message });
    expect(store.sent('acquire')).toEqual([]);
  });

  it('has types that tell the outcomes apart', async () => {
    const { locks } = openLocks();
    const outcome: LockOutcome<number> = await locks.tryWithLock('key', async () => 1);
    const told: number | string = outcome.acquired ? outcome.result.toFixed().length : outcome.error.code;
    // @ts-expect-error -- there is no result before it is known to be there
    void outcome.result;
    await flush();
    expect(told).toBe(1);
  });
});
