/** A database that can't be used is never another one: two applications would hold one key. */
import { Redis } from 'ioredis';
import { LockOptionsError, LockService } from 'nestjs-distributed-lock';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { closeAfterTest, lockModule, start } from '../support/apps/apps.js';
import { REDIS_URL, redisAddress } from '../support/servers/run-server.js';
import { ownClient } from '../support/servers/clients.js';
import { nextEvent, rejection, until } from '../support/waiting.js';

const { host, port } = redisAddress();

describe('a database that the server lacks', () => {
  it.each<[string, () => NonNullable<Parameters<typeof lockModule>[0]>['connection']]>([
    ['a URL', () => `redis://${host}:${port}/99`],
    ['options', () => ({ host: host!, port: port!, db: 99 })],
    ['a client', () => ownClient({ db: 99, lazyConnect: true })],
    ['a client that checks nothing', () => ownClient({ db: 99, lazyConnect: true, enableReadyCheck: false })],
  ])('named by %s keeps the application from starting, at once', async (_, connection) => {
    const imports = [lockModule({ connection: connection(), commandTimeout: '1h' })];
    const error = await rejection(start({ imports }));
    expect(error).toBeInstanceOf(LockOptionsError);
    expect(error.message).toMatch(/database.*out of range/);
  });
});

describe('a database that the user may not select', () => {
  it('keeps the application from starting', async () => {
    await using redis = await startRedis({});
    const admin = new Redis(redis.url);
    closeAfterTest({ close: async () => admin.disconnect() });
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-select');
    const connection = `redis://app:secret@127.0.0.1:${redis.port}/3`;
    const error = await rejection(start({ imports: [lockModule({ connection, commandTimeout: '1h' })] }));
    expect(error).toBeInstanceOf(LockOptionsError);
    expect(error.message).toMatch(/database.*NOPERM/);
    expect(error.message).not.toContain('secret');
  });

  it('any more after a reconnect: nothing is locked elsewhere, and all is well when he may again', async () => {
    await using redis = await startRedis({});
    const admin = new Redis(redis.url);
    closeAfterTest({ close: async () => admin.disconnect() });
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all');
    const connection = `redis://app:secret@127.0.0.1:${redis.port}/3`;
    const locks = (await start({ imports: [lockModule({ connection, prefix: 'mine' })] })).get(LockService);
    const lock = await locks.acquire('held', { ttl: 600 });
    const failed = nextEvent(locks, 'failed');
    await admin.call('ACL', 'SETUSER', 'app', '-select');
    await admin.call('CLIENT', 'KILL', 'USER', 'app');
    expect(await failed).toMatchObject({ key: 'held' });
    expect(await rejection(locks.acquire('key', { wait: 0 }))).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    expect(await admin.dbsize()).toBe(0);
    await admin.call('ACL', 'SETUSER', 'app', '+select');
    await until(() => locks.withLock('key', () => true).catch(() => false));
    await lock.release().catch(() => undefined);
  });
});

it('the database that is named is the one that is used', async () => {
  const locks = (
    await start({ imports: [lockModule({ connection: `${new URL('/7', REDIS_URL).href}`, prefix: 'in-seven' })] })
  ).get(LockService);
  await locks.withLock('key', async () => {
    expect(await ownClient({ db: 7 }).exists('in-seven:{key}')).toBe(1);
  });
  await ownClient({ db: 7 }).del('in-seven:{key}');
});
