/**
 * A listener may do anything at any moment, synchronously, and harms nobody: every call settles, nobody is stranded, no
 * key stays locked, no timer is left. All pairs of what is heard and what is done, on a store that works and on some that
 * don't.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { config } from 'rxjs';
import type { AcquireOptions } from '../../../lib/acquire.options.js';
import { LOCK_CHANNELS } from '../../../lib/lock.channels.js';
import type { Lock } from '../../../lib/lock.js';
import type { LockEvent } from '../../../lib/lock.events.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { advance, turns, useFakeClock } from '../../support/fakes/fake-clock.js';
import { failing, Gate, unheard } from '../../support/fakes/fake-store.js';
import type { Call, FakeStore } from '../../support/fakes/fake-store.js';

const KEYS = ['own', 'taken', 'busy', 'broken', 'short', 'nested', 'other', 'forced', 'moved'];

/** Everything that a listener can get at. */
interface World {
  readonly bench: Bench;
  /** Locks that are held, by key. */
  readonly held: Map<string, Lock>;
  /** Cancel the waits, in the order in which they began. */
  readonly cancels: AbortController[];
  readonly asked: { state: string }[];
  readonly ends: (() => void)[];
  readonly everybodys: (() => void)[];
}

type Action = (world: World, key: string) => unknown;

/** Asks, and is content whatever comes of it. */
function ask({ bench, asked }: World, key: string, wait: number): void {
  asked.push(outcomeOf(bench.locks.acquire(key, { wait }).then((lock) => lock.release().catch(() => undefined))));
}

function release({ held, asked }: World, key: string): void {
  const lock = held.get(key);
  if (!lock) return;
  held.delete(key);
  asked.push(outcomeOf(lock.release()));
}

const ACTIONS: Record<string, Action> = {
  'asks for the same key': (world, key) => ask(world, key, 1_000),
  'tries the same key': (world, key) => ask(world, key, 0),
  'asks for another key': (world) => ask(world, 'other', 1_000),
  'asks for several keys': ({ bench, asked }, key) =>
    asked.push(outcomeOf(bench.locks.withLock([key, 'other'], { wait: 500 }, () => undefined))),
  'releases the lock of that key': (world, key) => release(world, key),
  'releases a lock of another key': (world) => release(world, 'own'),
  'aborts the oldest wait': ({ cancels }) => cancels.shift()?.abort(),
  'aborts the latest wait': ({ cancels }) => cancels.pop()?.abort(),
  'aborts all waits': ({ cancels }) => cancels.splice(0).forEach((cancel) => cancel.abort(new Error('aborted'))),
  'closes the module': ({ bench, asked }) => asked.push(outcomeOf(bench.engine.close())),
  'refuses further locks': ({ bench }) => bench.engine.refuse(),
  throws: () => {
    throw new Error('a bug in a listener');
  },
  'hears no more': ({ everybodys }) => everybodys.forEach((stop) => stop()),
  'has another listener': ({ bench, everybodys }) => {
    const subscription = bench.locks.events$.subscribe();
    everybodys.push(() => subscription.unsubscribe());
  },
  'looks at every lock': ({ held, bench }) =>
    [...held.values()].map((lock) => [lock.isHeld, lock.signal.aborted, bench.locks.holds(lock.key)]),
  'renews every lock': ({ held, asked }) => asked.push(...[...held.values()].map((lock) => outcomeOf(lock.renew()))),
  'releases by force': ({ bench, asked }, key) => asked.push(outcomeOf(bench.locks.forceRelease(key))),
  'lets sections end': ({ ends }) => ends.splice(0).forEach((end) => end()),
};

const HEARD = [
  'acquired',
  'waiting',
  'renewed',
  'lost',
  'released',
  'detached',
  'refused',
  'forced',
  'failed',
  'warning',
] as const;
/** Their subscribers are called in the middle of things. */
const CHANNELS = {
  'the asking': `tracing:${LOCK_CHANNELS.acquire}:start`,
  'the answer': `tracing:${LOCK_CHANNELS.acquire}:asyncEnd`,
  'the beginning of a hold': `tracing:${LOCK_CHANNELS.hold}:start`,
  'the end of a hold': `tracing:${LOCK_CHANNELS.hold}:asyncEnd`,
  'a request': `tracing:${LOCK_CHANNELS.store}:start`,
  'the answer to a request': `tracing:${LOCK_CHANNELS.store}:asyncEnd`,
} as const;
type ChannelPart = keyof typeof CHANNELS;
type Heard = (typeof HEARD)[number] | ChannelPart | 'the end of a wait' | 'the loss of a lock';

