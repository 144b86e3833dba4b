/** Several keys in one request, where the store sees them together: all or none, and nothing is left in any case. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockUnavailableError } from '../../../lib/lock.errors.js';
import { READ } from '../../../lib/testing/contract/driver.js';
import { advance, flush, lastingTimers, turns, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, saying, TogetherStore, unheard } from '../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { remembered as rememberedBy } from '../../support/remembered.js';

const open = (defaults: object = {}, shutdownGrace?: number): Bench =>
  openLocks({ wait: 60_000, ...defaults }, shutdownGrace, new TogetherStore());

const names = ({ store }: Bench): string[] => store.calls.map(({ name }) => name);

async function expectNothingLeft({ engine, store }: Bench, ...keys: string[]): Promise<void> {
  for (const key of keys) expect(await store.look(key)).toMatchObject({ holders: [], waiting: [] });
  expect(await lastingTimers()).toBe(0);
  expect(rememberedBy(engine, ['store', 'events', 'outside', 'timer', 'budget'])).toBe(0);
}

describe('several keys that are free', () => {
  useFakeClock();

  it('are taken by one request, and told of like any other', async () => {
    const bench = open();
    const { locks, store, heard } = bench;
    const lock = await locks.acquire(['b', 'a', { key: 'c', mode: 'read' }, { key: 'd', concurrency: 4, weight: 2 }]);
    expect(names(bench)).toEqual(['acquireTogether']);
    expect(lock.keys).toEqual(['b', 'a', 'c', 'd']);
    for (const [key, fencingToken] of lock.fencingTokens) {
      expect((await store.look(key)).holders).toMatchObject([{ fencingToken }]);
    }
    expect((await store.look('c')).holders).toMatchObject([READ]);
    expect((await store.look('d')).holders).toMatchObject([{ limit: 4, weight: 2 }]);
    await flush();
    expect(heard('acquired').map(({ key, mode }) => [key, mode])).toEqual([
      ['a', 'write'],
      ['b', 'write'],
      ['c', 'read'],
      ['d', 'permit'],
    ]);
    await lock.release();
    await expectNothingLeft(bench, 'a', 'b', 'c', 'd');
  });

  it('are renewed, and each is handed on to callers that wait for it', async () => {
    withoutJitter();
    const bench = open();
    const { locks, store } = bench;
    const lock = await locks.acquire(['a', 'b']);
    const next = outcomeOf(locks.acquire('a'));
    await flush();
    store.calls.length = 0;
    await lock.release();
    await flush();
    expect([next.state, names(bench)]).toEqual(['resolved', ['release']]);
    await advance(2_000);
    expect(lockOf(next).isHeld).toBe(true);
  });

  it('are asked for with the margin of each', async () => {
    const { locks, store } = open({ lockDelay: 5_000 });
    await locks.acquire(['a', 'b']);
    expect(store.sent('acquireTogether').map(({ ttl, wait }) => [ttl, wait])).toEqual([
      [6_000, false],
      [6_000, false],
    ]);
  });

  it('are entered again where they are held, and only the rest is asked for', async () => {
    const bench = open();
    const { locks, store } = bench;
    await locks.withLock(['a', 'b'], async () => {
      const inner = await locks.acquire(['a', 'b', 'c', 'd']);
      expect(store.sent('acquireTogether').map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
      await inner.release();
    });
    await expectNothingLeft(bench, 'a', 'b', 'c', 'd');
  });

  it('but one are asked for one by one', async () => {
    const bench = open();
    await bench.locks.withLock('a', () => bench.locks.withLock(['a', 'b'], () => undefined));
    expect(names(bench)).toEqual(['acquire', 'acquire', 'release', 'release']);
  });

  it('and that the store does not see together are taken one after the other; others of the same store are not', async () => {
    const bench = open();
    const { store, locks } = bench as Bench & { store: TogetherStore };
    const acquireTogether = store.acquireTogether.bind(store);
    const isNear = ({ key }: { readonly key: string }): boolean => key.startsWith('near');
    Object.assign(store, {
      acquireTogether: (requests: Parameters<typeof acquireTogether>[0]) =>
        requests.every(isNear) ? acquireTogether(requests) : undefined,
    });
    for (const keys of [
      ['near 1', 'far'],
      ['near 1', 'near 2'],
    ]) {
      await (await locks.acquire(keys)).release();
    }
    expect(names(bench)).toEqual(['acquire', 'acquire', 'release', 'release', 'acquireTogether', 'release', 'release']);
    await expectNothingLeft(bench, 'near 1', 'near 2', 'far');
  });
});

describe('several keys of which one is not free', () => {
  useFakeClock();

  it('are refused by the name of that key, once, where they are not to be waited for', async () => {
    const bench = open({ wait: 0 });
    const { locks, rival, heard } = bench;
    await rival.acquire('b', 'rival', 5_000);
    await expect(locks.acquire(['a', 'b', 'c'])).rejects.toMatchObject({
      code: 'LOCK_BUSY',
      key: 'b',
      retryAfterMs: 5_000,
    });
    await flush();
    expect(names(bench)).toEqual(['acquireTogether']);
    expect(heard('refused').map(({ key }) => key)).toEqual(['b']);
    await rival.release('b', 'rival');
    await expectNothingLeft(bench, 'a', 'b', 'c');
  });

  it('are refused by the name of that key though nothing of its lease is left', async () => {
    const { locks, store } = open({ wait: 0 });
    store.next('acquireTogether', saying<'acquireTogether'>({ state: 'busy', index: 1, expiresIn: 0 }));
    await expect(locks.acquire(['a', 'b', 'c'])).rejects.toMatchObject({ code: 'LOCK_BUSY', key: 'b' });
  });

  it('are waited for in order, and nobody is told that the first request was in vain', async () => {
    const bench = open();
    const { locks, rival, heard, store } = bench;
    await rival.acquire('b', 'rival');
    const asked = outcomeOf(locks.acquire(['c', 'b', 'a']));
    await flush();
    expect([asked.state, names(bench), heard('refused')]).toEqual([
      'pending',
      ['acquireTogether', 'acquire', 'acquire'],
      [],
    ]);
    expect(store.sent('acquire').map(({ key }) => key)).toEqual(['a', 'b']);
    expect(heard('waiting').map(({ key }) => key)).toEqual(['b']);
    await rival.release('b', 'rival');
    await flush();
    expect(asked.state).toBe('resolved');
    await lockOf(asked).release();
    await expectNothingLeft(bench, 'a', 'b', 'c');
  });

  it('have one wait in all', async () => {
    const bench = open({ wait: 1_000 });
    await bench.rival.acquire('b', 'rival');
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await advance(1_000);
    expect(asked.value).toMatchObject({ code: 'LOCK_TIMEOUT', key: 'b' });
    await bench.rival.release('b', 'rival');
    await expectNothingLeft(bench, 'a', 'b');
  });

  it('are not asked for together where a caller of this process is ahead', async () => {
    const bench = open();
    const held = await bench.locks.acquire('b');
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await flush();
    expect([asked.state, names(bench)]).toEqual(['pending', ['acquire', 'acquire']]);
    await held.release();
    await flush();
    expect(asked.state).toBe('resolved');
  });

  it('let in callers that have come meanwhile for one that is', async () => {
    const bench = open();
    const { locks, store, rival } = bench;
    await rival.acquire('b', 'rival');
    const gate = new Gate<'acquireTogether'>();
    store.next('acquireTogether', gate.after);
    const several = outcomeOf(locks.acquire(['a', 'b'], { wait: 0 }));
    const [waits, tries] = [outcomeOf(locks.acquire('a')), outcomeOf(locks.tryAcquire('a'))];
    await flush();
    gate.open();
    await flush();
    expect(several.value).toBeInstanceOf(LockBusyError);
    expect([waits, tries].filter(({ state, value }) => state === 'resolved' && value !== null)).toHaveLength(1);
  });
});

describe('a request for several keys', () => {
  useFakeClock();

  it.each([
    ['is refused', failing],
    ['is carried out without an answer', unheard],
    ['is never answered', hanging],
  ])('that %s ends with that, and leaves nothing', async (_, behaviour) => {
    const bench = open();
    const { locks, store, heard } = bench;
    store.next('acquireTogether', behaviour);
    const asked = outcomeOf(locks.acquire(['a', 'b']));
    await advance(5_000);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect(heard('failed').map(({ key, during }) => [key, during])).toEqual([
      ['a', 'acquire'],
      ['b', 'acquire'],
    ]);
    await advance(20_000);
    await expectNothingLeft(bench, 'a', 'b');
  });

  it('that meets a store which is busy with itself goes on one by one while there is time', async () => {
    const bench = open();
    const momentary = new LockUnavailableError('LOADING the data', { wasSent: false, isMomentary: true });
    bench.store.next('acquireTogether', () => Promise.reject(momentary));
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await flush();
    expect([asked.state, names(bench)]).toEqual(['resolved', ['acquireTogether', 'acquire', 'acquire']]);
    bench.store.next('acquireTogether', () => Promise.reject(momentary));
    await expect(bench.locks.acquire(['c', 'd'], { wait: 0 })).rejects.toThrow('LOADING');
  });

  it('that is answered when nothing of the leases is left goes back, and fails', async () => {
    const bench = open();
    const gate = new Gate<'acquireTogether'>();
    bench.store.next('acquireTogether', gate.after);
    const asked = outcomeOf(bench.locks.acquire(['a', 'b'], { wait: 0 }));
    await advance(1_500);
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    await expectNothingLeft(bench, 'a', 'b');
  });

  it.each(['before', 'after'] as const)('that is cancelled %s it is carried out leaves nothing', async (when) => {
    const bench = open();
    const gate = new Gate<'acquireTogether'>();
    bench.store.next('acquireTogether', gate[when]);
    const controller = new AbortController();
    const asked = outcomeOf(bench.locks.acquire(['a', 'b'], { signal: controller.signal }));
    await flush();
    controller.abort('enough');
    await flush();
    expect(asked.value).toBe('enough');
    gate.open();
    await flush();
    await expectNothingLeft(bench, 'a', 'b');
  });

  it.each(['cancelled', 'closed'])('that was refused takes no further key once it is %s', async (how) => {
    const bench = open({}, 0);
    const { locks, engine, store, rival } = bench;
    const controller = new AbortController();
    await rival.acquire('b', 'rival');
    locks.events$.subscribe(({ type }) => {
      if (type !== 'acquired') return;
      if (how === 'closed') void engine.close();
      else controller.abort('enough');
    });
    const asked = outcomeOf(locks.acquire(['a', 'b'], { signal: controller.signal }));
    await flush();
    if (how === 'closed') expect(asked.value).toMatchObject({ code: 'LOCK_SHUTDOWN' });
    else expect(asked.value).toBe('enough');
    expect([(await store.look('a')).holders, (await store.look('b')).waiting]).toEqual([[], []]);
  });

  it('that is under way at a shutdown is refused, and gives back what it brings', async () => {
    const bench = open();
    const gate = new Gate<'acquireTogether'>();
    bench.store.next('acquireTogether', gate.after);
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await flush();
    const closed = outcomeOf(bench.engine.close());
    await flush();
    expect([asked.value, closed.state]).toMatchObject([{ code: 'LOCK_SHUTDOWN' }, 'pending']);
    gate.open();
    await turns(3);
    await flush();
    expect(closed.state).toBe('resolved');
    await expectNothingLeft(bench, 'a', 'b');
  });

  it('is not made where the store has no method for it', async () => {
    const { locks, store } = openLocks();
    await locks.acquire(['a', 'b']);
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'acquire']);
  });

  it.each([
    [300, 1_000],
    [3_000, 3_000],
  ])('that is not answered fails when a wait of %d ms is over, after a second at the earliest', async (wait, at) => {
    const bench = open({ wait });
    bench.store.next('acquireTogether', hanging);
    const asked = outcomeOf(bench.locks.acquire(['a', 'b']));
    await advance(at - 1);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect((asked.value as Error).message).toContain(`${wait} ms`);
    // Until the store has given up on it.
    await advance(10_000);
    await expectNothingLeft(bench, 'a', 'b');
  });
});
