/** No error, cause, event or log tells a password, or what is somebody else's. */
import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { LockService } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions, LockEvent } from 'nestjs-distributed-lock';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import type { RedisServer } from '../../sample-app/redis/redis-server.mjs';
import { closeAfterTest, lockModule, start } from '../support/apps/apps.js';
import { freshPrefix } from '../support/servers/run-server.js';
import { rejection } from '../support/waiting.js';

const SECRETS = /s3cret|agent7/;

let redis: RedisServer;
let admin: Redis;
let printed: string[];

beforeAll(async () => {
  redis = await startRedis({ args: ['--requirepass', 'admin'] });
  admin = new Redis(redis.url, { password: 'admin' });
});

afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

beforeEach(() => {
  printed = [];
  for (const method of ['log', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...words) => void printed.push(inspect(words)));
  }
});

afterEach(() => {
  jest.restoreAllMocks();
  expect(printed.join('\n')).not.toMatch(SECRETS);
});

/** All that there is of an error. */
const all = (error: unknown): string => inspect(error, { depth: 20, showHidden: true, getters: true });

type Connection = NonNullable<DistributedLockModuleOptions['connection']>;

const clientOf = (options: object): Redis => {
  const client = new Redis({ host: '127.0.0.1', port: redis.port, lazyConnect: true, ...options });
  closeAfterTest({ close: async () => client.disconnect() });
  return client;
};

describe('a connection that is not let in', () => {
  it.each<[string, () => Connection]>([
    ['a URL', () => `redis://agent7:s3cret@127.0.0.1:${redis.port}`],
    ['a URL with a password only', () => `redis://:s3cret@127.0.0.1:${redis.port}`],
    ['options', () => ({ host: '127.0.0.1', port: redis.port, username: 'agent7', password: 's3cret' })],
    ['options, and RESP2', () => ({ host: '127.0.0.1', port: redis.port, password: 's3cret', protocol: 2 })],
    ['a client', () => clientOf({ username: 'agent7', password: 's3cret' })],
  ])('by %s: says what is wrong, and no more', async (_, connection) => {
    const imports = [lockModule({ connection: connection(), commandTimeout: 300 })];
    const error = await rejection(start({ imports }));
    expect(error).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    expect(error.message).toContain('WRONGPASS');
    expect(error.message).not.toContain('commandTimeout');
    expect(all(error)).not.toMatch(SECRETS);
  });

  it.each([
    'redis://agent7:s3cret@ho st',
    'redis://agent7:s3cret@host:99999',
    'redis://agent7:s3cret@',
    'host:6380,password=s3cret',
    'redis:agent7:s3cret@host',
    'agent7:s3cret@host:6379',
    'rediss//agent7:s3cret@host',
  ])('by %p: refused, and not repeated', async (connection) => {
    const error = await rejection(start({ imports: [lockModule({ connection })] }));
    expect(error).toMatchObject({ code: 'LOCK_OPTIONS' });
    expect(all(error)).not.toMatch(SECRETS);
  });
});

describe('a user who may do less than is needed', () => {
  it('is told so, without the keys and tokens of those who asked at the same time', async () => {
    await admin.call('ACL', 'SETUSER', 'agent7', 'on', '>s3cret', '~*', '&*', '+@all');
    const connection = `redis://agent7:s3cret@127.0.0.1:${redis.port}`;
    const locks = (await start({ imports: [lockModule({ connection, prefix: freshPrefix() })] })).get(LockService);
    const events: LockEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const lock = await locks.acquire('held');
    await admin.call('ACL', 'SETUSER', 'agent7', '-evalsha', '-eval');
    const keys = ['alice', 'bob', 'carol', 'dave'];
    const errors = await Promise.all(keys.map((key) => rejection(locks.acquire(key, { wait: 0 }))));
    keys.forEach((key, i) => {
      const text = all(errors[i]);
      expect(errors[i]!.message).toContain('NOPERM');
      for (const other of [...keys.filter((each) => each !== key), 'held', lock.token])
        expect(text).not.toContain(other);
      expect(text).not.toMatch(SECRETS);
    });
    await rejection(lock.renew());
    expect(all(events)).not.toMatch(SECRETS);
    for (const event of events) {
      for (const key of keys.filter((each) => each !== event.key)) expect(all(event)).not.toContain(key);
    }
    await admin.call('ACL', 'SETUSER', 'agent7', '+@all');
    await lock.release().catch(() => undefined);
  });
});
