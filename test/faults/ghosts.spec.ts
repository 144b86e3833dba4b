/** Locks that nobody holds: whatever becomes of a request whose caller was told that it failed, its key does not stay locked. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LockUnavailableError } from 'nestjs-distributed-lock';
import type { LockService } from 'nestjs-distributed-lock';
import { RedisCluster } from '../support/servers/redis-cluster.js';
import { atEnd } from '../support/at-end.js';
import { HEARTBEAT_AND_ROOM, openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openClient } from '../support/servers/clients.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { isFree, keyBecomes, rejection, until } from '../support/waiting.js';

async function lockedOf(locks: LockService, keys: readonly string[]): Promise<string[]> {
  const states = await Promise.all(keys.map((key) => locks.inspect(key)));
  return states.filter((state) => !isFree(state)).map(({ key }) => key);
}

describe('bytes of a connection that was given up, carried out much later', () => {
  it('an acquire: the key is free again', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy, { commandTimeout: 300 }), await openLocks(redis)];
    void proxy.once(requestOf('acquire'), 'drop');
    expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
    const { name, args } = proxy.commands.findLast(requestOf('acquire'))!;
    await pause(1_200);
    await openClient(redis).call(name, ...args);
    expect(isFree(await rival.inspect('key'))).toBe(false);
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });

  it('an acquire with a place in line: the line is empty again', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy, { commandTimeout: 300 }), await openLocks(redis)];
    const held = await rival.acquire('key');
    void proxy.once(requestOf('acquire'), 'drop');
    expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
    const { name, args } = proxy.commands.findLast(requestOf('acquire'))!;
    await pause(1_200);
    await openClient(redis).call(name, ...args);
    expect((await rival.inspect('key')).waiting).toHaveLength(1);
    await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 0, 2_000);
    await held.release();
  });

  it('an acquire that was answered when it was sent again: its lock, given back, is not taken again', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
    void proxy.once(requestOf('acquire'), 'cut');
    await (await locks.acquire('key')).release();
    // So often that the record remembers nothing of it.
    for (let i = 0; i < 20; i++) await (await rival.acquire('key')).release();
    const { name, args } = proxy.commands.find(requestOf('acquire'))!;
    await openClient(redis).call(name, ...args);
    expect(isFree(await rival.inspect('key'))).toBe(false);
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });
});

describe('a cluster', () => {
  it('whose connection breaks shortly before the time of a request is over', async () => {
    const cluster = await RedisCluster.start();
    atEnd(() => cluster[Symbol.asyncDispose]());
    const prefix = randomUUID();
    const proxies = await cluster.proxies();
    const locks = await openLocks(cluster.client(proxies), { prefix, commandTimeout: 1_000 });
    const rival = await openLocks(cluster.client(), { prefix });
    const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key) => locks.withLock(key, () => undefined)));
    const stop = proxies[1]!.always(requestOf('acquire'), 'drop');
    const sections = keys.map((key) => locks.withLock(key, { wait: 0 }, () => undefined).catch(() => undefined));
    await pause(960);
    stop();
    proxies[1]!.cut();
    await Promise.all(sections);
    await pause(300);
    expect(await lockedOf(rival, keys)).toEqual([]);
  }, 60_000);

  it('of which a server hangs and dies: when another has taken its place, no key is locked by nobody', async () => {
    const cluster = await RedisCluster.start({ withReplicas: true, nodeTimeout: 1_000 });
    atEnd(() => cluster[Symbol.asyncDispose]());
    const prefix = randomUUID();
    const locks = await openLocks(cluster.client(), { prefix, commandTimeout: 1_500, wait: 3_000 });
    const rival = await openLocks(cluster.client(), { prefix });
    const keys: string[] = [];
    const sections: Promise<unknown>[] = [];
    const timer = setInterval(() => {
      for (let i = 0; i < 3; i++) {
        const key = `key ${keys.length}`;
        keys.push(key);
        sections.push(locks.withLock(key, () => pause(1)).catch(() => undefined));
      }
    }, 20);
    atEnd(() => clearInterval(timer));
    await pause(300);
    await cluster.nodes[1]!.pause();
    await pause(2_000);
    await cluster.nodes[1]!.kill();
    await until(
      () =>
        locks.inspect('foo').then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await pause(1_500);
    clearInterval(timer);
    await Promise.all(sections);
    let locked: string[] = [];
    await until(async () => (locked = await lockedOf(rival, keys)).length === 0, 5_000).catch(() => undefined);
    expect(locked).toEqual([]);
  }, 90_000);
});
