/** Leases that the heartbeat thread renews: who sends what, and what the main thread knows when. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { LockLostError } from '../../../lib/lock.errors.js';
import type { LockService } from '../../../lib/lock.service.js';
import { ThreadWatcher } from '../../../lib/heartbeat-thread/thread-watcher.js';
import { advance, blockEventLoop, flush, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, saying } from '../../support/fakes/fake-store.js';
import { openWithThread } from '../../support/fakes/fake-thread.js';
import type { ThreadBench } from '../../support/fakes/fake-thread.js';
import { lockOf, openLocks, outcomeOf } from '../../support/fakes/locks.js';

const TTL = 1_000;
const opened: ThreadBench[] = [];

function open(...args: Parameters<typeof openWithThread>): ThreadBench {
  const bench = openWithThread(...args);
  opened.push(bench);
  return bench;
}

/** Takes a key, and answers when its first renewal by the thread is under way. */
async function heldWithTouch({ locks, thread }: ThreadBench, options: Parameters<LockService['acquire']>[1] = {}) {
  const gate = new Gate<'touch'>();
  const lock = await locks.acquire('key', options);
  thread.store.next('touch', gate.before);
  await advance(TTL / 2 - 50);
  expect(gate.isTaken).toBe(true);
  return { lock, gate };
}

