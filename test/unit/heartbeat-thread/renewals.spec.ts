/** The heartbeat thread by itself: what it sends, to which store, and on which clock. */
import { describe, expect, it } from '@jest/globals';
import type { StoreAnswer, TouchRequest } from '../../../lib/stores/lock-store.js';
import { Renewals } from '../../../lib/heartbeat-thread/renewals.js';
import { Slot, SLOT_WORDS } from '../../../lib/heartbeat-thread/slot.js';
import type { TouchReport } from '../../../lib/heartbeat-thread/thread-messages.js';
import { advance, blockEventLoop, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';

const TTL = 1_000;
/** The main thread began so much earlier. */
const SHIFT = 50_000;
const SLOTS = 512;

/** A store whose answers a test gives. */
class TestStore {
  readonly calls: {
    requests: readonly TouchRequest[];
    isWanted: () => boolean;
    answer: (state: StoreAnswer) => void;
  }[] = [];
  isStopped = false;

  touch(requests: readonly TouchRequest[], isWanted: () => boolean): Promise<StoreAnswer[]> {
    return new Promise((resolve) => {
      const answer = (state: StoreAnswer): void => resolve(requests.map(() => state));
      this.calls.push({ requests, isWanted, answer });
    });
  }

  stop(): Promise<void> {
    this.isStopped = true;
    return Promise.resolve();
  }
}

function setUp(storeCount = 1) {
  const stores = Array.from({ length: storeCount }, () => new TestStore());
  const told: TouchReport[] = [];
  const tools = { clock: { shift: SHIFT }, open: ({ store }: { store: number }) => stores[store]! };
  const renewals = new Renewals({ ...tools, tell: (reports) => told.push(...reports) });
  const memory = new SharedArrayBuffer(SLOTS * SLOT_WORDS * 4);
  renewals.carryOut({ order: 'page', memory });
  const options = { connection: 'any', prefix: 'lock', commandTimeout: 5_000 };
  stores.forEach((_, store) => renewals.carryOut({ order: 'open', store, options }));
  const watch = (index: number, store = 0): Slot => {
    const now = performance.now() + SHIFT;
    const slot = new Slot(new Int32Array(memory), index * SLOT_WORDS, 0, now);
    slot.open(now + 988, -1);
    const place = { id: index + 1, store, slot: index, use: 0, base: now, forgotten: [] };
    const lease = { key: `key ${index}`, token: `t${index}`, fencingToken: 7, ttl: TTL, grantedAt: now };
    renewals.carryOut({ order: 'watch', watch: { ...place, ...lease, lockDelay: 0, minHold: 0 } });
    return slot;
  };
  return { stores, told, renewals, watch };
}

describe('the heartbeat thread', () => {
  useFakeClock();

  it('renews after a third of the ttl, and reckons by the clock of the main thread', async () => {
    withoutJitter();
    const { stores, told, watch } = setUp();
    const slot = watch(0);
    await advance(332);
    expect(stores[0]!.calls).toEqual([]);
    await advance(10);
    const [call] = stores[0]!.calls;
    expect(call!.requests).toEqual([{ key: 'key 0', token: 't0', ttl: TTL }]);
    expect(slot.state).toBe('sending');
    const { touchedAt } = slot;
    expect(touchedAt).toBeGreaterThanOrEqual(SHIFT + 333);
    await advance(100);
    call!.answer({ state: 'held', fencingToken: 7 });
    await advance(0);
    expect([slot.state, slot.deadline]).toEqual(['watched', touchedAt + 988]);
    expect(told).toEqual([{ id: 1, state: 'held', fencingToken: 7, sentAt: touchedAt, error: undefined }]);
  });

  it('touches what is due together in lists, each store by itself', async () => {
    withoutJitter();
    const { stores, watch } = setUp(2);
    for (let i = 0; i < 100; i++) watch(i);
    watch(100, 1);
    await advance(500);
    expect(stores[0]!.calls.map(({ requests }) => requests.length)).toEqual([64, 36]);
    expect(stores[1]!.calls.map(({ requests }) => requests.length)).toEqual([1]);
  });

  it('wants no touch to be sent again once the main thread has taken one of the list back', async () => {
    withoutJitter();
    const { stores, told, renewals, watch } = setUp();
    watch(0);
    const second = watch(1);
    await advance(500);
    const [call] = stores[0]!.calls;
    expect(call!.isWanted()).toBe(true);
    expect(second.turn('sending', 'leaving')).toBe(true);
    expect(call!.isWanted()).toBe(false);
    call!.answer({ state: 'held', fencingToken: 7 });
    await advance(0);
    expect([second.state, told.length, renewals.size]).toEqual(['leaving', 2, 1]);
  });

  it('remembers the first touch that may be carried out yet, until a later one is answered', async () => {
    withoutJitter();
    const { stores, watch } = setUp();
    const slot = watch(0);
    await advance(400);
    const sentAt = slot.touchedAt;
    stores[0]!.calls[0]!.answer({ state: 'unknown', error: new Error('broken') });
    await advance(60);
    expect([slot.doubtAt, stores[0]!.calls.length]).toEqual([sentAt, 2]);
    stores[0]!.calls[1]!.answer({ state: 'held', fencingToken: 7 });
    await advance(0);
    expect(slot.doubtAt).toBe(-1);
  });

  it('sends nothing for a lease whose time is over, as after the process was stopped', async () => {
    const { stores, renewals, watch } = setUp();
    const slot = watch(0);
    blockEventLoop(TTL);
    await advance(TTL);
    expect([stores[0]!.calls, slot.state, renewals.size]).toEqual([[], 'over', 0]);
  });

  it('leaves a lease alone that the main thread has renewed, for another third of the ttl', async () => {
    withoutJitter();
    const { stores, watch } = setUp();
    const slot = watch(0);
    await advance(300);
    slot.raise(performance.now() + SHIFT + 988);
    await advance(300);
    expect(stores[0]!.calls).toEqual([]);
    await advance(100);
    expect(stores[0]!.calls).toHaveLength(1);
  });

  it('tells of a touch that no store could be asked for', async () => {
    const { stores, told, renewals, watch } = setUp();
    watch(0);
    renewals.carryOut({ order: 'close', store: 0 });
    await advance(500);
    expect([stores[0]!.isStopped, told[0]!.state]).toEqual([true, 'unknown']);
  });
});
