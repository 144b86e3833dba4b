/** A user of the server who may not do everything (ACL). */
import { LockUnavailableError } from 'nestjs-distributed-lock';
import type { RedisServer } from '../../sample-app/redis/redis-server.mjs';
import { redisCommands } from '../support/servers/redis-commands.js';
import { handOff, HEARTBEAT_AND_ROOM, logOf, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';
import { aborted, nextEvent, rejection, within } from '../support/waiting.js';

/** The server as a user sees it who has these rules. */
async function asUser(redis: RedisServer, ...rules: string[]): Promise<{ url: string }> {
  await openClient(redis).call('ACL', 'SETUSER', 'service', 'on', '>secret', ...rules);
  return { url: redis.url.replace('//', '//service:secret@') };
}

describe('a user who may not listen to any channel', () => {
  const RULES = ['+@all', '~*', 'resetchannels'];

  it('waits by heartbeat', async () => {
    const redis = await openRedis();
    const locks = await openLocks(await asUser(redis, ...RULES));
    const rival = await openLocks(redis);
    await handOff(rival, locks);
    await handOff(rival, locks);
  });

  it('hands off although it may not tell: the waiter finds out by heartbeat', async () => {
    const redis = await openRedis();
    const where = await asUser(redis, ...RULES);
    const locks = await openLocks(where);
    const log = logOf(locks);
    await handOff(locks, await openLocks(redis));
    expect(log.map(({ type }) => type)).toEqual(['acquired', 'released']);
    await handOff(await openLocks(where), await openLocks(where));
  });

  it('hears of grants once it may', async () => {
    const redis = await openRedis();
    const locks = await openLocks(await asUser(redis, ...RULES));
    const rival = await openLocks(redis);
    await handOff(rival, locks);
    await asUser(redis, 'allchannels');
    await handOff(rival, locks);
    expect(await openClient(redis).pubsub('CHANNELS')).toHaveLength(1);
  });
});

describe('a user who may not run scripts', () => {
  it('the start fails and says why', async () => {
    const redis = await openRedis();
    const where = await asUser(redis, '+@all', '-@scripting', '~*', '&*');
    const error = await rejection(openLocks(where));
    expect(error).toBeInstanceOf(LockUnavailableError);
    expect(error.message).toMatch(/NOPERM.*evalsha/i);
  });

  it('any longer: nothing runs unlocked, and what is held is lost when its lease ends', async () => {
    const redis = await openRedis();
    const where = await asUser(redis, '+@all', '~*', '&*');
    const locks = await openLocks(where, { ttl: 1_000 });
    const lock = await locks.acquire('key');
    await asUser(redis, '-@scripting');
    expect(await rejection(locks.withLock('another', () => 'ran'))).toBeInstanceOf(LockUnavailableError);
    await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
    expect(lock.isHeld).toBe(false);
  });
});

describe('a user who may touch the keys of the prefix only', () => {
  it('takes, renews, waits and hands off', async () => {
    const redis = await openRedis();
    const where = await asUser(redis, '+@all', '~lock:*', '&nestjs-distributed-lock:*');
    const [locks, rival] = [await openLocks(where), await openLocks(where)];
    await locks.withLock('key', (lock) => lock.renew());
    await handOff(rival, locks);
    expect(await rejection(openLocks(where, { prefix: 'other' }).then((other) => other.acquire('key')))).toBeInstanceOf(
      LockUnavailableError,
    );
  });

  const RULES = [...redisCommands().map((command) => `+${command}`), '~lock:{*', '&nestjs-distributed-lock:*'];

  it('commands beyond those of the scripts are not needed', async () => {
    const redis = await openRedis();
    const where = await asUser(redis, ...RULES);
    const [locks, rival] = [await openLocks(where), await openLocks(where)];
    await handOff(rival, locks);
    await openClient(redis).rpush('lock:{spoilt}', "somebody else's");
    expect(await locks.forceRelease('spoilt')).toBe(true);
    await locks.withLock('spoilt', (lock) => lock.renew());
  });

  it('at out-of-memory a release fails and the key stays locked: not here, with or without a line', async () => {
    const redis = await openRedis();
    const client = openClient(redis);
    const where = await asUser(redis, ...RULES);
    const [locks, rival] = [await openLocks(where), await openLocks(where)];
    const [held, contended] = [await locks.acquire('key'), await locks.acquire('contended')];
    const waiting = rival.acquire('contended');
    await nextEvent(rival, 'waiting');
    await client.config('SET', 'maxmemory', '1');
    await held.release();
    expect(await client.exists('lock:{key}')).toBe(0);
    await contended.release();
    await client.config('SET', 'maxmemory', '0');
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(await rival.inspect('contended')).toMatchObject({ holders: [] });
  });
});
