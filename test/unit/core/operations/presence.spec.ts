import { jest } from '@jest/globals';
import { Presence } from '../../../../lib/core/operations/presence.js';
import type { LockStore } from '../../../../lib/stores/lock-store.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { advance, useFakeClock } from '../../../support/fakes/fake-clock.js';

describe('a process', () => {
  useFakeClock();

  it('introduces itself when it has held something for a moment, and then every ten seconds', async () => {
    const [a] = openNeighbours(1);
    const introduce = jest.spyOn(a!.store, 'introduce');
    const lock = await a!.locks.acquire('key');
    expect(introduce).not.toHaveBeenCalled();
    await advance(150);
    expect(introduce.mock.calls).toEqual([[expect.any(String), expect.stringContaining('shop'), 30_000]]);
    await advance(9_800);
    expect(introduce).toHaveBeenCalledTimes(1);
    await advance(50_000);
    expect(introduce.mock.calls.length).toBeGreaterThanOrEqual(5);
    expect(introduce.mock.calls.length).toBeLessThanOrEqual(6);
    await lock.release();
    const before = introduce.mock.calls.length;
    await advance(60_000);
    expect(introduce).toHaveBeenCalledTimes(before);
  });

  it('says nothing for locks that are given back at once', async () => {
    const [a] = openNeighbours(1);
    const introduce = jest.spyOn(a!.store, 'introduce');
    for (let i = 0; i < 200; i++) {
      await (await a!.locks.acquire('key')).release();
      await advance(100);
    }
    expect(introduce).not.toHaveBeenCalled();
  });

  it('is not kept from its work by a store that fails, hangs or knows none', async () => {
    const failing = { introduce: () => Promise.reject(new Error('full')) } as Partial<LockStore> as LockStore;
    const presence = new Presence(failing, 'p', () => 'me');
    presence.show(0);
    expect([presence.isKnown(9_999), presence.isKnown(10_000)]).toEqual([true, false]);
    const without = new Presence({} as LockStore, 'p', () => 'me');
    without.show(0);
    expect(without.isKnown(1e9)).toBe(true);
    await advance(1);
  });
});
