/** A client of the user's is a template: what he does with it, before or after, is his own business. */
import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { closeAfterTest, lockModule, start } from '../support/apps/apps.js';
import { freshPrefix, redisAddress } from '../support/servers/run-server.js';
import { connectionsNamed, freshConnectionName, ownClient } from '../support/servers/clients.js';
import { deferred, until } from '../support/waiting.js';

async function openLocks(options: Parameters<typeof lockModule>[0]): Promise<LockService> {
  return (await start({ imports: [lockModule(options)] })).get(LockService);
}

/** Takes a key, waits for it elsewhere, renews and gives back, all within the time a connection of one's own takes. */
async function use(locks: LockService, rival: LockService): Promise<void> {
  const lock = await locks.acquire('key');
  const waiting = rival.acquire('key');
  await lock.renew();
  await lock.release();
  await (await waiting).release();
  await (await locks.acquire('key', { wait: 0 })).release();
}

async function pair(connection: Redis): Promise<[LockService, LockService]> {
  const prefix = freshPrefix();
  return [await openLocks({ connection, prefix }), await openLocks({ connection, prefix })];
}

describe('a client of the user', () => {
  it('that is lazy is not even connected', async () => {
    const client = ownClient({ lazyConnect: true });
    await use(...(await pair(client)));
    expect(client.status).toBe('wait');
  });

  it('may be in the middle of a transaction', async () => {
    const client = ownClient();
    const services = await pair(client);
    await client.call('MULTI');
    await use(...services);
    await client.call('DISCARD');
  });

  it('may block, however long', async () => {
    const client = ownClient();
    const services = await pair(client);
    client.blpop(freshPrefix(), 0).catch(() => undefined);
    await use(...services);
  });

  it('may go to another database: the locks stay in the one that it was made for', async () => {
    const client = ownClient({ db: 3 });
    const prefix = freshPrefix();
    await client.select(5);
    const locks = await openLocks({ connection: client, prefix });
    await locks.withLock('key', async () => {
      await client.select(6);
      expect(await ownClient({ db: 3 }).exists(`${prefix}:{key}`)).toBe(1);
    });
  });

  it.each<[string, object]>([
    ['gives its commands a millisecond', { commandTimeout: 1, blockingTimeout: 1, socketTimeout: 1 }],
    ['never connects anew', { retryStrategy: null, maxRetriesPerRequest: 0 }],
    ['sends again what was refused', { reconnectOnError: () => 2 }],
    ['reads only', { readOnly: true }],
    ['monitors', { monitor: true }],
    ['has scripts of its own', { scripts: { mine: { lua: 'return 1', numberOfKeys: 0 } } }],
    ['wants other shapes', { protocol: 3, replyMapping: 'resp3', stringNumbers: true }],
    ['queues nothing and checks nothing', { enableOfflineQueue: false, enableReadyCheck: false }],
  ])('may be one that %s', async (_, options) => {
    const client = new Redis({ ...redisAddress(), ...options, lazyConnect: true } as object);
    closeAfterTest({ close: async () => client.disconnect() });
    await use(...(await pair(client)));
  });

  it('may get a new password: it is used for the next connection', async () => {
    await using redis = await startRedis({ args: ['--requirepass', 'old'] });
    const admin = new Redis(redis.url, { password: 'old' });
    const client = new Redis(redis.url, { password: 'old', lazyConnect: true });
    closeAfterTest({ close: async () => admin.disconnect() });
    const locks = await openLocks({ connection: client });
    await admin.config('SET', 'requirepass', 'new');
    client.options.password = 'new';
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await locks.withLock('key', () => undefined);
    await (await locks.acquire('key')).release();
  });

  it('is as open as it was, and alone, when the module is closed', async () => {
    const connectionName = freshConnectionName();
    const client = ownClient({ connectionName });
    await client.ping();
    const app = await start({ imports: [lockModule({ connection: client, prefix: freshPrefix() })] });
    await app.get(LockService).withLock('key', () => undefined);
    expect(await connectionsNamed(connectionName, client)).toBe(2);
    await app.close();
    await until(async () => (await connectionsNamed(connectionName, client)) === 1);
    expect(await client.ping()).toBe('PONG');
  });
});

it('the Redis module of the application closes its client first: a section that ends later still frees its key', async () => {
  const prefix = freshPrefix();
  const client = ownClient();
  const entered = deferred();
  const closed = deferred();

  @Injectable()
  class RedisModule implements OnModuleDestroy {
    async onModuleDestroy(): Promise<void> {
      await client.quit();
      closed.resolve();
    }
  }

  @Injectable()
  class Orders {
    @Locked('order')
    async ship(): Promise<string> {
      entered.resolve();
      await closed.promise;
      return 'shipped';
    }
  }

  const app = await start({
    imports: [lockModule({ connection: client, prefix, shutdownGrace: '10s' })],
    providers: [RedisModule, Orders],
  });
  const shipped = app.get(Orders).ship();
  await entered.promise;
  await app.close();
  expect(await shipped).toBe('shipped');
  const rival = await openLocks({ prefix });
  expect(await rival.inspect('order')).toMatchObject({ holders: [] });
});
