/** A server that dies (SIGKILL) and comes back on the same port: with its data, or without. */
import { LockLostError } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { openRedis } from '../support/servers/own-servers.js';
import { aborted, nextEvent, rejection, within } from '../support/waiting.js';

const PROOF = /no longer knows/;

describe('a server that comes back empty', () => {
  it('a held lock is lost at its next renewal, with proof', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { ttl: 12_000 });
    const lock = await locks.acquire('key');
    await redis.restart();
    await within(11_000, aborted(lock.signal));
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(lock.signal.reason.message).toMatch(PROOF);
    expect(lock.isHeld).toBe(false);
  });

  it('a section that held the lock learns that it was lost, and its result is attached', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis);
    const outcome = locks.withLock('key', async () => {
      await redis.restart();
      return 'shipped';
    });
    expect(await rejection(outcome)).toMatchObject({ code: 'LOCK_LOST', result: 'shipped' });
  });

  it('waiters join the line again and get the key, one after the other', async () => {
    const redis = await openRedis();
    const [rival, ...others] = await Promise.all(Array.from({ length: 4 }, () => openLocks(redis)));
    await rival!.acquire('key');
    let inside = 0;
    const sections = others.map(async (locks) => {
      const waiting = nextEvent(locks, 'waiting');
      const done = locks.withLock('key', async () => {
        expect((inside += 1)).toBe(1);
        await locks.inspect('key');
        inside -= 1;
      });
      await waiting;
      return { done };
    });
    const waiting = await Promise.all(sections);
    await redis.restart();
    await within(HEARTBEAT_AND_ROOM, Promise.all(waiting.map(({ done }) => done)));
  });

  it('fencing tokens go on growing', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis);
    const fences: number[] = [];
    for (let i = 0; i < 3; i++) {
      await locks.withLock('key', ({ fencingToken }) => void fences.push(fencingToken));
      await redis.restart();
    }
    await locks.withLock('key', ({ fencingToken }) => void fences.push(fencingToken));
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    expect(fences.length).toBe(4);
  });

  it('the first acquire needs no second attempt', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: 10_000 });
    await redis.restart();
    await (await locks.acquire('key')).release();
  });
});

describe('a server that comes back with its data', () => {
  it('a held lock stays held, and is renewed as before', async () => {
    const redis = await openRedis({ persist: true });
    const [locks, rival] = [await openLocks(redis, { ttl: 9_000 }), await openLocks(redis)];
    const lock = await locks.acquire('key');
    await redis.restart();
    await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
    expect(await rival.tryAcquire('key')).toBeNull();
    await lock.release();
    expect(await rival.inspect('key')).toMatchObject({ holders: [] });
  });

  it('release failure destroys the business result: not when the server restarts under the section', async () => {
    const redis = await openRedis({ persist: true });
    const locks = await openLocks(redis, { commandTimeout: 10_000 });
    const section = locks.withLock('key', async () => {
      await redis.restart();
      return 'shipped';
    });
    expect(await section).toBe('shipped');
    expect(await locks.inspect('key')).toMatchObject({ holders: [] });
  });

  it('a waiter keeps its place, and the hand-off reaches it', async () => {
    const redis = await openRedis({ persist: true });
    const [locks, rival] = [await openLocks(redis), await openLocks(redis, { commandTimeout: 10_000 })];
    const held = await rival.acquire('key');
    const log = logOf(locks);
    const waiting = locks.acquire('key');
    const { token } = await nextEvent(locks, 'waiting');
    await redis.restart();
    await held.release();
    const lock = await within(HEARTBEAT_AND_ROOM, waiting);
    expect(lock.fencingToken).toBeGreaterThan(held.fencingToken);
    expect(only(log, 'acquired')).toMatchObject([{ token }]);
  });
});

describe('a server that is down for a while', () => {
  it('an acquire meanwhile waits for it, as long as commandTimeout allows', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: 15_000 });
    await redis.kill();
    const acquired = locks.acquire('key');
    await redis.restart();
    await (await acquired).release();
  });

  it('one transient error ends renewal for good: not while the lease lasts', async () => {
    const redis = await openRedis({ persist: true });
    const locks = await openLocks(redis, { ttl: 6_000, commandTimeout: 200 });
    const lock = await locks.acquire('key');
    await redis.kill();
    expect(await nextEvent(locks, 'failed')).toMatchObject({ during: 'renew' });
    await redis.restart();
    await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
  });

  it('failed refresh is an unhandled rejection that kills the process: here it is an event, then a loss', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { ttl: 1_000, commandTimeout: 100 });
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    await redis.kill();
    await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
    expect(only(log, 'failed').length).toBeGreaterThan(1);
    expect(only(log, 'lost')).toMatchObject([{ key: 'key', token: lock.token, error: lock.signal.reason }]);
    await redis.restart();
  });
});
