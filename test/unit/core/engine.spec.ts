/** Shutdown: what is refused, what may end, what is taken away, and that nothing stays. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError, LockShutdownError } from '../../../lib/lock.errors.js';
import { LockLifecycle } from '../../../lib/lock.lifecycle.js';
import { outcomeOf, openLocks } from '../../support/fakes/locks.js';
import { advance, flush, useFakeClock, lastingTimers, turns } from '../../support/fakes/fake-clock.js';
import { failing, Gate, hanging } from '../../support/fakes/fake-store.js';

describe('a lock engine that refuses', () => {
  useFakeClock();

  it('gives out no more locks and asks the store for none', async () => {
    const { locks, engine, store } = openLocks();
    engine.refuse();
    await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockShutdownError);
    await expect(locks.acquire(['a', 'b'])).rejects.toMatchObject({ code: 'LOCK_SHUTDOWN', key: 'a' });
    await expect(locks.tryAcquire('key')).rejects.toMatchObject({ code: 'LOCK_SHUTDOWN', key: 'key' });
    expect(store.calls).toEqual([]);
  });

  it('ends every wait and leaves no place in line', async () => {
    const { locks, engine, store, rival } = openLocks({ wait: Infinity });
    await rival.acquire('key', 'rival');
    const asked = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key'))];
    await flush();
    engine.refuse();
    await flush();
    for (const { value } of asked) expect(value).toBeInstanceOf(LockShutdownError);
    expect((await store.look('key')).waiting).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('ends a wait that only begins when the store answers', async () => {
    const { locks, engine, store, rival } = openLocks({ wait: Infinity });
    await rival.acquire('key', 'rival');
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    engine.refuse();
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockShutdownError);
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('gives back a grant that was on its way', async () => {
    const { locks, engine, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const section = jest.fn();
    const asked = outcomeOf(locks.withLock('key', section));
    await flush();
    engine.refuse();
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockShutdownError);
    expect(section).not.toHaveBeenCalled();
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('lets running sections enter again, renew, and end', async () => {
    const { locks, engine } = openLocks({}, 60_000);
    const ran = await locks.withLock('key', async (lock) => {
      engine.refuse();
      await locks.withLock('key', () => lock.renew());
      await advance(10_000);
      return lock.isHeld;
    });
    expect(ran).toBe(true);
  });
});

describe('a lock engine that closes', () => {
  useFakeClock();

  it('keeps renewing running sections until they end, and only then stops the store', async () => {
    const { locks, engine, store } = openLocks({}, 60_000);
    const stop = jest.spyOn(store, 'stop');
    const lock = await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    await advance(30_000);
    expect([lock.isHeld, closed.state]).toEqual([true, 'pending']);
    await lock.release();
    expect(store.sent('release')).toHaveLength(1);
    await flush();
    expect(closed.state).toBe('resolved');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(await lastingTimers()).toBe(0);
  });

  it('waits for the answer to the last release', async () => {
    const { locks, engine, store } = openLocks();
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    const lock = await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    outcomeOf(lock.release());
    await flush();
    expect(closed.state).toBe('pending');
    gate.open();
    await flush();
    expect(closed.state).toBe('resolved');
  });

  it('waits for a grant that is on its way, and gives it back before it stops the store', async () => {
    const { locks, engine, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    outcomeOf(locks.acquire('key'));
    await flush();
    const closed = outcomeOf(engine.close());
    await advance(1_000);
    expect(closed.state).toBe('pending');
    gate.open();
    await turns(3);
    expect(closed.state).toBe('resolved');
    expect((await store.look('key')).holders).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });

  it('gives the grace time once, from the moment it refuses', async () => {
    const { locks, engine } = openLocks({}, 2_000);
    const lock = await locks.acquire('key');
    engine.refuse();
    await advance(1_500);
    const closed = outcomeOf(engine.close());
    await advance(499);
    expect([lock.isHeld, closed.state]).toEqual([true, 'pending']);
    await advance(1);
    expect([lock.isHeld, closed.state]).toEqual([false, 'resolved']);
  });

  it('takes locks away when the grace time is over, tells their holders, and gives them back', async () => {
    const { locks, engine, store, heard } = openLocks({}, 2_000);
    const lock = await locks.acquire(['a', 'b']);
    const stop = jest.spyOn(store, 'stop');
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    const closed = outcomeOf(engine.close());
    await advance(1_999);
    expect(lock.isHeld).toBe(true);
    await advance(1);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(lock.signal.reason).toMatchObject({ cause: { code: 'LOCK_SHUTDOWN' } });
    expect(heard('lost').map(({ key }) => key)).toEqual(['a', 'b']);
    expect(stop).not.toHaveBeenCalled();
    gate.open();
    await flush();
    expect(closed.state).toBe('resolved');
    for (const key of ['a', 'b']) expect((await store.look(key)).holders).toEqual([]);
  });

  it('takes away at once with a grace time of 0', async () => {
    const { locks, engine } = openLocks({}, 0);
    const lock = await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    await advance(1);
    expect([lock.signal.aborted, closed.state]).toEqual([true, 'resolved']);
  });

  it.each([
    ['fail', failing],
    ['hang', hanging],
  ])('comes to an end although all releases %s, and leaves no timer', async (_, trouble) => {
    const { locks, engine, store } = openLocks({ ttl: '30s' }, 1_000);
    store.always('release', trouble);
    await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    await advance(1_000 + store.timeLimit);
    expect(closed.state).toBe('resolved');
    expect(await lastingTimers()).toBe(0);
  });

  it('does so once, however often it is told', async () => {
    const { engine, store } = openLocks();
    const stop = jest.spyOn(store, 'stop');
    expect(engine.close()).toBe(engine.close());
    await engine.close();
    expect(stop).toHaveBeenCalledTimes(1);
  });

  it('ends the stream of events', async () => {
    const { engine } = openLocks();
    const complete = jest.fn();
    engine.events.stream$.subscribe({ complete });
    await engine.close();
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('hears of no more grants', async () => {
    const { engine, store } = openLocks();
    const listen = jest.spyOn(store, 'listen');
    await engine.close();
    expect(listen).toHaveBeenLastCalledWith(store.processId, null);
  });

  it('refuses before the servers of the application close, and closes after', async () => {
    const { engine, locks, store } = openLocks();
    const stop = jest.spyOn(store, 'stop');
    const lifecycle = new LockLifecycle(engine);
    lifecycle.beforeApplicationShutdown();
    await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockShutdownError);
    expect(stop).not.toHaveBeenCalled();
    await lifecycle.onApplicationShutdown();
    expect(stop).toHaveBeenCalledTimes(1);
  });
});

describe('a signal that is aborted already', () => {
  useFakeClock();

  it.each<[string, string | string[]]>([
    ['a key that the caller holds', 'held'],
    ['a key that is free', 'free'],
    ['both', ['held', 'free']],
  ])('cancels a call for %s, and nothing is locked by it', async (_, keys) => {
    const { locks, store } = openLocks();
    const reason = new Error('no longer needed');
    await locks.withLock('held', async (lock) => {
      await expect(locks.acquire(keys, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await lock.release();
      expect((await store.look('held')).holders).toEqual([]);
    });
    expect((await store.look('free')).holders).toEqual([]);
  });
});
