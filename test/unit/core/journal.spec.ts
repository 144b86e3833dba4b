/** What the log says of trouble: each thing once, however many locks it concerns. */
import { describe, expect, it } from '@jest/globals';
import { LockEngine } from '../../../lib/core/engine.js';
import { DEFAULT_SETTINGS } from '../../../lib/core/settings.js';
import { LockUnavailableError } from '../../../lib/lock.errors.js';
import { LockService } from '../../../lib/lock.service.js';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { failing, FakeStore, hanging } from '../../support/fakes/fake-store.js';
import { outcomeOf } from '../../support/fakes/locks.js';

function open(onLine: () => void = () => undefined) {
  const store = new FakeStore();
  const lines: string[] = [];
  const engine = new LockEngine({
    store,
    defaults: { ...DEFAULT_SETTINGS, ttl: 1_000, wait: 0 },
    shutdownGrace: 0,
    log: () => undefined,
    warn: () => undefined,
    say: (level, message) => {
      lines.push(`${level}: ${message}`);
      onLine();
    },
  });
  return {
    store,
    lines,
    engine,
    locks: new LockService(engine),
    of: (text: string) => lines.filter((line) => line.includes(text)),
  };
}

const AWAY = 'error: The lock store does not answer';
const BACK = 'log: The lock store answers again';

function fail(store: FakeStore): void {
  for (const name of ['acquire', 'touch', 'release'] as const) store.always(name, failing);
}

describe('an outage', () => {
  useFakeClock();

  it('is written down with the first request that fails, and its end when none has failed for a while', async () => {
    const { store, lines, locks } = open();
    fail(store);
    for (let i = 0; i < 20; i++) await outcomeOf(locks.acquire(`key ${i}`));
    await advance(3_000);
    expect(lines).toEqual([expect.stringContaining(`${AWAY}: The line is dead. Locks can't be taken`)]);
    store.recover();
    await (await locks.acquire('other')).release();
    await advance(4_999);
    expect(lines).toHaveLength(1);
    await advance(1);
    expect(lines.slice(1)).toEqual([expect.stringContaining(`${BACK}, after 3.0 s`)]);
    expect(await lastingTimers()).toBe(0);
  });

  it('is one where one server of several answers all the while', async () => {
    const { store, lines, locks } = open();
    for (let i = 0; i < 10; i++) {
      store.next('acquire', failing);
      await outcomeOf(locks.acquire('dead'));
      await (await locks.acquire('alive')).release();
      await advance(2_000);
    }
    expect(lines).toHaveLength(1);
  });

  it('begins when the connection has been down for a second, and not when it was replaced at once', async () => {
    const { store, lines } = open();
    store.reach(false);
    await advance(999);
    store.reach(true);
    await advance(10_000);
    expect(lines).toEqual([]);
    store.reach(false);
    await advance(1_000);
    expect(lines).toEqual([expect.stringContaining('its connection is down')]);
    await advance(9_000);
    store.reach(true);
    await advance(5_000);
    expect(lines.slice(1)).toEqual([expect.stringContaining(`${BACK}, after 10.0 s`)]);
  });

  it('is nothing that the store says itself: of one key, or that it is busy for a moment', async () => {
    const { store, lines, locks } = open();
    store.next('acquire', () => Promise.reject(new LockUnavailableError('LOADING', { isMomentary: true })));
    await outcomeOf(locks.acquire('key'));
    const error = new LockUnavailableError('no lock', { key: 'key' });
    store.next('acquire', () => Promise.resolve([{ state: 'unknown', error }]));
    await outcomeOf(locks.acquire('key'));
    await advance(2_000);
    expect(lines).toEqual([]);
    await locks.acquire('key');
    store.next('touch', () => Promise.resolve([{ state: 'unknown', error }]));
    await advance(900);
    expect(lines).toEqual([expect.stringContaining('The lease of "key" could not be renewed: no lock. It is tried')]);
  });

  it('that takes two hundred locks is a handful of lines', async () => {
    const { store, lines, locks, of } = open();
    await Promise.all(Array.from({ length: 200 }, (_, i) => locks.acquire(`key ${i}`)));
    fail(store);
    await advance(60_000);
    expect(of(AWAY)).toHaveLength(1);
    expect(of('could not be renewed')).toHaveLength(1);
    expect(of('199 more locks were lost')).toHaveLength(1);
    expect(lines).toHaveLength(4);
  });
});

describe('losses', () => {
  useFakeClock();

  it('are written down one by one where they are few', async () => {
    withoutJitter();
    const { store, locks, of } = open();
    store.always('touch', hanging);
    await locks.acquire('first');
    await advance(5_000);
    await locks.acquire('second');
    await advance(5_000);
    expect(of('The lease of "first" ended')).toHaveLength(1);
    expect(of('The lease of "second" ended')).toHaveLength(1);
  });

  it('that go on and on are counted less and less often', async () => {
    const { lines, locks, store } = open();
    store.always('touch', hanging);
    for (let i = 0; i < 600; i++) {
      await locks.acquire(`key ${i}`, { autoRenew: false, ttl: 100 });
      await advance(100);
    }
    const told = lines.filter((line) => line.includes('lost since'));
    expect(told.length).toBeLessThan(8);
  });

  it('that were only counted are written down at the end', async () => {
    const { locks, engine, lines } = open();
    await locks.acquire('a', { autoRenew: false, ttl: 100 });
    await locks.acquire('b', { autoRenew: false, ttl: 100 });
    await advance(100);
    await engine.close();
    expect(lines).toEqual([expect.stringContaining('"a"'), expect.stringContaining('One more lock was lost')]);
    expect(await lastingTimers()).toBe(0);
  });

  it('by force of a key that many share are one line, and another of the same is one again', async () => {
    const { locks, of } = open();
    for (let i = 0; i < 2; i++) {
      await Promise.all(Array.from({ length: 20 }, () => locks.acquire('report', { mode: 'read' })));
      await Promise.all(Array.from({ length: 5 }, () => locks.acquire('printer', { concurrency: 5 })));
      await locks.forceRelease('report', { by: 'ada' });
      await locks.forceRelease('printer', { by: 'ada' });
      await advance(1_000);
    }
    expect(of('The lock on "report" was taken away by an operator')).toHaveLength(2);
    expect(of('The lock on "printer" was taken away by an operator')).toHaveLength(2);
  });

  it('by force say who it was and why, each of them', async () => {
    const { locks, of } = open();
    for (const key of ['a', 'b']) {
      await locks.acquire(key);
      await locks.forceRelease(key, { reason: 'stuck', by: 'ann' });
    }
    await flush();
    expect(of('taken away by an operator (ann): stuck')).toHaveLength(2);
  });
});

it('a logger that throws, or uses the service, harms nobody', async () => {
  const store: { current?: LockService } = {};
  const bench = open(() => {
    void store.current!.acquire('another').catch(() => undefined);
    throw new Error('the disk is full');
  });
  store.current = bench.locks;
  fail(bench.store);
  await expect(bench.locks.acquire('key')).rejects.toBeInstanceOf(LockUnavailableError);
  bench.store.recover();
  await (await bench.locks.acquire('key')).release();
  expect(bench.lines).toHaveLength(1);
  await bench.engine.close();
});
