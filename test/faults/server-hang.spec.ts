/** A server that hangs (SIGSTOP): connections stay open and nothing is answered, perhaps much later (SIGCONT). */
import { LockLostError, LockService, LockUnavailableError } from 'nestjs-distributed-lock';
import type { LockError } from 'nestjs-distributed-lock';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { atEnd } from '../support/at-end.js';
import { HEARTBEAT_AND_ROOM, logOf, LONG, only, openApp, openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { hang, openProxy, openRedis } from '../support/servers/own-servers.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, until, within } from '../support/waiting.js';

describe('a ping while the server hangs', () => {
  it('is refused in time, and answered once the server goes on', async () => {
    const redis = await openRedis();
    const store = new RedisLockStore({ connection: redis.url, prefix: 'ping', commandTimeout: 300 });
    atEnd(() => store.stop());
    await store.start();
    await store.ping();
    await hang(redis);
    const sent = performance.now();
    expect(await rejection(store.ping())).toBeInstanceOf(LockUnavailableError);
    expect(performance.now() - sent).toBeLessThan(HEARTBEAT_AND_ROOM);
    redis.resume();
    await store.ping();
  });
});

describe('held while the server hangs', () => {
  it('abort never while Redis hangs: the signal aborts and isHeld is false, with no word of the server', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { ttl: 500, commandTimeout: LONG });
    const lock = await locks.acquire('key');
    await hang(redis);
    await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(lock.isHeld).toBe(false);
    expect(await lock.release()).toBe(false);
  });

  it('isAcquired stays true after loss: isHeld is false without anybody listening to the signal', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { ttl: 500, commandTimeout: LONG });
    const lock = await locks.acquire('key');
    await hang(redis);
    await until(() => !lock.isHeld, HEARTBEAT_AND_ROOM);
    redis.resume();
    // Late renewals are answered before this look; they do not bring the lock back.
    await locks.inspect('key');
    expect(lock.isHeld).toBe(false);
  });

  it('abort 1.6 s after expiry: the holder knows before the next one starts', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy, { ttl: 700 }), await openLocks(redis)];
    const lock = await locks.acquire('key');
    const order: string[] = [];
    lock.signal.addEventListener('abort', () => order.push('the holder knows'));
    const next = rival.acquire('key').then(() => order.push('the next starts'));
    await nextEvent(rival, 'waiting');
    proxy.hold();
    await next;
    expect(order).toEqual(['the holder knows', 'the next starts']);
  });

  it('an outage shorter than the lease is survived', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { ttl: 6_000 });
    const lock = await locks.acquire('key');
    await hang(redis);
    const renewal = lock.renew();
    redis.resume();
    await renewal;
    await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
    await lock.release();
    expect(await locks.inspect('key')).toMatchObject({ holders: [] });
  });

  it('leaves nothing of a lock whose renewal is carried out after its loss', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { ttl: 500, commandTimeout: 1_000 });
    const lock = await locks.acquire('key', { autoRenew: false });
    await hang(redis);
    expect(await rejection(lock.renew(LONG))).toBeInstanceOf(LockLostError);
    expect(await lock.release()).toBe(false);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    redis.resume();
    await keyBecomes(await openLocks(redis), 'key', isFree, HEARTBEAT_AND_ROOM);
  });
});

