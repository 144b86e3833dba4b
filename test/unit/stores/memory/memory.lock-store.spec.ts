/** What the store in memory promises beyond the contract: nothing is left behind, no timers, an exact clock. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LockUnavailableError } from '../../../../lib/lock.errors.js';
import { DEFAULT_TIMING } from '../../../../lib/stores/protocol.js';
import type { StoreTiming } from '../../../../lib/stores/lock-store.js';
import { MemoryLeases } from '../../../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../../../lib/stores/memory/memory.lock-store.js';
import { GrantLog } from '../../../../lib/testing/contract/grant-log.js';
import { atMost, Driver, EXCLUSIVE, fenceOf, LONG, READ } from '../../../../lib/testing/contract/driver.js';

const CYCLES = 10_000;
/** Of so many free keys at most the last lease is remembered. */
const FEW = 1_000;

function open(timing?: Partial<StoreTiming>): { driver: Driver; store: MemoryLockStore; leases: MemoryLeases } {
  const leases = new MemoryLeases(timing);
  const store = new MemoryLockStore(leases);
  return { driver: new Driver(store), store, leases };
}

describe('MemoryLockStore', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  describe('leaves nothing behind', () => {
    it('of 10 000 keys that were locked, waited for and released', async () => {
      const { driver, leases } = open();
      for (let i = 0; i < CYCLES; i++) {
        const [key, holder, waiter, quitter] = [`key ${i}`, `a${i}`, `b${i}`, `c${i}`];
        await driver.acquire(key, holder);
        await driver.join(key, waiter);
        await driver.join(key, quitter);
        await driver.release(key, quitter);
        await driver.release(key, holder);
        await driver.touch(key, waiter);
        await driver.release(key, waiter);
      }
      expect(leases.records.size).toBe(0);
      expect(leases.records.remembered).toBeLessThanOrEqual(FEW);
    });

    it('of 10 000 locks on one key', async () => {
      const { driver, leases } = open();
      for (let i = 0; i < CYCLES; i++) {
        await driver.acquire('key', `a${i}`);
        await driver.release('key', `a${i}`);
      }
      expect(leases.records.size).toBe(0);
      expect(leases.records.remembered).toBe(1);
    });

    it('of keys that were only asked about', async () => {
      const { driver, leases } = open();
      await driver.touch('touched', 'a');
      await driver.release('released', 'a');
      await driver.inspect('inspected');
      expect(leases.records.size + leases.records.remembered).toBe(0);
    });

    it('of leases and waiters that nobody ended, once they were forgotten and others came', async () => {
      const { driver, leases } = open();
      for (let i = 0; i < CYCLES; i++) {
        await driver.acquire(`abandoned ${i}`, `a${i}`, 1_000);
        await driver.join(`abandoned ${i}`, `b${i}`);
      }
      expect(leases.records.size).toBe(CYCLES);
      jest.advanceTimersByTime(1_000 + DEFAULT_TIMING.retention);
      for (let i = 0; i < CYCLES; i++) {
        await driver.acquire(`key ${i}`, `c${i}`);
        await driver.release(`key ${i}`, `c${i}`);
      }
      expect(leases.records.size).toBe(0);
    });

    it('of 10 000 readers, writers and permits of one key', async () => {
      const { driver, leases } = open();
      for (let i = 0; i < CYCLES / 10; i++) {
        const holders = await driver.enter('key', READ, atMost(3), atMost(3));
        const [writer, reader] = await driver.line('key', EXCLUSIVE, READ);
        for (const { token } of holders) await driver.release('key', token);
        await driver.release('key', reader!);
        await driver.release('key', writer!);
      }
      expect(leases.records.size).toBe(0);
      expect(leases.records.remembered).toBe(1);
    });

    it('of readers that nobody ended, once one of them asked again', async () => {
      const { driver, leases } = open();
      for (let i = 0; i < FEW; i++) await driver.acquire(`key ${i}`, `a${i}`, 1_000, READ);
      expect(leases.records.size).toBe(FEW);
      jest.advanceTimersByTime(1_000);
      for (let i = 0; i < FEW; i++) await driver.touch(`key ${i}`, `a${i}`);
      expect(leases.records.size).toBe(0);
    });

    it('of readers that nobody ended, once they were forgotten and others came', async () => {
      const { driver, leases } = open();
      for (let i = 0; i < FEW; i++) await driver.acquire(`abandoned ${i}`, `a${i}`, 1_000, READ);
      jest.advanceTimersByTime(1_000 + DEFAULT_TIMING.retention);
      for (let i = 0; i < FEW; i++) {
        await driver.acquire(`key ${i}`, `c${i}`);
        await driver.release(`key ${i}`, `c${i}`);
      }
      expect(leases.records.size).toBe(0);
    });

    it('but forgets no waiter of a key whose readers all have ended', async () => {
      const { driver, leases } = open({ placeLife: LONG });
      const [reader] = await driver.enter('waited for', READ);
      const [writer] = await driver.line('waited for', EXCLUSIVE);
      await driver.touch('waited for', reader!.token, 1_000);
      jest.advanceTimersByTime(1_000);
      expect(await driver.touch('waited for', reader!.token)).toEqual({ state: 'gone' });
      for (let i = 0; i < FEW; i++) {
        await driver.acquire(`key ${i}`, `c${i}`);
        await driver.release(`key ${i}`, `c${i}`);
      }
      expect(leases.records.size).toBe(1);
      expect(await driver.touch('waited for', writer!)).toMatchObject({ state: 'held' });
    });

    it('but sweeps away no lease that is alive and no line with a waiter in it', async () => {
      const { driver, leases } = open({ retention: 1_000, placeLife: 60_000 });
      const held = driver.token();
      await driver.acquire('held', held, 60_000);
      const { waiting } = await driver.queue('waited for', 1, 1_000);
      jest.advanceTimersByTime(10_000);
      for (let i = 0; i < 100; i++) await driver.acquire(`key ${i}`, `c${i}`);
      expect(leases.records.size).toBe(102);
      expect((await driver.inspect('held')).holders[0]).toMatchObject({ token: held });
      expect(await driver.touch('waited for', waiting[0]!)).toMatchObject({ state: 'held' });
    });

    it('of a finished lease after the retention time, however often its release is repeated', async () => {
      const { driver } = open({ retention: 1_000 });
      await driver.acquire('key', 'a');
      await driver.release('key', 'a');
      jest.advanceTimersByTime(999);
      expect(await driver.release('key', 'a')).toBe('released');
      jest.advanceTimersByTime(1);
      expect(await driver.inspect('key')).toEqual({ key: 'key', holders: [], waiting: [], lastFencingToken: null });
      expect(await driver.release('key', 'a')).toBe('gone');
    });
  });

  it.each([
    ['a writer', EXCLUSIVE],
    ['a reader', READ],
  ])('gives greater fencing tokens than %s used, though the key was forgotten meanwhile', async (_, share) => {
    const { driver } = open();
    const [holder] = await driver.enter('key', share);
    const used = holder!.fence + 1_000_000_000;
    await driver.release('key', holder!.token, used);
    for (let i = 0; i < FEW; i++) {
      await driver.acquire(`key ${i}`, `a${i}`);
      await driver.release(`key ${i}`, `a${i}`);
    }
    expect((await driver.inspect('key')).lastFencingToken).toBeNull();
    expect((await driver.enter('key', share))[0]!.fence).toBeGreaterThan(used);
  });

  it('reports nothing after it was stopped, and refuses to start again', async () => {
    const { driver, store } = open();
    const log = new GrantLog();
    driver.listen(log);
    const { holder } = await driver.queue('key', 1);
    const released = driver.release('key', holder);
    await store.stop();
    await released;
    expect(log.heard).toEqual([]);
    await expect(store.start()).rejects.toBeInstanceOf(LockUnavailableError);
  });

  it('has no timers', async () => {
    const { driver, store } = open({ claimWindow: 100, placeLife: 100 });
    await store.start();
    const log = new GrantLog();
    driver.listen(log);
    const { holder, waiting } = await driver.queue('key', 2, 100);
    expect(jest.getTimerCount()).toBe(0);
    await driver.release('key', holder);
    await log.until(waiting[0]!);
    await driver.touch('key', waiting[0]!);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells times exactly and rounds them up', async () => {
    const { driver } = open();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0.4);
    const { waiting } = await driver.queue('key', 1, 150);
    expect(await driver.touch('key', waiting[0]!)).toMatchObject({ state: 'waiting', expiresIn: 150 });
    clock.mockReturnValue(0.5);
    expect(await driver.touch('key', waiting[0]!)).toMatchObject({ state: 'waiting', expiresIn: 150 });
    clock.mockReturnValue(150.3);
    expect((await driver.inspect('key')).holders[0]).toMatchObject({ expiresIn: 1 });
    clock.mockReturnValue(150.5);
    expect((await driver.inspect('key')).holders).toEqual([]);
    expect(await driver.touch('key', waiting[0]!)).toMatchObject({ state: 'held' });
  });

  it('takes the numbers it is not given from the protocol', async () => {
    const { driver } = open({ placeLife: 50 });
    const { holder, waiting } = await driver.queue('key', 2);
    jest.advanceTimersByTime(49);
    await driver.release('key', holder);
    expect((await driver.inspect('key')).holders[0]).toMatchObject({ expiresIn: DEFAULT_TIMING.claimWindow });
    jest.advanceTimersByTime(1);
    expect(await driver.touch('key', waiting[1]!)).toEqual({ state: 'gone' });
  });

  it('gives out growing fencing tokens while its clock stands still or steps back, and of forgotten keys', async () => {
    const { driver, store } = open();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    const fences: number[] = [];
    for (const [i, now] of [1_000, 1_000, 500, 0].entries()) {
      clock.mockReturnValue(now);
      fences.push(fenceOf(await driver.acquire('key', `${i}`)));
      await driver.release('key', `${i}`);
    }
    const others = Array.from({ length: FEW }, (_, i) => ({ key: `${i}`, token: 'a', limit: 1, weight: 1 }) as const);
    await store.acquire(others.map((request) => ({ ...request, ttl: 1_000, wait: false })));
    await store.release(others);
    expect((await driver.inspect('key')).lastFencingToken).toBeNull();
    fences.push(fenceOf(await driver.acquire('key', 'last')));
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  });

  it('reports no token that does not begin with its process id', async () => {
    const { driver } = open();
    const log = new GrantLog();
    driver.listen(log);
    const { holder, waiting } = await driver.queue('own', 1);
    await driver.acquire('foreign', 'a');
    await driver.join('foreign', 'b');
    await driver.release('foreign', 'a');
    await driver.release('own', holder);
    await log.until(waiting[0]!);
    expect(log.heard).toEqual(waiting);
  });
});
