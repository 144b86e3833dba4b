/** Callers of one process that want one of a number of permits: how they ask, follow each other, and leave. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockTimeoutError } from '../../../../lib/lock.errors.js';
import { atMost } from '../../../../lib/testing/contract/driver.js';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';
import { remembered as rememberedBy } from '../../../support/remembered.js';

const THREE = { concurrency: 3 };

const callers = ({ locks }: Bench, count: number, options: object = THREE): ReturnType<typeof outcomeOf>[] =>
  Array.from({ length: count }, () => outcomeOf(locks.acquire('key', options)));

const granted = (all: readonly { state: string }[]): number => all.filter(({ state }) => state === 'resolved').length;

const remembered = (engine: unknown): number => rememberedBy(engine, ['store', 'events', 'outside', 'timer', 'budget']);

async function expectNothingLeft({ engine, store }: Bench): Promise<void> {
  expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  expect(await lastingTimers()).toBe(0);
  expect(remembered(engine)).toBe(0);
}

describe('callers that ask for permits at once', () => {
  useFakeClock();

  it('each ask by themselves in one go, for as many as there may be, and those that are left share one place', async () => {
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 10);
    expect(bench.store.sent('acquire')).toHaveLength(3);
    await flush();
    expect(granted(all)).toBe(3);
    const { holders, waiting } = await bench.store.look('key');
    expect([holders.length, waiting.length]).toEqual([3, 1]);
    const fences = all.slice(0, 3).map((each) => lockOf(each).fencingToken);
    expect(new Set(fences).size).toBe(3);
    expect(lockOf(all[0]!).mode).toBe('permit');
  });

  it('ask for no more than they are', async () => {
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 5, { concurrency: 100 });
    await flush();
    expect([granted(all), bench.store.sent('acquire').length, bench.store.sent('release')]).toEqual([5, 5, []]);
    await Promise.all(all.map((each) => lockOf(each).release()));
    await expectNothingLeft(bench);
  });

  it('are let in in order', async () => {
    const bench = openLocks({ wait: 60_000 });
    const order: number[] = [];
    for (let i = 0; i < 10; i++) {
      void bench.locks.withLock('key', { concurrency: 2 }, async () => {
        order.push(i);
        await new Promise((resolve) => setTimeout(resolve, 5));
      });
    }
    await advance(1_000);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(10);
    await expectNothingLeft(bench);
  });

  it.each([
    ['fails', 'fail'],
    ['is answered late', 'open'],
  ] as const)('and whose extra request %s wait for the place that they have', async (_, end) => {
    const bench = openLocks({ wait: 60_000 });
    const { store } = bench;
    const gate = new Gate<'acquire'>();
    store.next('acquire', (call) => call.carryOut()).next('acquire', gate.before);
    const all = callers(bench, 3);
    await flush();
    gate[end]();
    await flush();
    expect(granted(all)).toBe(3);
    await Promise.all(all.map((each) => lockOf(each).release()));
    await advance(60_000);
    await expectNothingLeft(bench);
  });

  it('and of which the store knows too few take a place in the queue as soon as one is refused', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { store } = bench;
    const gate = new Gate<'acquire'>();
    store.next('acquire', (call) => call.carryOut()).next('acquire', gate.before);
    const all = callers(bench, 4, { concurrency: 2 });
    await flush();
    expect([granted(all), (await store.look('key')).waiting.length]).toEqual([2, 1]);
    gate.open();
    await flush();
    await lockOf(all[0]!).release();
    await lockOf(all[1]!).release();
    await flush();
    expect(granted(all)).toBe(4);
  });

  it('leave nothing where they leave before the answers come', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { store, locks } = bench;
    const controller = new AbortController();
    const gates = Array.from({ length: 3 }, () => new Gate<'acquire'>());
    for (const [i, gate] of gates.entries()) store.next('acquire', i === 1 ? gate.after : gate.before);
    const all = gates.map(() => outcomeOf(locks.acquire('key', { ...THREE, signal: controller.signal })));
    await flush();
    controller.abort('enough');
    await flush();
    expect(all.map(({ value }) => value)).toEqual(['enough', 'enough', 'enough']);
    for (const gate of gates) gate.open();
    await flush();
    await expectNothingLeft(bench);
  });

  it('leave nothing where one of them leaves before the answers come', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { store, locks } = bench;
    const controller = new AbortController();
    const gate = new Gate<'acquire'>();
    store.next('acquire', (call) => call.carryOut()).next('acquire', gate.after);
    const [stays, leaves] = [
      outcomeOf(locks.acquire('key', THREE)),
      outcomeOf(locks.acquire('key', { ...THREE, signal: controller.signal })),
    ];
    await flush();
    controller.abort();
    gate.open();
    await flush();
    expect([stays.state, leaves.state]).toEqual(['resolved', 'rejected']);
    await lockOf(stays).release();
    await advance(20_000);
    await expectNothingLeft(bench);
  });
});

describe('a permit that is given back', () => {
  useFakeClock();

  it('goes to the next of the process without a request, and to no more than can be', async () => {
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 10);
    await flush();
    const sent = bench.store.calls.length;
    await lockOf(all[0]!).release();
    await flush();
    expect([granted(all), bench.store.calls.length - sent]).toEqual([4, 0]);
    const [first, fourth] = [lockOf(all[0]!), lockOf(all[3]!)];
    expect([fourth.token, fourth.fencingToken]).toEqual([first.token, first.fencingToken + 1]);
  });

  it('after the hand-off time goes to the queue, in which the process has its place', async () => {
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 5);
    await flush();
    const other = bench.rival.token();
    await bench.rival.join('key', other, 60_000, atMost(3));
    await advance(20);
    await lockOf(all[0]!).release();
    await flush();
    expect(granted(all)).toBe(4);
    await lockOf(all[1]!).release();
    await flush();
    // The last of the process is behind the other.
    expect(granted(all)).toBe(4);
    expect(await bench.rival.holding('key')).toContain(other);
  });

  it('is handed on no more often than its block of fencing tokens allows', async () => {
    const bench = openLocks({ wait: 60_000 }, 0, new FakeStore(), { count: 1_000, time: Infinity });
    const all = callers(bench, 100, { concurrency: 2 });
    const fences = new Set<number>();
    const releasing = all.map(async (each) => {
      while (each.state === 'pending') await flush();
      fences.add(lockOf(each).fencingToken);
      await lockOf(each).release();
    });
    await Promise.all(releasing);
    expect(fences.size).toBe(100);
    expect(bench.store.sent('release').length).toBeGreaterThanOrEqual(3);
    await advance(5_000);
    await expectNothingLeft(bench);
  });

  it('takes the place in the queue with it when the last caller gets it', async () => {
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 4);
    await flush();
    expect((await bench.store.look('key')).waiting).toHaveLength(1);
    await lockOf(all[0]!).release();
    await flush();
    expect([granted(all), (await bench.store.look('key')).waiting]).toEqual([4, []]);
    bench.store.deafen();
    for (const each of all.slice(1)) await lockOf(each).release();
    await advance(2_000);
    await expectNothingLeft(bench);
  });

  it('leaves no place behind that keeps out others when one permit frees elsewhere', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { rival, store } = bench;
    await rival.acquire('key', 'rival', 60_000, atMost(3));
    const all = callers(bench, 3);
    await flush();
    await lockOf(all[0]!).release();
    await flush();
    expect(granted(all)).toBe(3);
    store.deafen();
    await rival.release('key', 'rival');
    expect(await rival.acquire('key', rival.token(), 60_000, atMost(3))).toMatchObject({ state: 'held' });
    await advance(3_000);
    expect(all.slice(1).every((each) => lockOf(each).isHeld)).toBe(true);
  });

  it('by a holder of another process goes to the callers that wait', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { rival } = bench;
    for (const token of ['a', 'b', 'c']) await rival.acquire('key', token, 60_000, atMost(3));
    const all = callers(bench, 2);
    await flush();
    await rival.release('key', 'a');
    await flush();
    expect(granted(all)).toBe(1);
    await rival.release('key', 'b');
    await flush();
    expect(granted(all)).toBe(2);
  });
});

describe('callers that wait for a permit', () => {
  useFakeClock();

  it.each([
    ['run out of time', LockTimeoutError, async (): Promise<void> => advance(500)],
    ['are refused by a shutdown', Error, async ({ engine }: Bench): Promise<void> => void engine.refuse()],
  ])('and %s leave no place behind', async (_, kind, end) => {
    const bench = openLocks({ wait: 60_000 });
    const held = callers(bench, 3);
    await flush();
    const waiting = callers(bench, 5, { ...THREE, wait: 500 });
    await flush();
    await end(bench);
    await flush();
    for (const each of waiting) expect(each.value).toBeInstanceOf(kind);
    expect((await bench.store.look('key')).waiting).toEqual([]);
    await Promise.all(held.map((each) => lockOf(each).release()));
    await flush();
    await expectNothingLeft(bench);
  });

  it('are told so, once each', async () => {
    const bench = openLocks({ wait: 60_000 });
    callers(bench, 3);
    await flush();
    callers(bench, 2);
    await flush();
    callers(bench, 1);
    await flush();
    expect(bench.heard('waiting').map(({ mode }) => mode)).toEqual(['permit', 'permit', 'permit']);
  });

  it('and have not been answered wait for the store for a second at least', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { store } = bench;
    callers(bench, 1);
    await flush();
    store.next('acquire', async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return call.carryOut();
    });
    const [second] = callers(bench, 1, { ...THREE, wait: 50 });
    await advance(300);
    expect(second!.state).toBe('resolved');
  });

  it('and can’t reach the store are told at once, though another caller has a permit', async () => {
    const bench = openLocks({ wait: 60_000 });
    callers(bench, 1);
    await flush();
    bench.store.next('acquire', failing);
    const [second] = callers(bench, 1);
    await flush();
    expect(second!.value).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  });

  it('and want one at once are refused where there is none, and let in where there is', async () => {
    const bench = openLocks({ wait: 0 });
    const all = callers(bench, 4);
    await flush();
    expect([granted(all), all[3]!.value]).toEqual([3, expect.any(LockBusyError)]);
    await lockOf(all[0]!).release();
    expect(await bench.locks.tryAcquire('key', THREE)).not.toBeNull();
  });

  it('each have a place of their own where they want to be in order', async () => {
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 5, { ...THREE, fair: true });
    await flush();
    const { holders, waiting } = await bench.store.look('key');
    expect([granted(all), holders.length, waiting.length]).toEqual([3, 3, 2]);
    for (const each of all) {
      await lockOf(each).release();
      await flush();
    }
    await expectNothingLeft(bench);
  });

  it('are asked for anew when the store has lost their place', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { store, rival } = bench;
    for (const token of ['a', 'b', 'c']) await rival.acquire('key', token, 60_000, atMost(3));
    const all = callers(bench, 2);
    await flush();
    const [place] = (await store.look('key')).waiting;
    await rival.release('key', place!);
    await advance(1_000);
    expect((await store.look('key')).waiting).toHaveLength(1);
    await rival.release('key', 'a');
    await rival.release('key', 'b');
    await flush();
    expect(granted(all)).toBe(2);
  });
});

describe('permits', () => {
  useFakeClock();

  it('of a greater weight count for as many, and are not overtaken', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const five = { concurrency: 5 };
    const heavy = await locks.acquire('key', { ...five, weight: 3 });
    const light = await locks.acquire('key', five);
    const second = outcomeOf(locks.acquire('key', { ...five, weight: 3 }));
    await flush();
    const late = outcomeOf(locks.acquire('key', five));
    await flush();
    expect([second.state, late.state]).toEqual(['pending', 'pending']);
    await advance(20);
    await light.release();
    await flush();
    expect([second.state, late.state]).toEqual(['pending', 'pending']);
    await heavy.release();
    await flush();
    expect([second.state, late.state]).toEqual(['resolved', 'resolved']);
    expect((await store.look('key')).holders.map(({ weight }) => weight)).toEqual([3, 1]);
  });

  it('are lost one by one', async () => {
    withoutJitter();
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 3);
    await flush();
    const [a, b, c] = all.map(lockOf);
    await bench.rival.release('key', b!.token);
    await advance(400);
    expect([a!.isHeld, b!.isHeld, c!.isHeld]).toEqual([true, false, true]);
    expect(bench.heard('lost').map(({ token, mode }) => [token, mode])).toEqual([[b!.token, 'permit']]);
    // It is free for another.
    expect(await bench.locks.tryAcquire('key', THREE)).not.toBeNull();
  });

  it('that are lost let a caller that waits ask again', async () => {
    withoutJitter();
    const bench = openLocks({ wait: 60_000 });
    const all = callers(bench, 4);
    await flush();
    await bench.rival.release('key', lockOf(all[0]!).token);
    await flush();
    expect(granted(all)).toBe(4);
  });

  it('are taken away by a shutdown whose grace time is over, and the store hears of each', async () => {
    const bench = openLocks({ wait: 60_000 }, 1_000);
    const all = callers(bench, 5);
    await flush();
    const closed = outcomeOf(bench.engine.close());
    await advance(999);
    expect([closed.state, all.slice(0, 3).every((each) => lockOf(each).isHeld)]).toEqual(['pending', true]);
    await advance(1);
    await flush();
    expect([closed.state, all.slice(0, 3).some((each) => lockOf(each).isHeld)]).toEqual(['resolved', false]);
    await expectNothingLeft(bench);
  });

  it('that are all given back let a shutdown end', async () => {
    const bench = openLocks({ wait: 60_000 }, 60_000);
    const all = callers(bench, 4);
    await flush();
    await lockOf(all[0]!).release();
    await flush();
    const closed = outcomeOf(bench.engine.close());
    for (const each of all.slice(1)) {
      expect(closed.state).toBe('pending');
      await lockOf(each).release();
    }
    await flush();
    expect(closed.state).toBe('resolved');
  });

  it('and readers, taken by thousands, leave nothing', async () => {
    const bench = openLocks({ wait: Infinity });
    const { locks } = bench;
    for (let round = 0; round < 20; round++) {
      const sections = Array.from({ length: 100 }, (_, i) =>
        locks.withLock('key', i % 3 === 0 ? { mode: 'read' } : i % 3 === 1 ? THREE : {}, () => undefined),
      );
      await flush();
      await advance(50);
      await Promise.all(sections);
    }
    await expectNothingLeft(bench);
  });
});
