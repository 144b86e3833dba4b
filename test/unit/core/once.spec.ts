/** A run of which the fleet needs one in a while: who comes later is told, and a run that failed may be tried again. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError, LockUnavailableError } from '../../../lib/lock.errors.js';
import { advance, flush, useFakeClock } from '../../support/fakes/fake-clock.js';
import { failing, FakeStore, unheard } from '../../support/fakes/fake-store.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { deferred } from '../../support/waiting.js';

/** Two processes on one server. */
function fleet() {
  const leases = new MemoryLeases();
  return [openLocks({}, 0, new FakeStore(leases)), openLocks({}, 0, new FakeStore(leases))] as const;
}

describe('once', () => {
  useFakeClock();

  it('runs, and no second time within the time, in no process', async () => {
    const [{ locks: here }, { locks: there }] = fleet();
    const run = jest.fn(async () => 'done');
    expect(await here.once('key', run, { within: '1m' })).toEqual({ ran: true, result: 'done' });
    for (const each of [here, there]) expect(await each.once('key', run, { within: '1m' })).toEqual({ ran: false });
    await advance(59_900);
    expect(await there.once('key', run, { within: '1m' })).toEqual({ ran: false });
    await advance(200);
    expect(await there.once('key', run, { within: '1m' })).toEqual({ ran: true, result: 'done' });
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('answers at once while another runs, also where that takes longer than the time', async () => {
    const [{ locks: here }, { locks: there }] = fleet();
    const { promise, resolve } = deferred();
    const first = outcomeOf(here.once('key', () => promise, { within: 100 }));
    await advance(5_000);
    expect(await there.once('key', () => 1, { within: 100 })).toEqual({ ran: false });
    resolve();
    await flush();
    expect(first.value).toEqual({ ran: true, result: undefined });
    expect(await there.once('key', () => 1, { within: 100 })).toEqual({ ran: true, result: 1 });
  });

  it('gives the key back where the run throws, so that another may try', async () => {
    const [{ locks: here }, { locks: there }] = fleet();
    const error = new Error('out of luck');
    await expect(here.once('key', () => Promise.reject(error), { within: '1h' })).rejects.toBe(error);
    expect(await there.once('key', () => 1, { within: '1h' })).toEqual({ ran: true, result: 1 });
  });

  it('keeps the key for no run that has not begun: its answer was lost on the way', async () => {
    const [{ locks: here, store }, { locks: there }] = fleet();
    store.next('acquire', unheard);
    await expect(here.once('key', () => 1, { within: '1h' })).rejects.toBeInstanceOf(LockUnavailableError);
    await advance(60_000);
    expect(await there.once('key', () => 1, { within: '1h' })).toEqual({ ran: true, result: 1 });
  });

  it('gives the key back where the run throws at once', async () => {
    const [{ locks: here }, { locks: there }] = fleet();
    const run = (): never => {
      throw new RangeError('at once');
    };
    await expect(here.once('key', run, { within: '1h' })).rejects.toThrow('at once');
    expect(await there.once('key', () => 1, { within: '1h' })).toEqual({ ran: true, result: 1 });
  });

  it('does not run within itself, and within a section of the same key', async () => {
    const { locks } = openLocks();
    const inner = (): Promise<unknown> => locks.once('key', () => 'inner', { within: '1s' });
    expect(await locks.once('key', inner, { within: '1s' })).toEqual({ ran: true, result: { ran: false } });
  });

  it('throws a busy key of the run’s own, a broken store, and the loss of the lock', async () => {
    const { locks, rival, store } = openLocks();
    await rival.acquire('inner', 'rival');
    const inner = locks.once('a', (): Promise<number> => locks.withLock('inner', { wait: 0 }, () => 1), {
      within: '1s',
    });
    await expect(inner).rejects.toMatchObject({ code: 'LOCK_BUSY', key: 'inner' });
    store.next('acquire', failing);
    await expect(locks.once('b', () => 1, { within: '1s' })).rejects.toBeInstanceOf(LockUnavailableError);
    const lost = async (): Promise<string> => {
      await locks.forceRelease('c');
      return 'done';
    };
    await expect(locks.once('c', lost, { within: '1s' })).rejects.toBeInstanceOf(LockLostError);
    expect(await locks.once('c', lost, { within: '1s', onLost: 'ignore' })).toEqual({ ran: true, result: 'done' });
  });

  it.each<[unknown[], RegExp]>([
    [['key', () => 1], /Invalid options of once\(\)/],
    [['key', () => 1, {}], /Invalid option `within`/],
    [['key', () => 1, { within: 0 }], /Invalid option `within`/],
    [['key', () => 1, { within: '1s', wait: 5 }], /"wait" is not an option of once\(\)/],
    [['key', { within: '1s' }], /section of once\(\)/],
    [[['key'], () => 1, { within: '1s' }], /key of once\(\)/],
  ])('refuses what it can’t use (%#)', async (args, message) => {
    const { locks, store } = openLocks();
    const call = locks.once.bind(locks) as (...given: unknown[]) => Promise<unknown>;
    await expect(call(...args)).rejects.toThrow(message);
    expect(store.calls).toEqual([]);
  });
});
