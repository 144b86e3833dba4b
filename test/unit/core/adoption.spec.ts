/** A lock that goes from one process to another: `Lock.detach` there, `LockService.adopt` here. */
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockLostError, LockNotHeldError, LockOptionsError } from '../../../lib/lock.errors.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { advance, flush, lastingTimers, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate, hanging } from '../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';

/** The process that gives a lock away, and the one that goes on with it. */
function twoProcesses(shutdownGrace = 10_000): { giver: Bench; taker: Bench } {
  const leases = new MemoryLeases();
  const open = (): Bench => openLocks({ wait: 60_000 }, shutdownGrace, new FakeStore(leases));
  return { giver: open(), taker: open() };
}

describe('a lock that is detached', () => {
  useFakeClock();

  it('is released here without freeing the key, and renewed here no more', async () => {
    withoutJitter();
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    await advance(100);
    await lock.detach();
    expect([lock.isHeld, lock.signal.aborted]).toEqual([false, false]);
    expect((await store.look('key')).holders).toMatchObject([{ token: lock.token, expiresIn: 1_000 }]);
    for (const call of [() => lock.renew(), () => lock.release(), () => lock.detach(), () => lock.downgrade()]) {
      await expect(call()).rejects.toBeInstanceOf(LockNotHeldError);
    }
    await flush();
    const { key, token, fencingToken } = lock;
    expect([heard('released'), heard('detached')]).toEqual([
      [],
      [
        {
          type: 'detached',
          instance: 'default',
          label: '',
          id: 1,
          key,
          token,
          fencingToken,
          mode: 'write',
          heldMs: 100,
        },
      ],
    ]);
    const sent = store.calls.length;
    await advance(5_000);
    expect([store.calls.length, await lastingTimers()]).toEqual([sent, 0]);
  });

  it('lets callers that wait here take their place behind it', async () => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire('key');
    const next = outcomeOf(giver.locks.acquire('key'));
    await flush();
    const adopted = await taker.locks.adopt(await lock.detach());
    await advance(5_000);
    expect([next.state, adopted.isHeld]).toEqual(['pending', true]);
    await adopted.release();
    await flush();
    expect([next.state, lockOf(next).fencingToken > adopted.fencingToken]).toEqual(['resolved', true]);
  });

  it('in the middle of a section ends that without a loss', async () => {
    const { giver, taker } = twoProcesses();
    const text = await giver.locks.withLock('key', (lock) => lock.detach());
    expect(giver.store.sent('release')).toEqual([]);
    expect((await taker.locks.adopt(text)).isHeld).toBe(true);
  });

  it.each([['was entered again', async ({ locks }: Bench) => void (await locks.acquire('key')), /held 2 times/]])(
    'is refused where it %s',
    async (_, before, message) => {
      const bench = openLocks();
      await bench.locks.withLock('key', async (lock) => {
        await before(bench);
        await expect(lock.detach()).rejects.toThrow(message);
        await expect(lock.detach()).rejects.toBeInstanceOf(LockBusyError);
        expect(lock.isHeld).toBe(true);
      });
    },
  );

  it('is refused where it is entered again, or released, while it is renewed for that', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (lock) => {
      const gate = new Gate<'touch'>();
      store.next('touch', gate.before);
      const detached = outcomeOf(lock.detach());
      await flush();
      const inner = await locks.acquire('key');
      gate.open();
      await flush();
      expect(detached.value).toBeInstanceOf(LockBusyError);
      await inner.release();
      const again = new Gate<'touch'>();
      store.next('touch', again.before);
      const late = outcomeOf(lock.detach());
      await flush();
      await lock.release();
      again.open();
      await flush();
      expect(late.value).toBeInstanceOf(LockNotHeldError);
    });
  });

  it('is refused where it shares its lease with other readers, until they have left', async () => {
    const { locks } = openLocks();
    const [a, b] = [await locks.acquire('key', { mode: 'read' }), await locks.acquire('key', { mode: 'read' })];
    await expect(a.detach()).rejects.toThrow(/shares its lease with 1 more/);
    await b.release();
    expect(await a.detach()).toEqual(expect.any(String));
  });

  it('is refused while it waits for another share', async () => {
    const { locks, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('key', 'rival', 60_000, { limit: Infinity, weight: 1 });
    const lock = await locks.acquire('key', { mode: 'read' });
    outcomeOf(lock.upgrade());
    await flush();
    await expect(lock.detach()).rejects.toBeInstanceOf(LockBusyError);
  });

  it('is renewed by nothing behind the renewal of its own, which a later one would cut short at the next owner', async () => {
    withoutJitter();
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire('key', { ttl: 900 });
    const gate = new Gate<'touch'>();
    giver.store.next('touch', gate.after);
    await advance(200);
    const text = outcomeOf(lock.detach());
    // A renewal is due meanwhile, and the connection comes back.
    await advance(300);
    giver.store.listener!.resumed();
    await flush();
    gate.open();
    await flush();
    expect(giver.store.sent('touch')).toHaveLength(1);
    const adopted = await taker.locks.adopt(text.value as string);
    await adopted.renew('6s');
    await advance(5_000);
    expect([adopted.isHeld, giver.store.sent('touch').length]).toEqual([true, 1]);
  });

  it('is renewed here again where that failed', async () => {
    withoutJitter();
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    store.next('touch', failing);
    await expect(lock.detach()).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    await advance(60_000);
    expect(lock.isHeld).toBe(true);
    expect(store.sent('touch').length).toBeGreaterThan(100);
    expect(await lock.release()).toBe(true);
  });

  it('stays here where the store can’t be reached, and is lost where the store says so', async () => {
    const { locks, store, rival } = openLocks();
    const lock = await locks.acquire('key');
    store.next('touch', failing);
    await expect(lock.detach()).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    expect(lock.isHeld).toBe(true);
    await rival.release('key', lock.token);
    await expect(lock.detach()).rejects.toBeInstanceOf(LockLostError);
  });

  it('lets a shutdown end', async () => {
    const { locks, engine } = openLocks({}, 60_000);
    const lock = await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    await flush();
    expect(closed.state).toBe('pending');
    await lock.detach();
    await flush();
    expect(closed.state).toBe('resolved');
  });
});