describe('acquire while the server hangs', () => {
  it('fails after commandTimeout, and the section does not run', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: 300 });
    await hang(redis);
    let ran = false;
    const outcome = locks.withLock('key', () => (ran = true));
    expect(await within(HEARTBEAT_AND_ROOM, rejection(outcome))).toBeInstanceOf(LockUnavailableError);
    redis.resume();
    await keyBecomes(locks, 'key', isFree);
    expect(ran).toBe(false);
  });

  it('fails when the wait is over, if that is sooner', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: LONG });
    await hang(redis);
    const error = await within(HEARTBEAT_AND_ROOM, rejection(locks.acquire('key', { wait: 300 })));
    expect(error).toBeInstanceOf(LockUnavailableError);
  });

  it('is broken, not busy: tryAcquire does not answer null', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: 300 });
    await hang(redis);
    expect(await rejection(locks.tryAcquire('key'))).toBeInstanceOf(LockUnavailableError);
  });

  it('of several keys that are asked for together fails when the wait is over', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const locks = await openLocks(proxy, { commandTimeout: 10_000 });
    atEnd(() => proxy.cut());
    void proxy.once(({ args }) => args.includes('lock:{a}') && args.includes('lock:{b}'), 'drop');
    const error = await within(HEARTBEAT_AND_ROOM, rejection(locks.acquire(['a', 'b'], { wait: 300 })));
    expect((error as LockError).code).toBe('LOCK_UNAVAILABLE');
  });

  it('of several keys fails when the wait is over, even if the server hung in between', async () => {
    const redis = await openRedis();
    // So that they are taken one after the other.
    await (await openLocks(redis)).acquire('c');
    const proxy = await openProxy(redis);
    const locks = await openLocks(proxy, { commandTimeout: 10_000 });
    atEnd(() => proxy.cut());
    void proxy.once((command) => requestOf('acquire')(command) && command.args[2] === 'lock:{b}', 'drop');
    const error = await within(HEARTBEAT_AND_ROOM, rejection(locks.acquire(['a', 'b', 'c'], { wait: 300 })));
    // The server has answered for the first key, and in so short a time a busy one looks like one that hangs.
    expect(['LOCK_TIMEOUT', 'LOCK_UNAVAILABLE']).toContain((error as LockError).code);
  });

  it('gives back every late grant once the server goes on', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis, { commandTimeout: 300 }), await openLocks(redis)];
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    await hang(redis);
    const errors = await Promise.all(keys.map((key) => rejection(locks.acquire(key))));
    expect(errors.every((error) => error instanceof LockUnavailableError)).toBe(true);
    redis.resume();
    for (const key of keys) await keyBecomes(rival, key, isFree);
    for (const key of keys) await (await rival.acquire(key, { wait: 0 })).release();
  });

  it('gives back the late grants of cancelled waits', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
    await hang(redis);
    const cancel = new AbortController();
    const gone = rejection(locks.acquire('key', { signal: cancel.signal }));
    cancel.abort();
    expect(await gone).toBe(cancel.signal.reason);
    redis.resume();
    await keyBecomes(rival, 'key', isFree);
  });
});

describe('release while the server hangs', () => {
  it('release failure destroys the business result: not here, and the key is free once the server goes on', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis, { commandTimeout: 300 }), await openLocks(redis)];
    const failed = nextEvent(locks, 'failed');
    const section = locks.withLock('key', async () => {
      await hang(redis);
      return 'shipped';
    });
    expect(await within(HEARTBEAT_AND_ROOM, section)).toBe('shipped');
    expect(await failed).toMatchObject({ key: 'key', during: 'release', error: { code: 'LOCK_UNAVAILABLE' } });
    redis.resume();
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });

  it('passes the key on once the server goes on', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis, { commandTimeout: 300 }), await openLocks(redis)];
    const lock = await locks.acquire('key');
    const waiting = rival.acquire('key');
    await nextEvent(rival, 'waiting');
    await hang(redis);
    await within(HEARTBEAT_AND_ROOM, lock.release());
    redis.resume();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });
});

describe('a wait across a hang', () => {
  it('goes on, and the hand-off reaches it', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis, { commandTimeout: 300 }), await openLocks(redis)];
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await hang(redis);
    expect(await nextEvent(locks, 'failed')).toMatchObject({ key: 'key', during: 'acquire' });
    redis.resume();
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });

  it('that ends meanwhile says that Redis was not reached, and leaves no place in line', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis, { commandTimeout: 300 }), await openLocks(redis)];
    const held = await rival.acquire('key');
    const waiting = rejection(locks.acquire('key', { wait: 3_000 }));
    await nextEvent(locks, 'waiting');
    await hang(redis);
    expect(await within(HEARTBEAT_AND_ROOM, waiting)).toBeInstanceOf(LockUnavailableError);
    redis.resume();
    await keyBecomes(rival, 'key', ({ waiting: line }) => line.length === 0);
    await held.release();
    expect(await rival.inspect('key')).toMatchObject({ holders: [] });
  });
});

it('every promise settles, the shutdown too', async () => {
  const redis = await openRedis();
  const app = await openApp(redis, { commandTimeout: 300, wait: 2_000 });
  const locks = app.get(LockService);
  const log = logOf(locks);
  const [held, shared, kept] = [await locks.acquire('a'), await locks.acquire('b'), await locks.acquire('c')];
  const waiting = locks.acquire('a', { fair: true });
  await nextEvent(locks, 'waiting');
  await hang(redis);
  const promises = [
    waiting,
    held.renew(),
    shared.release(),
    locks.acquire('d'),
    locks.acquire(['e', 'f']),
    locks.tryAcquire('g'),
    locks.withLock('h', () => undefined),
    locks.inspect('a'),
    locks.forceRelease('a'),
  ];
  const outcomes = await within(15_000, Promise.allSettled(promises));
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(promises.map((_, i) => i === 2));
  await within(15_000, app.close());
  expect(kept.isHeld).toBe(false);
  expect(only(log, 'lost').length).toBe(2);
});