/** One request in three goes wrong. */
function everyThird(trouble: (call: Call<never>) => Promise<never>): (store: FakeStore) => void {
  return (store) => {
    let count = 0;
    const behave = (call: Call): Promise<never> =>
      ++count % 3 === 0 ? trouble(call as Call<never>) : (call.carryOut() as Promise<never>);
    for (const name of ['acquire', 'touch', 'release'] as const) store.always(name, behave);
  };
}

const STORES: Record<string, (store: FakeStore) => void> = {
  works: () => undefined,
  'refuses one request in three': everyThird(failing),
  'answers two requests in three': everyThird(unheard),
};

describe('a listener', () => {
  useFakeClock();
  beforeEach(() => {
    config.onUnhandledError = () => undefined;
  });
  afterEach(() => {
    config.onUnhandledError = null;
  });

  describe.each(Object.keys(STORES))('of a store that %s', (store) => {
    const everything = [...HEARD, ...(Object.keys(CHANNELS) as ChannelPart[])];
    describe.each<Heard>([...everything, 'the end of a wait', 'the loss of a lock'])('that hears of %s', (heard) => {
      // What listeners of an AbortSignal throw, and subscribers of a channel, is Node.js's to report.
      const actions = Object.keys(ACTIONS).filter(
        (name) => name !== 'throws' || (HEARD as readonly string[]).includes(heard),
      );
      it.each(actions)('and %s harms nobody', async (name) => {
        await expectNoHarm(heard, ACTIONS[name]!, 100, STORES[store]!);
        if (store !== 'works') return;
        await expectNoHarm(heard, ACTIONS[name]!, 1, STORES[store]!);
        await expectNoHarm(heard, ACTIONS[name]!, 100, STORES[store]!, false);
      });
    });
  });

  it('that cancels a wait when it hears of it leaves nothing on the heartbeat', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'rival', 600_000);
    const first = outcomeOf(locks.acquire('key', { wait: Infinity }));
    await advance(10);
    const cancel = new AbortController();
    locks.events$.subscribe(({ type }) => type === 'waiting' && cancel.abort('enough'));
    const second = outcomeOf(locks.acquire('key', { wait: 1_000, signal: cancel.signal }));
    await advance(5_000);
    expect([first.state, second]).toEqual(['pending', { state: 'rejected', value: 'enough' }]);
  });

  it('that cancels what has failed strands nobody else', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.before);
    const cancel = new AbortController();
    const failed = outcomeOf(locks.acquire('key', { signal: cancel.signal }));
    await advance(10);
    const others = [outcomeOf(locks.withLock('key', () => 1)), outcomeOf(locks.withLock('key', () => 2))];
    locks.events$.subscribe(({ type }) => type === 'failed' && cancel.abort());
    gate.fail();
    await advance(5_000);
    expect(failed).toMatchObject({ state: 'rejected', value: { code: 'LOCK_UNAVAILABLE' } });
    expect(others).toEqual([1, 2].map((value) => ({ state: 'resolved', value })));
  });

  it('that asks again whenever a wait has ended is refused when the module closes', async () => {
    const { locks, engine, rival } = openLocks();
    await rival.acquire('key', 'rival', 600_000);
    const waits = [1, 2, 3].map(() => outcomeOf(locks.acquire('key')));
    await advance(10);
    const again: { state: string; value: unknown }[] = [];
    locks.events$.subscribe(({ type }) => type === 'refused' && again.push(outcomeOf(locks.acquire('key'))));
    const closed = outcomeOf(engine.close());
    await advance(10);
    expect(closed.state).toBe('resolved');
    expect([...waits, ...again].map(({ value }) => (value as { code: string }).code)).toEqual(
      Array.from({ length: 6 }, () => 'LOCK_SHUTDOWN'),
    );
  });

  it('that tries again whenever a key was busy leaves time for everybody else', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'rival', 1_000);
    const held = await locks.acquire('mine');
    let count = 0;
    for (const key of ['key', 'mine']) {
      const subscription = locks.events$.subscribe((event) => {
        if (event.type !== 'refused' || event.key !== key) return;
        if (count++ > 100_000) subscription.unsubscribe();
        locks.tryAcquire(key).catch(() => undefined);
      });
      await locks.tryAcquire(key);
    }
    // Would it take the whole turn, the count would be over by now.
    await turns(2);
    expect(count).toBeLessThan(20_000);
    await held.release();
    await rival.release('key', 'rival');
    await turns(5);
  });

  it('hears of everything that these tests listen for', async () => {
    const types = new Set<string>();
    for (const heard of HEARD) {
      await expectNoHarm(
        heard,
        () => types.add(heard),
        1,
        (store) => store.next('acquire', failing),
      );
    }
    expect([...types].sort()).toEqual([...HEARD].sort());
    let calls = 0;
    await expectNoHarm('the end of a wait', () => calls++, 9, STORES['works']!);
    await expectNoHarm('the loss of a lock', () => calls++, 9, STORES['works']!);
    expect(calls).toBeGreaterThan(2);
    for (const part of Object.keys(CHANNELS) as ChannelPart[]) {
      let heard = 0;
      await expectNoHarm(part, () => heard++, 9, STORES['works']!);
      expect([part, heard]).toEqual([part, 9]);
    }
  });
});