describe('a lock that is adopted', () => {
  useFakeClock();

  it.each([
    ['a writer', {}],
    ['a reader', { mode: 'read' }],
    ['a permit', { concurrency: 3, weight: 2 }],
    ['one with a place of its own', { fair: true }],
  ] as const)('goes on under the same tokens, is renewed and given back: %s', async (_, options) => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire('key', options);
    const adopted = await taker.locks.adopt(await lock.detach());
    const names = ({ key, keys, token, fencingToken, mode, ttl }: typeof lock) => [
      key,
      keys,
      token,
      fencingToken,
      mode,
      ttl,
    ];
    expect(names(adopted)).toEqual(names(lock));
    expect(adopted.waitedMs).toBe(0);
    await advance(10_000);
    expect([adopted.isHeld, taker.heard('acquired').length]).toEqual([true, 1]);
    expect(await adopted.release()).toBe(true);
    expect((await taker.store.look('key')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('keeps the fencing token that a hand-off gave it, and the next is greater', async () => {
    const { giver, taker } = twoProcesses();
    const first = await giver.locks.acquire('key');
    const second = outcomeOf(giver.locks.acquire('key'));
    await flush();
    await first.release();
    const lock = lockOf(second);
    expect(lock.fencingToken).toBe(first.fencingToken + 1);
    const adopted = await taker.locks.adopt(await lock.detach());
    expect(adopted.fencingToken).toBe(lock.fencingToken);
    await adopted.release();
    expect((await taker.store.look('key')).lastFencingToken).toBe(lock.fencingToken);
  });

  it('has the ttl that it was renewed for, and was acquired when the first had it', async () => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire('key');
    await lock.renew(3_000);
    await advance(500);
    const adopted = await taker.locks.adopt(await lock.detach());
    expect([adopted.ttl, adopted.acquiredAt]).toEqual([3_000, lock.acquiredAt]);
    await advance(2_000);
    const third = await giver.locks.adopt(await adopted.detach());
    expect(third.acquiredAt).toEqual(lock.acquiredAt);
  });

  it('keeps the key for the least hold, from the first grant on', async () => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire('key', { minHold: 30_000 });
    await advance(10_000);
    const adopted = await taker.locks.adopt(await lock.detach());
    await advance(5_000);
    const third = await giver.locks.adopt(await adopted.detach());
    await third.release();
    expect((await giver.store.look('key')).holders[0]!.expiresIn).toBe(15_000);
  });

  it('of several keys is adopted as a whole, in their order', async () => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire(['b', { key: 'a', mode: 'read' }]);
    const adopted = await taker.locks.adopt(await lock.detach());
    expect([adopted.keys, [...adopted.fencingTokens]]).toEqual([lock.keys, [...lock.fencingTokens]]);
    await advance(3_000);
    expect(adopted.isHeld).toBe(true);
    await adopted.release();
    for (const key of ['a', 'b']) expect((await taker.store.look(key)).holders).toEqual([]);
  });

  it('of several keys of which one is lost is lost, and the others are given back', async () => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire(['a', 'b']);
    const text = await lock.detach();
    const [b] = (await taker.store.look('b')).holders;
    await taker.rival.release('b', b!.token);
    await expect(taker.locks.adopt(text)).rejects.toMatchObject({ code: 'LOCK_LOST', key: 'b' });
    await flush();
    expect((await taker.store.look('a')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('and given back after a loss tells the last fencing token that was used', async () => {
    const { giver, taker } = twoProcesses();
    const first = await giver.locks.acquire(['a', 'b']);
    const second = outcomeOf(giver.locks.acquire('a'));
    await flush();
    await first.release();
    const other = await giver.locks.acquire('b');
    const used = lockOf(second).fencingToken;
    const [text, otherText] = [await lockOf(second).detach(), await other.detach()];
    const both = [text, otherText].map((each) => JSON.parse(Buffer.from(each.slice(6), 'base64url').toString()) as []);
    const joint = `lock1.${Buffer.from(JSON.stringify(both.flat())).toString('base64url')}`;
    await taker.rival.release('b', other.token);
    await expect(taker.locks.adopt(joint)).rejects.toBeInstanceOf(LockLostError);
    await flush();
    expect((await taker.store.look('a')).lastFencingToken).toBe(used);
  });

  it('too late is lost', async () => {
    const { giver, taker } = twoProcesses();
    const reader = await giver.locks.acquire('a', { mode: 'read' });
    const writer = await giver.locks.acquire('b');
    const texts = [await reader.detach(), await writer.detach()];
    await advance(1_000);
    await taker.rival.acquire('b', 'rival');
    for (const text of texts) await expect(taker.locks.adopt(text)).rejects.toBeInstanceOf(LockLostError);
    expect(taker.heard('acquired')).toEqual([]);
  });

  it('by an answer that comes too late is lost, and not left locked for its delay', async () => {
    const { giver, taker } = twoProcesses();
    const text = await (await giver.locks.acquire('key', { lockDelay: 60_000 })).detach();
    const gate = new Gate<'touch'>();
    taker.store.next('touch', gate.after);
    const adopted = outcomeOf(taker.locks.adopt(text));
    await advance(1_000);
    gate.open();
    await flush();
    expect(adopted.value).toBeInstanceOf(LockLostError);
    expect((await taker.store.look('key')).holders).toEqual([]);
  });

  it('may be tried again where the store could not be reached', async () => {
    const { giver, taker } = twoProcesses();
    const text = await (await giver.locks.acquire(['a', 'b'], { ttl: 20_000 })).detach();
    taker.store.next('touch', failing).next('touch', (call) => call.carryOut());
    await expect(taker.locks.adopt(text)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'a' });
    taker.store.next('touch', hanging);
    const hung = outcomeOf(taker.locks.adopt(text));
    await advance(5_000);
    expect(hung.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'a' });
    expect((await taker.locks.adopt(text)).isHeld).toBe(true);
  });

  it('is refused by a closing service, and left to others', async () => {
    const { giver, taker } = twoProcesses();
    const text = await (await giver.locks.acquire('key')).detach();
    taker.engine.refuse();
    await expect(taker.locks.adopt(text)).rejects.toMatchObject({ code: 'LOCK_SHUTDOWN', key: 'key' });
    expect((await giver.locks.adopt(text)).isHeld).toBe(true);
  });

  it('is refused by a service that closes meanwhile, and left to others', async () => {
    const { giver, taker } = twoProcesses();
    const text = await (await giver.locks.acquire('key')).detach();
    const gate = new Gate<'touch'>();
    taker.store.next('touch', gate.after);
    const adopted = outcomeOf(taker.locks.adopt(text));
    await flush();
    const closed = outcomeOf(taker.engine.close());
    gate.open();
    await flush();
    expect([adopted.value, closed.state]).toMatchObject([{ code: 'LOCK_SHUTDOWN' }, 'resolved']);
    expect((await giver.locks.adopt(text)).isHeld).toBe(true);
  });

  it('is waited for by a shutdown, and taken away when the grace time is over', async () => {
    const { giver, taker } = twoProcesses(500);
    const adopted = await taker.locks.adopt(await (await giver.locks.acquire('key')).detach());
    const closed = outcomeOf(taker.engine.close());
    await advance(499);
    expect([closed.state, adopted.isHeld]).toEqual(['pending', true]);
    await advance(1);
    await flush();
    expect([closed.state, adopted.signal.reason, (await giver.store.look('key')).holders]).toMatchObject([
      'resolved',
      { code: 'LOCK_LOST' },
      [],
    ]);
  });

  it('may be upgraded, downgraded, run under and detached again', async () => {
    const { giver, taker } = twoProcesses();
    const lock = await giver.locks.acquire('key', { mode: 'read' });
    const adopted = await taker.locks.adopt(await lock.detach());
    await adopted.upgrade();
    expect([adopted.mode, adopted.fencingToken > lock.fencingToken]).toEqual(['write', true]);
    await taker.locks.run(adopted, () => taker.locks.withLock('key', (inner) => expect(inner.token).toBe(lock.token)));
    await adopted.downgrade();
    const back = await giver.locks.adopt(await adopted.detach());
    expect([back.mode, back.token, back.fencingToken]).toEqual(['read', lock.token, adopted.fencingToken]);
    await back.release();
    expect((await giver.store.look('key')).holders).toEqual([]);
  });

  it('is adopted once in a process: also at the same time, and again when it was detached again', async () => {
    const { giver, taker } = twoProcesses();
    const text = await (await giver.locks.acquire('key')).detach();
    const [first, second] = [outcomeOf(taker.locks.adopt(text)), outcomeOf(taker.locks.adopt(text))];
    await flush();
    expect([lockOf(first).isHeld, second.value]).toEqual([true, expect.any(LockLostError)]);
    await expect(taker.locks.adopt(text)).rejects.toBeInstanceOf(LockLostError);
    expect(lockOf(first).isHeld).toBe(true);
    const again = await taker.locks.adopt(await lockOf(first).detach());
    expect(await again.release()).toBe(true);
  });

  it('may be tried again where the store did not answer', async () => {
    const { giver, taker } = twoProcesses();
    const text = await (await giver.locks.acquire('key')).detach();
    taker.store.next('touch', failing);
    await expect(taker.locks.adopt(text)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    expect((await taker.locks.adopt(text)).isHeld).toBe(true);
  });

  it('of another text is refused before anything is asked', async () => {
    const { locks, store } = openLocks();
    for (const text of ['', 'key', undefined, {}]) {
      await expect(locks.adopt(text as string)).rejects.toBeInstanceOf(LockOptionsError);
    }
    expect(store.calls).toEqual([]);
  });
});
