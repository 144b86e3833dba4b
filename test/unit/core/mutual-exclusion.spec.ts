/**
 * Three processes fight for one key on a server that is reached through a bad line: requests are refused, lost before or
 * after they are carried out, or answered late. Whatever happens, nobody begins without the lock and no two believe.
 */
import { describe, expect, it, jest } from '@jest/globals';
import type { Lock } from '../../../lib/lock.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { Random } from '../../support/random.js';
import { openLocks } from '../../support/fakes/locks.js';
import { advance, useFakeClock } from '../../support/fakes/fake-clock.js';
import { failing, FakeStore, hanging, muted, unheard } from '../../support/fakes/fake-store.js';
import type { Behaviour, Call } from '../../support/fakes/fake-store.js';

const PROCESSES = 3;
const CALLERS = 4;
const SECTIONS = 12;
const REQUESTS = ['acquire', 'touch', 'release'] as const;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers after a while what was carried out at once. */
async function late(call: Call, ms: number): Promise<never> {
  const answers = await call.carryOut();
  await sleep(ms);
  return answers as never;
}

describe('no two holders', () => {
  useFakeClock();

  it.each([1, 2, 3, 4, 5])('believe in one lock at once (seed %d)', async (seed) => {
    const chance = new Random(seed);
    const random = (): number => chance.next();
    jest.spyOn(Math, 'random').mockImplementation(random);
    const leases = new MemoryLeases();
    const believers = new Set<Lock>();
    const fences: number[] = [];
    let unsettled = 0;

    const violations: string[] = [];
    const check = (lock: Lock, when: string): void => {
      for (const other of believers) if (other !== lock && other.isHeld && lock.isHeld) violations.push(when);
    };

    const benches = Array.from({ length: PROCESSES }, () => {
      const store = new FakeStore(leases);
      store.timeLimit = 2_000;
      const line: Behaviour = (call) => {
        const fate = random();
        if (fate < 0.04) return failing();
        if (fate < 0.08) return unheard(call);
        if (fate < 0.1) return hanging();
        if (fate < 0.12) return muted(call);
        if (fate < 0.3) return late(call, random() * 1_500);
        return call.carryOut();
      };
      for (const name of REQUESTS) store.always(name, line);
      return openLocks({ ttl: 1_000, wait: 20_000 }, 0, store);
    });

    const call = async (locks: (typeof benches)[number]['locks']): Promise<void> => {
      for (let i = 0; i < SECTIONS; i++) {
        unsettled += 1;
        await locks
          .withLock('key', async (lock) => {
            if (!lock.isHeld) violations.push('began without the lock');
            check(lock, 'at the beginning');
            believers.add(lock);
            fences.push(lock.fencingToken);
            await sleep(random() * 400);
            if (random() < 0.3) await lock.renew(100 + random() * 3_000).catch(() => undefined);
            await sleep(random() * 400);
            check(lock, 'at the end');
            believers.delete(lock);
          })
          .catch(() => undefined);
        unsettled -= 1;
        await sleep(random() * 300);
      }
    };

    const callers = Promise.all(benches.flatMap(({ locks }) => Array.from({ length: CALLERS }, () => call(locks))));
    for (let i = 0; i < 400; i++) await advance(1_000);
    await callers;
    expect(violations).toEqual([]);
    expect(unsettled).toBe(0);
    expect(fences.length).toBeGreaterThan(PROCESSES * CALLERS * SECTIONS * 0.5);
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    for (const { store } of benches) store.recover();
    await advance(10_000);
    expect(await benches[0]!.store.look('key')).toMatchObject({ holders: [], waiting: [] });
    expect(jest.getTimerCount()).toBe(0);
  });
});
