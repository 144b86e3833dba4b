/** A network that loses things: requests, replies, connections, one direction, everything for a while. */
import { LockUnavailableError } from 'nestjs-distributed-lock';
import type { Lock } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, logOf, LONG, only, openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, until, within } from '../support/waiting.js';

async function scene(options: Parameters<typeof openLocks>[1] = {}) {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  return { redis, proxy, locks: await openLocks(proxy, options), rival: await openLocks(redis) };
}

describe.each(['cut', 'cut-reply'] as const)('the connection breaks (%s)', (fate) => {
  it.each(['acquire', 'touch', 'release'] as const)('at the %s of a lock: nobody notices', async (kind) => {
    const { proxy, locks, rival } = await scene();
    const log = logOf(locks);
    const broken = proxy.once(requestOf(kind), fate);
    const lock = await locks.acquire('key');
    await lock.renew();
    expect((await rival.inspect('key')).holders[0]).toMatchObject({
      token: lock.token,
      fencingToken: lock.fencingToken,
    });
    await lock.release();
    await broken;
    // It is renewed once more where the process begins to hear what it is told meanwhile.
    expect([...new Set(log.map(({ type }) => type))]).toEqual(['acquired', 'renewed', 'released']);
    expect(isFree(await rival.inspect('key'))).toBe(true);
  });

  it('at the release that passes the key on: the holder did not lose it, and one waiter gets it', async () => {
    const { proxy, locks, rival } = await scene();
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    const waiting = rival.acquire('key');
    await nextEvent(rival, 'waiting');
    const broken = proxy.once(requestOf('release'), fate);
    await lock.release();
    await broken;
    const next = await within(HEARTBEAT_AND_ROOM, waiting);
    expect((await rival.inspect('key')).holders[0]?.token).toBe(next.token);
    expect(only(log, 'lost')).toEqual([]);
    await next.release();
    expect(isFree(await rival.inspect('key'))).toBe(true);
  });

  it('when a waiter joins the line: it has one place', async () => {
    const { proxy, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const broken = proxy.once(requestOf('acquire'), fate);
    const inLine = nextEvent(locks, 'waiting');
    const waiting = locks.acquire('key');
    await broken;
    await inLine;
    expect((await rival.inspect('key')).waiting).toHaveLength(1);
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(isFree(await rival.inspect('key'))).toBe(true);
  });
});

describe.each(['drop', 'drop-reply'] as const)('a request is lost in silence (%s)', (fate) => {
  it('acquire: an error in time, and nothing is left once the connection is back', async () => {
    const { proxy, locks, rival } = await scene({ commandTimeout: 300 });
    void proxy.once(requestOf('acquire'), fate);
    expect(await within(HEARTBEAT_AND_ROOM, rejection(locks.acquire('key')))).toBeInstanceOf(LockUnavailableError);
    proxy.cut();
    await keyBecomes(rival, 'key', isFree);
    await (await locks.acquire('key')).release();
  });

  it('renewal: tried again as soon as the connection is back', async () => {
    const { proxy, locks } = await scene({ ttl: 6_000, commandTimeout: 300 });
    const lock = await locks.acquire('key');
    void proxy.once(requestOf('touch'), fate);
    await nextEvent(locks, 'failed');
    proxy.cut();
    await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  it('release: the result reaches the caller, and the key is free once the connection is back', async () => {
    const { proxy, locks, rival } = await scene({ commandTimeout: 300 });
    const failed = nextEvent(locks, 'failed');
    void proxy.once(requestOf('release'), fate);
    expect(await locks.withLock('key', () => 'shipped')).toBe('shipped');
    expect(await failed).toMatchObject({ key: 'key', during: 'release' });
    proxy.cut();
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });
});

describe.each(['toServer', 'toClient', 'both'] as const)('a black hole (%s)', (direction) => {
  it('swallows everything for a while: held is lost in time, asked for is an error, nothing is left', async () => {
    const { proxy, locks, rival } = await scene({ ttl: 1_000, commandTimeout: 300 });
    const held = await locks.acquire('held');
    proxy.blackhole(direction);
    expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
    await within(HEARTBEAT_AND_ROOM, aborted(held.signal));
    await (await within(HEARTBEAT_AND_ROOM, rival.acquire('held'))).release();
    proxy.flow(direction);
    await keyBecomes(rival, 'key', isFree);
    await (await locks.acquire('held')).release();
  });
});

describe('a connection that died and that nobody closed', () => {
  it('is replaced: a server that can be reached is not out of reach until the system gives up the connection', async () => {
    const { proxy, locks, rival } = await scene({ commandTimeout: 300, wait: 0 });
    void proxy.once(requestOf('acquire'), 'drop');
    expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
    const acquired = async (): Promise<boolean> => (await locks.acquire('key').catch(() => undefined))?.isHeld === true;
    await until(acquired, HEARTBEAT_AND_ROOM);
    expect((await rival.inspect('key')).holders).not.toEqual([]);
  });
});

describe('no connection', () => {
  it('at the start, but soon: the start waits for it', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    proxy.refuse();
    const starting = openLocks(proxy, { commandTimeout: 15_000 });
    await proxy.accept();
    const locks = await starting;
    await (await locks.acquire('key')).release();
  });

  it('while somebody waits: the hand-off reaches it within a heartbeat of the reconnect', async () => {
    const { proxy, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    proxy.refuse();
    proxy.cut();
    await held.release();
    await proxy.accept();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });

  it('for longer than a place in line lives: the waiter joins again', async () => {
    const { proxy, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    const { token } = await nextEvent(locks, 'waiting');
    proxy.refuse();
    proxy.cut();
    await keyBecomes(rival, 'key', ({ waiting: line }) => line.length === 0);
    await proxy.accept();
    const [again] = (await keyBecomes(rival, 'key', ({ waiting: line }) => line.length === 1)).waiting;
    expect(again).not.toBe(token);
    await held.release();
    expect((await within(HEARTBEAT_AND_ROOM, waiting)).token).toBe(again);
  });

  it('for a moment, many times, with many locks held: none is lost', async () => {
    const { proxy, locks } = await scene({ ttl: 6_000, wait: LONG });
    const held: Lock[] = await Promise.all(Array.from({ length: 50 }, (_, i) => locks.acquire(`key ${i}`)));
    for (let round = 0; round < 5; round++) {
      const broken = proxy.once(requestOf('touch'), round % 2 ? 'cut' : 'cut-reply');
      const renewed = Promise.all(held.map((lock) => lock.renew()));
      await Promise.all([broken, renewed]);
    }
    expect(held.every((lock) => lock.isHeld)).toBe(true);
    await Promise.all(held.map((lock) => lock.release()));
  });
});
