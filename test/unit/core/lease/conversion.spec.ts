/** Upgrade and downgrade: another share of a key without letting go of it. */
import { describe, expect, it, jest } from '@jest/globals';
import {
  LockBusyError,
  LockLostError,
  LockOptionsError,
  LockTimeoutError,
  LockUnavailableError,
} from '../../../../lib/lock.errors.js';
import { MemoryLeases } from '../../../../lib/stores/memory/memory-leases.js';
import { EXCLUSIVE, READ } from '../../../../lib/testing/contract/driver.js';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate, hanging, muted, unheard } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';

const READER = { mode: 'read' } as const;

/** Two processes that share a server. */
function twoProcesses(shutdownGrace = 10_000): [Bench, Bench] {
  const leases = new MemoryLeases();
  const open = (): Bench => openLocks({ wait: 60_000 }, shutdownGrace, new FakeStore(leases));
  return [open(), open()];
}

/** A token of another process that reads the key for a minute. */
async function readBeside({ rival }: Bench): Promise<() => Promise<unknown>> {
  const token = rival.token();
  await rival.acquire('key', token, 60_000, READ);
  return () => rival.release('key', token);
}

describe('an upgrade', () => {
  useFakeClock();

  it('of the only reader is granted at once, with a new fencing token under the same token', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key', READER);
    const { token, fencingToken } = lock;
    await lock.upgrade();
    expect([lock.mode, lock.token, lock.isHeld]).toEqual(['write', token, true]);
    expect(lock.fencingToken).toBeGreaterThan(fencingToken);
    expect((await store.look('key')).holders).toMatchObject([{ token, limit: 1, fencingToken: lock.fencingToken }]);
    expect(store.sent('convert')).toMatchObject([{ fencingToken, ...EXCLUSIVE }]);
    await lock.release();
    expect((await store.look('key')).lastFencingToken).toBe(lock.fencingToken);
  });

  it('waits for the readers of other processes, ahead of the queue', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, rival } = bench;
    const leave = await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const writer = rival.token();
    await rival.join('key', writer);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    expect([upgraded.state, lock.mode]).toEqual(['pending', 'read']);
    await leave();
    await flush();
    expect([upgraded.state, lock.mode]).toEqual(['resolved', 'write']);
    await lock.release();
    expect(await rival.holding('key')).toEqual([writer]);
  });

  it('hears of the last reader’s end though no message comes, within a heartbeat', async () => {
    const bench = openLocks({ wait: 60_000 });
    const leave = await readBeside(bench);
    const lock = await bench.locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    bench.store.deafen();
    await leave();
    await advance(1_000);
    expect(upgraded.state).toBe('resolved');
  });

  it('is granted soon after the lease of a reader has ended that died', async () => {
    const { locks, rival, store } = openLocks({ wait: 60_000 });
    await rival.acquire('key', rival.token(), 300, READ);
    const lock = await locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    store.deafen();
    await advance(350);
    expect(upgraded.state).toBe('resolved');
  });

  it('heeds a message that comes while its request is under way', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, store } = bench;
    const leave = await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const gate = new Gate<'convert'>();
    store.next('convert', gate.after);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    await leave();
    await flush();
    gate.open();
    await flush();
    expect(upgraded.state).toBe('resolved');
  });

  it('of one of several readers of a process waits for the others, and asks for nothing until then', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const [a, b, c] = [
      await locks.acquire('key', READER),
      await locks.acquire('key', READER),
      await locks.acquire('key', READER),
    ];
    expect(new Set([a.token, b.token, c.token]).size).toBe(1);
    const upgraded = outcomeOf(a.upgrade());
    await flush();
    await b.release();
    await flush();
    expect([upgraded.state, store.sent('convert')]).toEqual(['pending', []]);
    await c.release();
    await flush();
    expect([upgraded.state, a.mode, a.isHeld]).toEqual(['resolved', 'write', true]);
    expect(a.fencingToken).toBeGreaterThan(c.fencingToken);
  });

  it('keeps other readers of the process off its lease while it waits, and for good when it is granted', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    const upgraded = outcomeOf(a.upgrade());
    const late = await locks.acquire('key', READER);
    expect([late.token === a.token, store.sent('acquire').length]).toEqual([false, 2]);
    await b.release();
    await late.release();
    await flush();
    expect(upgraded.state).toBe('resolved');
    await a.downgrade();
    expect((await locks.acquire('key', READER)).token).not.toBe(a.token);
  });

  it('that was granted keeps other readers of the process out, and lets them ask when it is a reader’s again', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', READER);
    await lock.upgrade();
    const reader = outcomeOf(locks.acquire('key', READER));
    await flush();
    expect([reader.state, (await store.look('key')).waiting.length]).toEqual(['pending', 1]);
    await lock.downgrade();
    await flush();
    expect([reader.state, lockOf(reader).token === lock.token]).toEqual(['resolved', false]);
  });

  it('ends at once for a reader that is released, whoever else is on the lease', async () => {
    const { locks, store } = openLocks({ wait: Infinity });
    const readers = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    const last = await locks.acquire('key', READER);
    const upgraded = outcomeOf(last.upgrade());
    await last.release();
    await flush();
    expect(upgraded.value).toMatchObject({ code: 'LOCK_NOT_HELD' });
    // The lease is none that waits for anything.
    expect((await locks.acquire('key', READER)).token).toBe(readers[0]!.token);
    expect(store.sent('convert')).toEqual([]);
  });

  it('of a writer changes nothing and asks for nothing', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    const { fencingToken } = lock;
    await lock.upgrade({ wait: 0 });
    expect([lock.fencingToken, store.sent('convert')]).toEqual([fencingToken, []]);
  });

  it('that is not to wait is refused where there are other readers, here or elsewhere', async () => {
    const bench = openLocks();
    const { locks, store } = bench;
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    await expect(a.upgrade({ wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    await b.release();
    const leave = await readBeside(bench);
    await expect(a.upgrade({ wait: 0 })).rejects.toMatchObject({ code: 'LOCK_BUSY', retryAfterMs: 1_000 });
    expect([a.isHeld, a.mode]).toEqual([true, 'read']);
    await leave();
    await a.upgrade({ wait: 0 });
    expect(store.sent('convert').map(({ wait }) => wait)).toEqual([false, false]);
  });

  it('is refused at once where another reader waits for its own, which goes on', async () => {
    const [one, two] = twoProcesses();
    const [a, b] = [await one.locks.acquire('key', READER), await two.locks.acquire('key', READER)];
    const upgraded = outcomeOf(a.upgrade());
    await flush();
    await expect(b.upgrade()).rejects.toThrow(/another reader waits for an upgrade already/);
    await b.release();
    await flush();
    expect(upgraded.state).toBe('resolved');
  });

  it('is refused at once where a reader on the same lease waits for its own', async () => {
    const { locks } = openLocks({ wait: 60_000 });
    const [a, b] = [await locks.acquire('key', READER), await locks.acquire('key', READER)];
    const upgraded = outcomeOf(a.upgrade());
    await expect(b.upgrade()).rejects.toBeInstanceOf(LockBusyError);
    await b.release();
    await flush();
    expect(upgraded.state).toBe('resolved');
  });

  it.each([
    ['of a permit', (locks: Bench['locks']) => locks.acquire('key', { concurrency: 2 })],
    ['of several keys', (locks: Bench['locks']) => locks.acquire(['key', 'other'], READER)],
  ])('%s is refused, and so is a downgrade', async (_, acquire) => {
    const { locks, store } = openLocks();
    const lock = await acquire(locks);
    await expect(lock.upgrade()).rejects.toBeInstanceOf(LockOptionsError);
    await expect(lock.downgrade()).rejects.toBeInstanceOf(LockOptionsError);
    expect([lock.isHeld, store.sent('convert')]).toEqual([true, []]);
  });

  it('and a downgrade are refused on a store that knows none, and the lock stays what it is', async () => {
    const { locks, store } = openLocks();
    Object.assign(store, { convert: undefined });
    const [reader, writer] = [await locks.acquire('a', READER), await locks.acquire('b')];
    await expect(reader.upgrade()).rejects.toThrow(/no method `convert`/);
    await expect(writer.downgrade()).rejects.toThrow(/no method `convert`/);
    await advance(2_000);
    expect([reader.mode, writer.mode, reader.isHeld, writer.isHeld]).toEqual(['read', 'write', true, true]);
  });

  it('reads its options before anything is asked', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key', READER);
    await expect(lock.upgrade({ wait: -1 })).rejects.toBeInstanceOf(LockOptionsError);
    await expect(lock.upgrade({ wiat: 1 } as never)).rejects.toBeInstanceOf(LockOptionsError);
    expect(store.sent('convert')).toEqual([]);
    await lock.release();
    await expect(lock.upgrade()).rejects.toMatchObject({ code: 'LOCK_NOT_HELD' });
    await expect(lock.downgrade()).rejects.toMatchObject({ code: 'LOCK_NOT_HELD' });
  });
});