async function expectNoHarm(
  heard: Heard,
  action: Action,
  times: number,
  prepare: (store: FakeStore) => void,
  isHandedBack = true,
): Promise<void> {
  const bench = openLocks({ ttl: 600, wait: 2_000 }, 1_000);
  const world: World = {
    bench,
    held: new Map(),
    cancels: [],
    asked: [],
    ends: [],
    everybodys: [],
  };
  let left = times;
  const act = (key: string): void => {
    if (left-- > 0) action(world, key);
  };
  const subscription = bench.locks.events$.subscribe((event: LockEvent) => {
    if (event.type === heard) act(event.key);
  });
  world.everybodys.push(() => subscription.unsubscribe());
  const channel = heard in CHANNELS ? CHANNELS[heard as ChannelPart] : 'none';
  const subscriber = (message: unknown): void => act((message as { keys?: readonly string[] }).keys?.[0] ?? 'busy');
  subscribe(channel, subscriber);
  world.everybodys.push(() => unsubscribe(channel, subscriber));
  prepare(bench.store);
  const watch = (signal: AbortSignal, what: Heard, key: string): void => {
    if (what === heard) signal.addEventListener('abort', () => act(key));
  };
  await live(world, watch);

  bench.store.recover();
  world.ends.splice(0).forEach((end) => end());
  if (isHandedBack) {
    for (let i = 0; i < 10; i++) {
      for (const key of KEYS) release(world, key);
      await advance(1_000);
    }
    expect(world.asked.filter(({ state }) => state === 'pending')).toEqual([]);
  }
  const closed = outcomeOf(bench.engine.close());
  await advance(10_000);
  expect(closed.state).toBe('resolved');
  expect(world.asked.filter(({ state }) => state === 'pending')).toEqual([]);
  for (const key of KEYS) expect(await bench.store.look(key)).toMatchObject({ holders: [], waiting: [] });
  expect(jest.getTimerCount()).toBe(0);
  unsubscribe(channel, subscriber);
}

type Watch = (signal: AbortSignal, what: Heard, key: string) => void;

/** A little of everything that can happen to locks. At the end some are held, and some are waited for. */
async function live(world: World, watch: Watch): Promise<void> {
  const { bench, held, cancels, asked, ends } = world;
  const { locks, store, rival } = bench;
  const take = (key: string, options: AcquireOptions = {}): void => {
    const cancel = new AbortController();
    watch(cancel.signal, 'the end of a wait', key);
    cancels.push(cancel);
    const taken = locks.acquire(key, { signal: cancel.signal, ...options }).then((lock) => {
      held.set(key, lock);
      watch(lock.signal, 'the loss of a lock', key);
    });
    asked.push(outcomeOf(taken));
  };
  await rival.acquire('taken', 'rival', 3_000);
  take('own');
  take('short', { ttl: 200, autoRenew: false });
  take('busy');
  for (const wait of [2_000, 100, 3_000, Infinity]) take('taken', { wait });
  // A section whose end comes before that of what it has started.
  asked.push(
    outcomeOf(
      locks.withLock('nested', async () => {
        const section = locks.withLock('nested', () => new Promise<void>((resolve) => ends.push(resolve)));
        asked.push(outcomeOf(section));
        await Promise.resolve();
      }),
    ),
  );
  for (const key of ['forced', 'moved']) take(key);
  await advance(50);
  asked.push(outcomeOf(locks.forceRelease('forced')));
  const moved = held.get('moved');
  held.delete('moved');
  // Where the store refuses, it is still held here.
  if (moved) asked.push(outcomeOf(moved.detach().catch(() => void held.set('moved', moved))));
  // These come when it is known already that the key is taken.
  for (const key of ['busy', 'taken', 'busy', 'taken']) take(key);
  ask(world, 'busy', 0);
  cancels[3]?.abort();
  await advance(400);
  // These come while the store has not answered yet, and then it refuses.
  const gate = new Gate<'acquire'>();
  store.next('acquire', gate.before);
  take('broken');
  await advance(10);
  for (let i = 0; i < 3; i++) take('broken');
  await advance(10);
  if (gate.isTaken) gate.fail();
  store.next('acquire', failing);
  take('other');
  await advance(10);
  release(world, 'busy');
  await rival.release('taken', 'rival');
  await advance(500);
  cancels.at(-1)?.abort();
  release(world, 'own');
  for (const key of ['own', 'taken', 'taken']) take(key);
  await advance(100);
}
