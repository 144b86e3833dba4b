/** `requireConnection: false`: the application starts while Redis is away, and needs no restart when it comes. */
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LockOptionsError, LockService, LockUnavailableError } from 'nestjs-distributed-lock';
import { lockModule, start } from '../support/apps/apps.js';
import { openRedis } from '../support/servers/own-servers.js';
import { rejection, until } from '../support/waiting.js';

afterEach(() => jest.restoreAllMocks());

const options = { requireConnection: false, commandTimeout: 500, wait: '2s' } as const;

it('starts, says so once, refuses locks, and gives the first one out when Redis is there', async () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  const redis = await openRedis();
  await redis.kill();
  const locks = (await start({ imports: [lockModule({ ...options, connection: redis.url })] })).get(LockService);
  const said = warned.mock.calls.filter(([text]) => String(text).includes('starts without its lock store'));
  expect(said).toHaveLength(1);
  expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
  await redis.restart();
  await until(() => locks.ping().then(Boolean, () => false));
  await (await locks.acquire('key')).release();
});

it('starts where the password is refused, and still not where the database can not be', async () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  const redis = await openRedis({ args: ['--requirepass', 'secret'] });
  const wrong = redis.url.replace('redis://', 'redis://:wrong@');
  const locks = (await start({ imports: [lockModule({ ...options, connection: wrong })] })).get(LockService);
  expect(warned.mock.calls.map(String).join()).toContain('starts without');
  expect(warned.mock.calls.map(String).join()).not.toContain(':wrong');
  expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
  const database = `${(await openRedis()).url.replace(/\/$/, '')}/99`;
  const error = await rejection(start({ imports: [lockModule({ ...options, connection: database })] }));
  expect(error).toBeInstanceOf(LockOptionsError);
});