describe('an upgrade that is given up', () => {
  useFakeClock();

  it.each([
    ['its time is over', 500, LockTimeoutError],
    ['its time is over after several looks', 2_500, LockTimeoutError],
  ])('because %s leaves a reader, and lets others in again', async (_, wait, kind) => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, rival } = bench;
    await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade({ wait }));
    await advance(wait - 1);
    expect(upgraded.state).toBe('pending');
    expect(await rival.acquire('key', rival.token(), 1_000, READ)).toMatchObject({ state: 'busy' });
    await advance(1);
    expect(upgraded.value).toBeInstanceOf(kind);
    expect([lock.isHeld, lock.mode]).toEqual([true, 'read']);
    expect(await rival.acquire('key', rival.token(), 1_000, READ)).toMatchObject({ state: 'held' });
    await lock.release();
    expect(await lastingTimers()).toBe(0);
  });

  it('by its signal rejects with the reason, and lets others in again', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, rival } = bench;
    await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const controller = new AbortController();
    const upgraded = outcomeOf(lock.upgrade({ signal: controller.signal }));
    await flush();
    controller.abort('enough');
    await flush();
    expect(upgraded).toMatchObject({ state: 'rejected', value: 'enough' });
    expect(await rival.acquire('key', rival.token(), 1_000, READ)).toMatchObject({ state: 'held' });
    await expect(lock.upgrade({ signal: AbortSignal.abort('before') })).rejects.toBe('before');
  });

  it('may be tried again, and is granted when it can be', async () => {
    const bench = openLocks({ wait: 60_000 });
    const leave = await readBeside(bench);
    const lock = await bench.locks.acquire('key', READER);
    await expect(lock.upgrade({ wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    const first = outcomeOf(lock.upgrade({ wait: 100 }));
    await advance(100);
    expect(first.state).toBe('rejected');
    const second = outcomeOf(lock.upgrade());
    await flush();
    await leave();
    await flush();
    expect([second.state, lock.mode]).toEqual(['resolved', 'write']);
  });

  it('is withdrawn until the store has heard of it, and the next waits for that no longer than it may', async () => {
    const bench = openLocks({ wait: 60_000, ttl: 60_000 });
    const { locks, store, rival } = bench;
    await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const first = outcomeOf(lock.upgrade({ wait: 100 }));
    await flush();
    store.next('convert', failing).next('convert', hanging);
    await advance(100);
    expect(first.value).toBeInstanceOf(LockTimeoutError);
    await expect(lock.upgrade({ wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    const controller = new AbortController();
    const cancelled = outcomeOf(lock.upgrade({ signal: controller.signal }));
    const second = outcomeOf(lock.upgrade({ wait: 500 }));
    controller.abort('enough');
    await advance(500);
    expect([cancelled.value, second.value]).toMatchObject(['enough', { code: 'LOCK_TIMEOUT' }]);
    await advance(10_000);
    expect(await rival.acquire('key', rival.token(), 1_000, READ)).toMatchObject({ state: 'held' });
  });
});

describe('an upgrade whose answer is lost', () => {
  useFakeClock();

  it('though it was granted is asked for again, and is one with the number that was given', async () => {
    const { locks, store } = openLocks({ wait: 60_000, ttl: 10_000 });
    const lock = await locks.acquire('key', READER);
    store.next('convert', unheard);
    const upgraded = outcomeOf(lock.upgrade());
    await advance(1_000);
    expect([upgraded.state, lock.mode]).toEqual(['resolved', 'write']);
    expect((await store.look('key')).holders).toMatchObject([{ limit: 1, fencingToken: lock.fencingToken }]);
  });

  it('though it was granted is withdrawn when it is given up, and the lock is held on', async () => {
    withoutJitter();
    const { locks, store, rival, heard } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', READER);
    store.next('convert', unheard);
    const upgraded = outcomeOf(lock.upgrade({ wait: 0 }));
    await flush();
    expect(upgraded.value).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    await advance(3_000);
    expect([lock.isHeld, lock.mode, heard('lost')]).toEqual([true, 'read', []]);
    expect(await rival.acquire('key', rival.token(), 1_000, READ)).toMatchObject({ state: 'held' });
    expect(await lock.release()).toBe(true);
  });

  it('and that is still not known when a renewal meets the new number loses nothing', async () => {
    withoutJitter();
    const { locks, store, heard } = openLocks({ wait: 60_000, ttl: 3_000 });
    const lock = await locks.acquire('key', READER);
    store.next('convert', muted);
    const upgraded = outcomeOf(lock.upgrade());
    await advance(4_000);
    expect([lock.isHeld, lock.mode, heard('lost'), upgraded.state]).toEqual([true, 'read', [], 'pending']);
    await advance(3_000);
    expect([lock.isHeld, lock.mode, upgraded.state]).toEqual([true, 'write', 'resolved']);
  });

  it('tells of the store at the end of the wait', async () => {
    const { locks, store } = openLocks({ wait: 60_000, ttl: 10_000 });
    const lock = await locks.acquire('key', READER);
    store.always('convert', failing);
    const upgraded = outcomeOf(lock.upgrade({ wait: 2_000 }));
    await advance(2_000);
    expect(upgraded.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'key' });
    expect([lock.isHeld, lock.mode]).toEqual([true, 'read']);
  });
});

describe('a renewal that is under way beside an upgrade', () => {
  useFakeClock();

  it('and was carried out before it, but is answered behind it, proves no loss', async () => {
    withoutJitter();
    const { locks, store, heard } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', READER);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.after);
    await advance(400);
    expect(gate.isTaken).toBe(true);
    await lock.upgrade();
    gate.open();
    await flush();
    expect([lock.isHeld, lock.mode, heard('lost')]).toEqual([true, 'write', []]);
    await advance(5_000);
    expect(lock.isHeld).toBe(true);
  });

  it('and is carried out behind it, but answered before it, proves no loss', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', READER);
    const gate = new Gate<'convert'>();
    store.next('convert', gate.after);
    const upgraded = outcomeOf(lock.upgrade());
    await advance(500);
    expect(lock.isHeld).toBe(true);
    gate.open();
    await flush();
    expect([upgraded.state, lock.mode, lock.isHeld]).toEqual(['resolved', 'write', true]);
  });

  it('that is sent later and answered with another number does prove a loss', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', READER);
    const { fencingToken } = lock;
    await lock.upgrade();
    await advance(1);
    store.next('touch', () => Promise.resolve([{ state: 'held', fencingToken }]));
    await expect(lock.renew()).rejects.toBeInstanceOf(LockLostError);
  });
});

describe('an upgrade that waits', () => {
  useFakeClock();

  it('ends with the lease when that is lost', async () => {
    withoutJitter();
    const bench = openLocks({ wait: 60_000 });
    const { locks, rival } = bench;
    await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    await rival.release('key', lock.token);
    await advance(400);
    expect(upgraded.value).toBeInstanceOf(LockLostError);
    expect(await lastingTimers()).toBe(0);
  });

  it('ends with the lease when the store hangs', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, store } = bench;
    await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    for (const name of ['convert', 'touch'] as const) store.always(name, hanging);
    await advance(7_000);
    expect(upgraded.value).toBeInstanceOf(LockLostError);
  });

  it('ends when the lock is released, and leaves nothing at the store', async () => {
    const bench = openLocks({ wait: 60_000 });
    const { locks, store, rival } = bench;
    const leave = await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    expect(await lock.release()).toBe(true);
    await flush();
    expect(upgraded.value).toMatchObject({ code: 'LOCK_NOT_HELD' });
    expect(await rival.acquire('key', rival.token(), 100, READ)).toMatchObject({ state: 'held' });
    await leave();
    await advance(200);
    expect((await store.look('key')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('and was granted behind the release gives back all the same', async () => {
    const { locks, store } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key', READER);
    const gate = new Gate<'convert'>();
    store.next('convert', gate.after);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    const upgradedTo = (await store.look('key')).holders[0]!.fencingToken;
    await lock.release();
    gate.open();
    await flush();
    expect(upgraded.value).toMatchObject({ code: 'LOCK_NOT_HELD' });
    expect(await store.look('key')).toMatchObject({ holders: [], lastFencingToken: upgradedTo });
  });

  it('is refused by a shutdown, and the section goes on as a reader', async () => {
    const bench = openLocks({ wait: Infinity });
    const { locks, engine } = bench;
    await readBeside(bench);
    const lock = await locks.acquire('key', READER);
    const upgraded = outcomeOf(lock.upgrade());
    await flush();
    const closed = outcomeOf(engine.close());
    await flush();
    expect(upgraded.value).toMatchObject({ code: 'LOCK_SHUTDOWN' });
    expect([lock.isHeld, lock.mode, closed.state]).toEqual([true, 'read', 'pending']);
    await expect(lock.upgrade()).rejects.toMatchObject({ code: 'LOCK_SHUTDOWN' });
    await lock.release();
    await flush();
    expect(closed.state).toBe('resolved');
    expect(await lastingTimers()).toBe(0);
  });

  it('keeps the process alive, and its withdrawal does not', async () => {
    const bench = openLocks({ wait: 60_000 });
    await readBeside(bench);
    const lock = await bench.locks.acquire('key', READER);
    const set = jest.spyOn(globalThis, 'setTimeout');
    outcomeOf(lock.upgrade());
    await flush();
    const timers = set.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timers.some((timer) => timer.hasRef())).toBe(true);
  });
});

describe('a downgrade', () => {
  useFakeClock();

  it('lets the readers at the head of the queue in, under the same token and fencing token', async () => {
    const { locks, rival } = openLocks();
    const lock = await locks.acquire('key');
    const { token, fencingToken } = lock;
    const [reader] = await rival.line('key', READ, EXCLUSIVE);
    await lock.downgrade();
    expect([lock.mode, lock.token, lock.fencingToken, lock.isHeld]).toEqual(['read', token, fencingToken, true]);
    expect(await rival.holding('key')).toEqual([token, reader]);
  });

  it('has the callers of this process that wait ask for themselves', async () => {
    const { locks } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key');
    const reader = outcomeOf(locks.acquire('key', READER));
    await flush();
    const writer = outcomeOf(locks.acquire('key'));
    await flush();
    await lock.downgrade();
    await flush();
    expect([reader.state, writer.state]).toEqual(['resolved', 'pending']);
    await lock.release();
    await lockOf(reader).release();
    await flush();
    expect(writer.state).toBe('resolved');
    expect(lockOf(writer).fencingToken).toBeGreaterThan(lockOf(reader).fencingToken);
  });

  it('passes the lease to no caller of this process by its release', async () => {
    const { locks, rival } = openLocks({ wait: 60_000 });
    const lock = await locks.acquire('key');
    await rival.line('key', READ);
    await lock.downgrade();
    const writer = outcomeOf(locks.acquire('key'));
    await lock.release();
    await flush();
    expect(writer.state).toBe('pending');
  });

  it('is believed before it is asked for, and stays so when no answer comes', async () => {
    const { locks, store } = openLocks({ ttl: 30_000 });
    const lock = await locks.acquire('key');
    const gate = new Gate<'convert'>();
    store.next('convert', gate.before);
    const downgraded = outcomeOf(lock.downgrade());
    expect(lock.mode).toBe('read');
    await flush();
    gate.fail();
    await flush();
    expect(downgraded.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'key' });
    expect([lock.mode, lock.isHeld]).toEqual(['read', true]);
    await lock.downgrade();
    expect((await store.look('key')).holders).toMatchObject([{ limit: Infinity }]);
  });

  it('that may yet be carried out keeps the lock from being upgraded, so that nobody believes to be alone who is not', async () => {
    const { locks, store, rival } = openLocks({ ttl: 30_000 });
    const lock = await locks.acquire('key');
    const gate = new Gate<'convert'>();
    store.next('convert', gate.before);
    const downgraded = outcomeOf(lock.downgrade());
    const early = outcomeOf(lock.upgrade());
    await flush();
    expect([downgraded.state, early.state]).toEqual(['pending', 'pending']);
    await advance(5_000);
    expect([downgraded.state, early.state]).toEqual(['rejected', 'rejected']);
    await expect(lock.upgrade()).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    gate.open();
    await flush();
    expect(await rival.acquire('key', rival.token(), 1_000, READ)).toMatchObject({ state: 'held' });
    expect([lock.mode, lock.isHeld]).toEqual(['read', true]);
  });

  it('that never left does not keep it from that', async () => {
    const { locks, store } = openLocks({ ttl: 30_000 });
    const lock = await locks.acquire('key');
    store.next('convert', () => Promise.reject(new LockUnavailableError('No connection.', { wasSent: false })));
    await expect(lock.downgrade()).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    await lock.upgrade();
    expect(lock.mode).toBe('write');
  });

  it('of a lock that was entered again is refused, until the inner section has ended', async () => {
    const { locks } = openLocks();
    await locks.withLock('key', async (lock) => {
      const inner = await locks.acquire('key');
      await expect(lock.downgrade()).rejects.toBeInstanceOf(LockBusyError);
      await inner.release();
      await lock.downgrade();
      expect(lock.mode).toBe('read');
      await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockBusyError);
    });
  });

  it('of a lock whose lease is gone tells of the loss', async () => {
    const { locks, rival } = openLocks();
    const lock = await locks.acquire('key');
    await rival.release('key', lock.token);
    await expect(lock.downgrade()).rejects.toBeInstanceOf(LockLostError);
    expect(lock.signal.aborted).toBe(true);
  });

  it('and an upgrade may follow each other for as long as it likes', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    let last = lock.fencingToken;
    for (let i = 0; i < 5; i++) {
      await lock.downgrade();
      expect([lock.mode, lock.fencingToken]).toEqual(['read', last]);
      await lock.upgrade();
      expect(lock.mode).toBe('write');
      expect(lock.fencingToken).toBeGreaterThan(last);
      last = lock.fencingToken;
      await advance(2_000);
    }
    await lock.release();
    expect(await store.look('key')).toMatchObject({ holders: [], lastFencingToken: last });
    expect(await lastingTimers()).toBe(0);
  });
});
