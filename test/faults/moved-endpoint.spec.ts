/** An address that leads to another server from some time on, while the former one lives on; and a subscription that is deaf. */
import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import type { LockService } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { nextEvent, until, within } from '../support/waiting.js';

/** A primary behind an address, and its replica. */
async function scene() {
  const [primary, replica] = [await openRedis(), await openRedis()];
  const [onPrimary, onReplica] = [openClient(primary), openClient(replica)];
  await onReplica.call('REPLICAOF', '127.0.0.1', primary.port);
  await until(async () => (await onReplica.info('replication')).includes('master_link_status:up'));
  const address = await openProxy(primary);
  /** The replica takes over, and the primary follows it; connections stay where they are. */
  const failOver = async (): Promise<void> => {
    await onPrimary.call('WAIT', 1, 5_000);
    await onReplica.call('REPLICAOF', 'NO', 'ONE');
    await onPrimary.call('REPLICAOF', '127.0.0.1', replica.port);
    address.moveTo(replica.url);
  };
  return { primary, replica, onPrimary, onReplica, address, failOver };
}

describe('READONLY for ever: not here', () => {
  it('a lock that is held is renewed at the new primary', async () => {
    const { address, replica, failOver } = await scene();
    const locks = await openLocks(address, { ttl: 6_000 });
    const rival = await openLocks(replica);
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    await failOver();
    await until(() => only(log, 'renewed').length >= 2);
    expect(lock.isHeld).toBe(true);
    expect((await rival.inspect('key')).holders[0]?.token).toBe(lock.token);
    await lock.release();
  });

  it('keys are taken at the new primary', async () => {
    const { address, replica, failOver } = await scene();
    const locks = await openLocks(address);
    await locks.withLock('key', () => undefined);
    await failOver();
    await until(() => locks.withLock('key', () => true).catch(() => false), HEARTBEAT_AND_ROOM);
    await locks.withLock('key', async () => {
      expect((await (await openLocks(replica)).inspect('key')).holders).not.toEqual([]);
    });
  });

  it('a server that stays read-only is not connected to again and again', async () => {
    const { address, onPrimary, replica } = await scene();
    const locks = await openLocks(address, { ttl: 2_000 });
    await onPrimary.call('REPLICAOF', '127.0.0.1', replica.port);
    const before = address.accepted;
    const end = performance.now() + 3_000;
    while (performance.now() < end) {
      await Promise.all(Array.from({ length: 20 }, () => locks.acquire('key', { wait: 0 }).catch(() => undefined)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(address.accepted - before).toBeGreaterThan(0);
    expect(address.accepted - before).toBeLessThan(12);
  });
});

describe('a subscription that hears nothing any more', () => {
  /** How long a hand-off takes, in milliseconds. */
  async function handOff(holder: LockService, waiter: LockService, key: string): Promise<number> {
    const held = await holder.acquire(key);
    const inLine = nextEvent(waiter, 'waiting');
    const waiting = waiter.acquire(key);
    await inLine;
    // In the middle between two heartbeats.
    await new Promise((resolve) => setTimeout(resolve, 1_500 - (performance.now() % 1_000)));
    const releasedAt = performance.now();
    await held.release();
    const lock = await within(HEARTBEAT_AND_ROOM, waiting);
    const took = performance.now() - releasedAt;
    await lock.release();
    return took;
  }

  /** What is said of subscriptions from now on. */
  function warnings(): () => string[] {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    return () => warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('Pub/Sub'));
  }

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('because the address has moved, and its server lives on by itself, is made anew', async () => {
    const warned = warnings();
    const [former, server] = [await openRedis(), await openRedis()];
    const address = await openProxy(former);
    const [locks, rival] = [await openLocks(address), await openLocks(server)];
    await handOff(await openLocks(former), locks, 'before');
    address.moveTo(server.url);
    await openClient(former).call('CLIENT', 'KILL', 'TYPE', 'normal');
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await until(() => warned().length > 0, 20_000);
    await until(async () => ((await openClient(server).pubsub('CHANNELS')) as string[]).length > 0);
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(Math.min(await handOff(rival, locks, 'a'), await handOff(rival, locks, 'b'))).toBeLessThan(400);
    expect(warned()).toHaveLength(1);
  }, 60_000);

  it('because messages are lost on its connection is made anew, which is told once', async () => {
    const warned = warnings();
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
    await handOff(rival, locks, 'before');
    proxy.losesPushes = true;
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await until(() => warned().length > 0, 20_000);
    proxy.losesPushes = false;
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(Math.min(await handOff(rival, locks, 'a'), await handOff(rival, locks, 'b'))).toBeLessThan(400);
    expect(warned()).toHaveLength(1);
  }, 60_000);

  it('and may be had by nobody does not lead to a storm of connections', async () => {
    const warned = warnings();
    const redis = await openRedis();
    await openClient(redis).call('ACL', 'SETUSER', 'service', 'on', '>secret', '~*', '&*', '+@all', '-subscribe');
    const url = redis.url.replace('//', '//service:secret@');
    const [locks, rival] = [await openLocks({ url }), await openLocks(redis)];
    const held = await Promise.all(Array.from({ length: 20 }, (_, i) => rival.acquire(`key ${i}`)));
    const before = Number(/total_connections_received:(\d+)/.exec(await openClient(redis).info('stats'))![1]);
    const waiting = held.map(({ key }) => locks.acquire(key));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const after = Number(/total_connections_received:(\d+)/.exec(await openClient(redis).info('stats'))![1]);
    expect(after - before).toBeLessThan(8);
    await Promise.all(held.map((lock) => lock.release()));
    for (const lock of await within(HEARTBEAT_AND_ROOM, Promise.all(waiting))) await lock.release();
    expect(warned()).toEqual([]);
  }, 60_000);
});
