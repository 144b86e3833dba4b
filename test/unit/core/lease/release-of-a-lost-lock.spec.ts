/** A lock that was lost never replaces the error of the code that held it; that code still hears of the loss. */
import { describe, expect, it } from '@jest/globals';
import { LockLostError } from '../../../../lib/lock.errors.js';
import type { Lock } from '../../../../lib/lock.js';
import type { LockService } from '../../../../lib/lock.service.js';
import { openLocks } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';
import { advance, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, saying } from '../../../support/fakes/fake-store.js';

const OWN = new RangeError('the section’s own');

type Section = (lock: Lock) => Promise<string>;

/** The ways to hold a lock by hand. */
const WAYS: Record<string, (locks: LockService, section: Section) => Promise<string>> = {
  'finally { release() }': async (locks, section) => {
    const lock = await locks.acquire('key');
    try {
      return await section(lock);
    } finally {
      await lock.release();
    }
  },
  'await using': async (locks, section) => {
    await using lock = await locks.acquire('key');
    return await section(lock);
  },
  'finally { release() } of several keys': async (locks, section) => {
    const lock = await locks.acquire(['key', 'other']);
    try {
      return await section(lock);
    } finally {
      await lock.release();
    }
  },
  'await using of several keys': async (locks, section) => {
    await using lock = await locks.acquire(['key', 'other']);
    return await section(lock);
  },
};

/** What happens to the lock meanwhile. */
const LOSSES: Record<string, (bench: Bench) => Promise<void>> = {
  'its lease ended': () => advance(988),
  'the store said that it is gone': async ({ rival, store }) => {
    await rival.release('key', (await store.look('key')).holders[0]!.token);
    await advance(400);
  },
  'its release finds that it is gone': async ({ store }) => void store.always('release', saying({ state: 'gone' })),
  'the store is out of reach': async ({ store }) => void store.always('release', failing).always('touch', failing),
};

describe.each(Object.entries(WAYS))('%s', (_, hold) => {
  useFakeClock();

  it.each(Object.entries(LOSSES))('throws what the section threw when %s', async (loss, happen) => {
    const bench = openLocks({ autoRenew: loss === 'its lease ended' ? false : true });
    const held = hold(bench.locks, async () => {
      await happen(bench);
      throw OWN;
    });
    await expect(held).rejects.toBe(OWN);
  });

  it.each(Object.entries(LOSSES))('gives what the section gave when %s', async (loss, happen) => {
    const bench = openLocks({ autoRenew: loss === 'its lease ended' ? false : true });
    const held = hold(bench.locks, async () => {
      await happen(bench);
      return 'done';
    });
    expect(await held).toBe('done');
  });
});

describe('a release', () => {
  useFakeClock();

  it('answers whether the lock was held to the end', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    expect(await (await locks.acquire('key')).release()).toBe(true);
    expect(await (await locks.acquire(['a', 'b'])).release()).toBe(true);
    const lost = await locks.acquire('key');
    await advance(988);
    expect(await lost.release()).toBe(false);
    expect(lost.signal.reason).toBeInstanceOf(LockLostError);
    const [one, several] = [await locks.acquire('key'), await locks.acquire(['a', 'b'])];
    store.always('release', saying({ state: 'gone' }));
    expect([await one.release(), await several.release()]).toEqual([false, false]);
    for (const { signal } of [one, several]) expect(signal.reason).toBeInstanceOf(LockLostError);
  });

  it('of a store out of reach is no loss', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    store.always('release', failing);
    expect(await lock.release()).toBe(true);
    expect(lock.signal.aborted).toBe(false);
  });

  it('of an inner handle answers for the lock as it is then', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const answers: boolean[] = [];
    await locks.withLock('key', { onLost: 'ignore' }, async () => {
      const [first, second] = [await locks.acquire('key'), await locks.acquire('key')];
      answers.push(await first.release());
      await advance(988);
      answers.push(await second.release());
    });
    expect(answers).toEqual([true, false]);
  });

  it('tells a block that ends with throwIfAborted of a loss', async () => {
    const { locks } = openLocks({ autoRenew: false });
    const run = async (): Promise<void> => {
      await using lock = await locks.acquire('key');
      await advance(988);
      lock.signal.throwIfAborted();
    };
    await expect(run()).rejects.toBeInstanceOf(LockLostError);
  });

  it('a second time still says so, and disposing of a released lock does nothing', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await lock.release();
    await expect(lock.release()).rejects.toMatchObject({ code: 'LOCK_NOT_HELD' });
    await lock[Symbol.asyncDispose]();
    expect(store.sent('release')).toHaveLength(1);
  });
});