describe('a lease with a heartbeat thread', () => {
  useFakeClock();

  // The thread of a process is shared by its modules, so it has to end with each test.
  afterEach(async () => {
    for (const { thread } of opened.splice(0)) await thread.end();
  });

  it('is renewed by the thread alone, over many ttls, and its holder hears of it', async () => {
    const { locks, store, thread, heard } = open();
    const lock = await locks.acquire('key');
    await advance(10 * TTL);
    expect(lock.isHeld).toBe(true);
    expect(store.sent('touch')).toEqual([]);
    expect(thread.store.sent('touch').length).toBeGreaterThan(24);
    expect(thread.store.sent('touch').length).toBeLessThan(36);
    expect(heard('renewed')).toHaveLength(thread.store.sent('touch').length);
    await lock.release();
    const { length } = thread.store.calls;
    await advance(5 * TTL);
    expect(thread.store.calls).toHaveLength(length);
  });

  it('is held as long as the thread renews it, though the main thread hears of nothing', async () => {
    const { locks, thread, heard } = open();
    const lock = await locks.acquire('key');
    thread.block();
    for (let i = 0; i < 20; i++) {
      await advance(TTL / 4);
      expect(lock.isHeld).toBe(true);
      expect(lock.expiresAt.getTime() - Date.now()).toBeGreaterThan(TTL / 2);
    }
    expect(heard('lost')).toEqual([]);
    thread.hear();
    expect(await lock.release()).toBe(true);
  });

  it('is renewed by the main thread when the thread gets no answers, with half of the ttl left', async () => {
    withoutJitter();
    const { locks, store, thread } = open();
    thread.store.always('touch', hanging);
    const lock = await locks.acquire('key');
    await advance(3 * TTL);
    expect(lock.isHeld).toBe(true);
    expect(store.times('touch')[0]).toBe(488);
  });

  it('is renewed by the main thread when the thread can reach no server, and that is told', async () => {
    const { locks, store, thread, heard } = open();
    thread.store.always('touch', failing);
    const lock = await locks.acquire('key');
    await advance(5 * TTL);
    expect(lock.isHeld).toBe(true);
    expect(store.sent('touch').length).toBeGreaterThan(5);
    expect(heard('failed')[0]).toMatchObject({ during: 'renew', error: { message: 'The line is dead.' } });
    thread.store.recover();
    await advance(TTL);
    const { length } = store.calls;
    await advance(5 * TTL);
    expect(store.calls).toHaveLength(length);
    expect(lock.isHeld).toBe(true);
  });

  it.each([TTL, 10 * TTL])(
    'is renewed though its holder had only heard of the grant and blocks at once (ttl %d)',
    async (ttl) => {
      const { locks, store, thread, rival } = open();
      const token = rival.token();
      await rival.acquire('key', token);
      const asked = outcomeOf(locks.acquire('key', { ttl }));
      await flush();
      store.always('touch', hanging);
      thread.block();
      await rival.release('key', token);
      await flush();
      const lock = lockOf(asked);
      expect(lock.isHeld).toBe(true);
      await advance(4 * ttl);
      expect([lock.isHeld, thread.store.sent('touch').length > 6]).toEqual([true, true]);
    },
  );

  it('that was taken away is not held as soon as the thread knows, and is lost once the main thread hears', async () => {
    const { locks, thread, rival, store, heard } = open();
    const lock = await locks.acquire('key');
    thread.block();
    await store.server.release([{ key: 'key', token: lock.token }]);
    await advance(TTL / 2 - 50);
    expect(lock.isHeld).toBe(false);
    await rival.acquire('key', 'next');
    thread.hear();
    await flush();
    expect(lock.isHeld).toBe(false);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(heard('lost')).toHaveLength(1);
    expect(heard('lost')[0]!.error.message).toContain('no longer knows');
    expect((await store.look('key')).holders).toMatchObject([{ token: 'next' }]);
  });

  it('that the server knows by another fencing token is lost', async () => {
    const { locks, thread, heard } = open();
    const lock = await locks.acquire('key');
    thread.block();
    thread.store.next('touch', saying({ state: 'held', fencingToken: lock.fencingToken + 5_000 }));
    await advance(TTL / 2 - 50);
    expect(lock.isHeld).toBe(false);
    thread.hear();
    await flush();
    expect(heard('lost')).toHaveLength(1);
  });

  it('whose time is over is touched by neither thread, as after a process was stopped', async () => {
    const { locks, store, thread, heard } = open();
    const lock = await locks.acquire('key', { ttl: TTL });
    blockEventLoop(TTL);
    expect(lock.isHeld).toBe(false);
    await advance(2 * TTL);
    expect([thread.store.sent('touch'), store.sent('touch')]).toEqual([[], []]);
    expect(heard('lost')).toHaveLength(1);
    expect(thread.renewals.size).toBe(0);
  });

  it('beyond maxHold is renewed by neither thread, and lost for that reason', async () => {
    const { locks, store, thread, heard } = open();
    const lock = await locks.acquire('key', { maxHold: 2 * TTL });
    await advance(2 * TTL);
    expect(lock.isHeld).toBe(true);
    const { length } = thread.store.calls;
    thread.block();
    await advance(TTL);
    expect(lock.isHeld).toBe(false);
    expect(thread.store.calls).toHaveLength(length);
    expect(store.sent('touch')).toEqual([]);
    expect(heard('lost')[0]).toMatchObject({ error: { reason: 'ended' } });
  });

  it('with autoRenew: false is renewed by neither', async () => {
    const { locks, store, thread } = open();
    const lock = await locks.acquire('key', { autoRenew: false });
    await advance(TTL);
    expect([lock.isHeld, store.sent('touch'), thread.store.sent('touch')]).toEqual([false, [], []]);
  });

  it('is kept by the server for as much longer as its options say', async () => {
    withoutJitter();
    const { locks, thread } = open();
    await locks.acquire('delayed', { lockDelay: 300 });
    await locks.acquire('minimal', { minHold: 3 * TTL });
    await advance(TTL / 2);
    const [delayed, minimal] = thread.store.sent('touch');
    expect(delayed).toMatchObject({ key: 'delayed', ttl: TTL + 300 });
    expect(minimal).toMatchObject({ key: 'minimal', ttl: 3 * TTL - 333 });
  });

  it('goes to the next caller of this process, as that one wants it', async () => {
    const { locks, store, thread } = open();
    const first = await locks.acquire('key');
    const second = locks.acquire('key', { maxHold: 2 * TTL });
    const third = locks.acquire('key', { ttl: 5 * TTL });
    await first.release();
    await (await second).release();
    const lock = await third;
    await advance(20 * TTL);
    expect(lock.isHeld).toBe(true);
    expect(new Set(thread.store.sent('touch').map(({ ttl }) => ttl))).toEqual(new Set([5 * TTL]));
    expect(store.sent('touch').map(({ ttl }) => ttl)).toEqual([5 * TTL]);
  });

  describe('that is released while a touch of the thread is under way', () => {
    it('is released at once; the release settles when the touch has ended, and no other follows', async () => {
      const bench = open();
      const { lock, gate } = await heldWithTouch(bench);
      const released = outcomeOf(lock.release());
      await flush();
      expect((await bench.store.look('key')).holders).toEqual([]);
      expect(released.state).toBe('pending');
      expect(bench.thread.isNeeded).toBe(true);
      gate.open();
      await flush();
      expect(released).toEqual({ state: 'resolved', value: true });
      expect(bench.thread.isNeeded).toBe(false);
      await advance(3 * TTL);
      expect(bench.thread.store.calls).toHaveLength(1);
      expect((await bench.store.look('key')).holders).toEqual([]);
    });

    it('settles for that touch, and not for what is heard of an earlier one', async () => {
      const { locks, thread } = open();
      const gate = new Gate<'touch'>();
      thread.store.next('touch', failing).next('touch', gate.before);
      const lock = await locks.acquire('key');
      thread.block();
      await advance(TTL / 2 - 20);
      expect(gate.isTaken).toBe(true);
      const released = outcomeOf(lock.release());
      thread.hear();
      await flush();
      expect(released.state).toBe('pending');
      gate.open();
      await flush();
      expect(released.state).toBe('resolved');
    });

    it('keeps the key for minHold only after that touch, which would keep it for longer', async () => {
      const bench = open();
      const { lock, gate } = await heldWithTouch(bench, { minHold: 2 * TTL });
      const released = outcomeOf(lock.release());
      await flush();
      expect([bench.store.sent('touch'), released.state]).toEqual([[], 'pending']);
      gate.open();
      await flush();
      expect(bench.store.sent('touch')).toHaveLength(1);
      expect(released).toEqual({ state: 'resolved', value: true });
      await advance(2 * TTL);
      expect((await bench.store.look('key')).holders).toEqual([]);
    });

    it('settles as well when the thread ends, and when the module closes', async () => {
      const bench = open();
      const { lock } = await heldWithTouch(bench);
      const released = outcomeOf(lock.release());
      await flush();
      await bench.thread.end();
      await flush();
      expect(released).toEqual({ state: 'resolved', value: true });
      const closing = open();
      const other = await heldWithTouch(closing);
      const closed = outcomeOf(Promise.all([other.lock.release(), closing.engine.close()]));
      await advance(10_000);
      expect(closed.state).toBe('resolved');
    });
  });

  describe('that is renewed by hand', () => {
    it('for longer, while a shorter touch is under way that may be carried out behind it: is believed in for the shorter', async () => {
      const bench = open();
      const { lock, gate } = await heldWithTouch(bench);
      await lock.renew(10 * TTL);
      expect(lock.expiresAt.getTime() - Date.now()).toBeLessThan(TTL);
      gate.open();
      await advance(TTL / 2);
      expect(lock.isHeld).toBe(true);
      await advance(30 * TTL);
      expect(lock.isHeld).toBe(true);
      expect(bench.thread.store.sent('touch').at(-1)).toMatchObject({ ttl: 10 * TTL });
    });

    it('for less, is not touched for more again', async () => {
      const { locks, thread } = open({ ttl: 4 * TTL });
      const lock = await locks.acquire('key');
      await lock.renew(TTL);
      expect(lock.expiresAt.getTime() - Date.now()).toBeLessThan(TTL);
      await advance(5 * TTL);
      expect(lock.isHeld).toBe(true);
      expect(new Set(thread.store.sent('touch').map(({ ttl }) => ttl))).toEqual(new Set([TTL]));
    });

    it('remembers what the thread got no answer to', async () => {
      const { locks, thread } = open();
      thread.store.always('touch', failing);
      const lock = await locks.acquire('key');
      thread.block();
      await advance(TTL / 2 - 50);
      expect(thread.store.calls.length).toBeGreaterThan(0);
      await lock.renew(10 * TTL);
      // A touch for a second may be carried out yet, behind the renewal.
      expect(lock.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(TTL);
      await advance(TTL / 10);
      expect(lock.expiresAt.getTime() - Date.now()).toBeGreaterThan(9 * TTL);
    });
  });

  it('that is detached is touched no more', async () => {
    const { locks, thread } = open();
    const lock = await locks.acquire('key');
    await lock.detach();
    await advance(3 * TTL);
    expect(thread.store.calls).toEqual([]);
  });

  it('that is detached while a touch of the thread is under way is renewed once more behind that, and then given away', async () => {
    const bench = open();
    const { lock, gate } = await heldWithTouch(bench);
    const detached = outcomeOf(lock.detach());
    await flush();
    expect([detached.state, bench.store.sent('touch')]).toEqual(['pending', []]);
    gate.open();
    await flush();
    expect([detached.state, bench.store.sent('touch').length]).toEqual(['resolved', 1]);
    await advance(3 * TTL);
    expect([bench.thread.store.calls.length, bench.store.sent('touch').length]).toEqual([1, 1]);
  });

  it("that is converted is the main thread's until that is settled", async () => {
    const { locks, thread, store } = open();
    const lock = await locks.acquire('key', { mode: 'read' });
    await lock.upgrade();
    await advance(3 * TTL);
    await lock.downgrade();
    await advance(3 * TTL);
    expect(lock.isHeld).toBe(true);
    expect(store.sent('touch')).toEqual([]);
    expect(thread.store.sent('touch').length).toBeGreaterThan(10);
  });

  it('is renewed by the main thread at once when the thread ends; it is warned of that once', async () => {
    const { locks, store, thread, said } = open();
    const lock = await locks.acquire('key');
    const other = await locks.acquire('other');
    await advance(10);
    await thread.end();
    await advance(5);
    expect(
      store
        .sent('touch')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['key', 'other']);
    await advance(5 * TTL);
    await (await locks.acquire('later')).release();
    expect([lock.isHeld, other.isHeld]).toEqual([true, true]);
    expect(said).toEqual([expect.stringContaining('It ended with code 1')]);
  });

  it("is renewed by the main thread where the thread can't be started", async () => {
    const said: string[] = [];
    const watcher = new ThreadWatcher({
      store: { connection: 'any', prefix: 'lock', commandTimeout: 5_000 },
      start: () => {
        throw new Error('no more threads');
      },
      warn: (message) => {
        said.push(message);
        throw new Error('a logger that fails');
      },
    });
    await watcher.start();
    const { locks } = openLocks({}, 10_000, undefined, undefined, undefined, watcher);
    const [lock, other] = [await locks.acquire('key'), await locks.acquire('other')];
    await advance(3 * TTL);
    expect([lock.isHeld, other.isHeld]).toEqual([true, true]);
    expect(said).toEqual([expect.stringContaining('no more threads')]);
  });

  it('leaves nothing in the thread, however many there were', async () => {
    const { locks, thread } = open();
    for (let i = 0; i < 2_000; i++) await (await locks.acquire(`key ${i}`)).release();
    expect(thread.renewals.size).toBeLessThanOrEqual(1);
    const held = await Promise.all(Array.from({ length: 700 }, (_, i) => locks.acquire(`key ${i}`)));
    await advance(2 * TTL);
    expect(held.every(({ isHeld }) => isHeld)).toBe(true);
    await Promise.all(held.map((lock) => lock.release()));
    await advance(TTL);
    expect(thread.renewals.size).toBe(0);
  });
});
