/** Redis is known to be away: calls end within their own time, and not within that of a command. */
import { LockService } from 'nestjs-distributed-lock';
import { anyLocalPort } from '../../sample-app/redis/local-port.mjs';
import { lockModule, start } from '../support/apps/apps.js';
import { openLocks } from '../support/apps/locks.js';
import { openRedis } from '../support/servers/own-servers.js';
import { rejection, timed, until } from '../support/waiting.js';

/** What a call would take that waits for the connection as long as a command may take. */
const COMMAND = 60_000;

describe('Sentinels that are away from the start', () => {
  it('fail a call that does not wait at once, though no connection was ever closed', async () => {
    const sentinels = [{ host: '127.0.0.1', port: anyLocalPort() }];
    const away = { connection: { sentinels, name: 'locks' }, requireConnection: false, commandTimeout: 2_000 };
    const app = await start({ imports: [lockModule({ ...away, logger: false })] });
    const locks = app.get(LockService);
    const refused = () => rejection<{ code: string }>(locks.acquire('key', { wait: 0 }));
    await until(() => timed(refused).then((took) => took < 1_000));
    for (let i = 0; i < 5; i++) expect(await timed(refused)).toBeLessThan(1_500);
  });
});

describe('a server that is gone', () => {
  it.each([
    ['one key', ['a']],
    ['several keys', ['a', 'b']],
  ])('fails a call that does not wait at once, and one that waits when its wait is over: %s', async (_, keys) => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: COMMAND, wait: 300 });
    await locks.withLock(keys, () => undefined);
    await redis.kill();
    const refused = async (wait: number): Promise<string> =>
      (await rejection<{ code: string }>(locks.acquire(keys, { wait }))).code;
    expect(await timed(async () => expect(await refused(0)).toBe('LOCK_UNAVAILABLE'))).toBeLessThan(COMMAND / 4);
    expect(await timed(async () => expect(await refused(300)).toBe('LOCK_UNAVAILABLE'))).toBeLessThan(COMMAND / 4);
    await redis.restart();
    await until(() => locks.withLock(keys, () => true).catch(() => false));
  });

  it('fails calls that are under way when it goes', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: COMMAND });
    await locks.withLock('a', () => undefined);
    await redis.pause();
    const asked = ['b', 'c'].map((key, i) => rejection<{ code: string }>(locks.acquire(key, { wait: i * 300 })));
    await redis.kill();
    for (const { code } of await Promise.all(asked)) expect(code).toBe('LOCK_UNAVAILABLE');
    // What may have been carried out is given back as soon as that can be.
    await redis.restart();
  });

  it('keeps no ping waiting', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: COMMAND });
    await redis.pause();
    await expect(locks.ping({ timeout: 200 })).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    redis.resume();
    expect(await locks.ping()).toBeGreaterThanOrEqual(0);
  });
});
