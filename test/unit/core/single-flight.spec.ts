/** Work of which one run is enough: who finds its result runs nothing, and who has waited for it looks again. */
import { describe, expect, it, jest } from '@jest/globals';
import type { SingleFlight } from 'nestjs-distributed-lock';
import { LockBusyError, LockUnavailableError } from '../../../lib/lock.errors.js';
import type { Lock } from '../../../lib/lock.js';
import { advance, flush, useFakeClock } from '../../support/fakes/fake-clock.js';
import { failing } from '../../support/fakes/fake-store.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import { deferred } from '../../support/waiting.js';

/** A cache, what is asked of it, and how often its value is made. */
function cache() {
  const entry: { value: number | undefined } = { value: undefined };
  const flight = {
    read: jest.fn(async (): Promise<number | undefined> => entry.value),
    run: jest.fn(async (_lock: Lock): Promise<number> => (entry.value = 42)),
  };
  return { entry, flight };
}

describe('singleFlight', () => {
  useFakeClock();

  it('answers what is there, and locks nothing', async () => {
    const { locks, store } = openLocks();
    const { entry, flight } = cache();
    entry.value = 7;
    expect(await locks.singleFlight('key', flight)).toBe(7);
    expect([flight.run.mock.calls, store.calls]).toEqual([[], []]);
  });

  it('runs under the lock where nothing is there, and gives the key back', async () => {
    const { locks, store } = openLocks();
    const { flight } = cache();
    flight.run.mockImplementationOnce(async (lock) => (locks.current() === lock ? 1 : 2));
    expect(await locks.singleFlight(['key', 'other'], flight, { ttl: '5s' })).toBe(1);
    expect([flight.read.mock.calls.length, (await store.look('key')).holders]).toEqual([2, []]);
    expect(store.sent('acquire')[0]).toMatchObject({ ttl: 5_000 });
  });

  it('runs once for all that ask at the same time', async () => {
    const { locks } = openLocks();
    const { flight } = cache();
    const asked = Array.from({ length: 50 }, () => locks.singleFlight('key', flight));
    await advance(1_000);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([42]));
    expect(flight.run).toHaveBeenCalledTimes(1);
  });

  it.each([null, 0, '', false])('takes %p for a result', async (value) => {
    const { locks } = openLocks();
    const run = jest.fn(() => value);
    expect(await locks.singleFlight('key', { read: () => value, run })).toBe(value);
    expect(run).not.toHaveBeenCalled();
  });

  it('runs nothing where the lock was lost while it looked again', async () => {
    const { locks, rival } = openLocks({ ttl: 1_000, autoRenew: false });
    const { flight } = cache();
    const again = deferred<undefined>();
    flight.read.mockResolvedValueOnce(undefined).mockReturnValueOnce(again.promise);
    const asked = outcomeOf(locks.singleFlight('key', flight));
    await advance(1_500);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
    again.resolve(undefined);
    await flush();
    expect(asked).toMatchObject({ state: 'rejected', value: { code: 'LOCK_LOST' } });
    expect(flight.run).not.toHaveBeenCalled();
  });

  it('finds a bad option although the result is there', async () => {
    const { locks } = openLocks();
    const { entry, flight } = cache();
    entry.value = 7;
    const asked = locks.singleFlight('key', flight, { ttl: -5 });
    await expect(asked).rejects.toMatchObject({ code: 'LOCK_OPTIONS', message: expect.stringContaining('ttl') });
  });

  it('calls both on their object', async () => {
    const { locks } = openLocks();
    class Cached implements SingleFlight<string> {
      private readonly found: string[] = [];
      read = (): string | undefined => this.found[0];
      run(): string {
        this.found.push('made');
        return 'made';
      }
    }
    const cached = new Cached();
    expect(await locks.singleFlight('key', cached)).toBe('made');
    expect(await locks.singleFlight('key', cached)).toBe('made');
  });

  it('has the next caller run where the first fails, and passes its error on unchanged', async () => {
    const { locks } = openLocks();
    const { flight } = cache();
    flight.run.mockRejectedValueOnce('no luck');
    const [first, second] = [outcomeOf(locks.singleFlight('key', flight)), locks.singleFlight('key', flight)];
    await advance(100);
    expect([first.value, await second]).toEqual(['no luck', 42]);
  });

  it.each([0, 1])(
    'passes on what read throws, before the lock and under it, and leaves nothing locked',
    async (good) => {
      const { locks, store } = openLocks();
      const { flight } = cache();
      for (let i = 0; i < good; i++) flight.read.mockResolvedValueOnce(undefined);
      flight.read.mockRejectedValueOnce(new Error('no cache'));
      await expect(locks.singleFlight('key', flight)).rejects.toThrow('no cache');
      expect([flight.run.mock.calls, (await store.look('key')).holders]).toEqual([[], []]);
    },
  );

  it('throws what keeps it from the lock: a busy key, a broken store', async () => {
    const { locks, rival, store } = openLocks();
    const { flight } = cache();
    await rival.acquire('key', 'rival');
    await expect(locks.singleFlight('key', flight, { wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    store.next('acquire', failing);
    await expect(locks.singleFlight('free', flight)).rejects.toBeInstanceOf(LockUnavailableError);
    expect(flight.run).not.toHaveBeenCalled();
  });

  it('throws the loss of the lock where it ran, and not where the result was there', async () => {
    const { locks } = openLocks();
    const { entry, flight } = cache();
    flight.run.mockImplementationOnce(async () => {
      await locks.forceRelease('key');
      return 1;
    });
    await expect(locks.singleFlight('key', flight)).rejects.toMatchObject({ code: 'LOCK_LOST', result: 1 });
    flight.read.mockResolvedValueOnce(undefined).mockImplementationOnce(async () => {
      await locks.forceRelease('key');
      return (entry.value = 2);
    });
    expect(await locks.singleFlight('key', flight)).toBe(2);
  });

  it('keeps the key for minHold only where it ran', async () => {
    const { locks, store } = openLocks();
    const { flight } = cache();
    const first = deferred();
    flight.run.mockImplementationOnce(async () => first.promise.then(() => 1));
    void locks.singleFlight('made', flight, { minHold: '1m' });
    await flush();
    first.resolve();
    await flush();
    expect((await store.look('made')).holders).toHaveLength(1);
    flight.read.mockResolvedValueOnce(undefined).mockResolvedValueOnce(5);
    expect(await locks.singleFlight('found', flight, { minHold: '1m' })).toBe(5);
    expect((await store.look('found')).holders).toEqual([]);
  });

  it.each<[unknown[], RegExp]>([
    [[], /Invalid options of singleFlight\(\)/],
    [['key', undefined], /Invalid options of singleFlight\(\)/],
    [['key', { read: () => 1 }], /Invalid option `run`/],
    [['key', { read: 1, run: () => 1 }], /Invalid option `read`/],
    [['key', { read: () => 1, run: () => 1 }, { tll: 5 }], /"tll" is not an option of singleFlight\(\)/],
    [['key', { read: () => 1, run: () => 1 }, { onLost: 'never' }], /onLost/],
    [['', { read: () => 1, run: () => 1 }], /Invalid key/],
  ])('refuses what it can’t use, though the result is there (%#)', async (args, message) => {
    const { locks } = openLocks();
    const call = locks.singleFlight.bind(locks) as (...given: unknown[]) => Promise<unknown>;
    await expect(call(...args)).rejects.toThrow(message);
  });
});
