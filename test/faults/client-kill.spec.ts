/** Connections that end: the server hangs up on them (CLIENT KILL), or their owner closes them. */
import { Redis } from 'ioredis';
import { atEnd } from '../support/at-end.js';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';
import { isFree, keyBecomes, nextEvent, until, within } from '../support/waiting.js';

/** Ends all connections of a kind but the one that asks; answers how many there were. */
async function hangUp(client: Redis, kind: 'normal' | 'pubsub'): Promise<number> {
  return Number(await client.call('CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes'));
}

async function subscribers(client: Redis): Promise<number> {
  const list = String(await client.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  return list.split('\n').filter((line) => line.includes(' sub=1 ')).length;
}

async function scene(options: Parameters<typeof openLocks>[1] = {}) {
  const redis = await openRedis();
  return { redis, client: openClient(redis), locks: await openLocks(redis, options), rival: await openLocks(redis) };
}

describe('CLIENT KILL', () => {
  it.each(['normal', 'pubsub'] as const)('of a %s connection while somebody waits: handed off', async (kind) => {
    const { client, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await until(async () => (await subscribers(client)) === 1);
    expect(await hangUp(client, kind)).toBeGreaterThan(0);
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(await rival.inspect('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('of every connection, between the grant and its message', async () => {
    const { client, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await until(async () => (await subscribers(client)) === 1);
    await Promise.all([held.release(), hangUp(client, 'pubsub'), hangUp(client, 'normal')]);
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });

  it('of the subscriber: it subscribes again, so that the next hand-off is heard at once', async () => {
    const { client, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await until(async () => (await subscribers(client)) === 1);
    await hangUp(client, 'pubsub');
    await until(async () => (await subscribers(client)) === 1);
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });

  it('one transient error ends renewal for good: not of the connection of a holder', async () => {
    const { client, locks } = await scene({ ttl: 3_000 });
    const lock = await locks.acquire('key');
    for (let round = 0; round < 3; round++) {
      await hangUp(client, 'normal');
      await nextEvent(locks, 'renewed');
    }
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  it('again and again, while several contend: everybody is alone, in turn, and loses no result', async () => {
    const { redis, client, locks, rival } = await scene();
    const services = [locks, rival, await openLocks(redis)];
    let [inside, contending] = [0, true];
    const kills = (async () => {
      while (contending) {
        await hangUp(client, 'normal');
        await hangUp(client, 'pubsub');
        await until(async () => String(await client.call('CLIENT', 'LIST')).split('\n').length > services.length);
      }
    })();
    const section = async (): Promise<string> => {
      expect((inside += 1)).toBe(1);
      await client.ping();
      inside -= 1;
      return 'done';
    };
    const rounds = services.map(async (service) => {
      for (let round = 0; round < 4; round++) expect(await service.withLock('key', section)).toBe('done');
    });
    await Promise.all(rounds).finally(() => (contending = false));
    await kills;
    await keyBecomes(locks, 'key', isFree);
  }, 60_000);
});

describe('a client that its owner closes is a template, and no more', () => {
  /** A service that was given a client which the test owns. */
  async function guest(options: Parameters<typeof openLocks>[1] = {}) {
    const redis = await openRedis();
    const client = openClient(redis);
    return { client, locks: await openLocks(client, options), rival: await openLocks(redis) };
  }

  it.each(['quit', 'disconnect'] as const)('by %s while a lock is held: it is renewed, and given back', async (how) => {
    const { client, locks, rival } = await guest({ ttl: 500 });
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    await client[how]();
    for (let i = 0; i < 3; i++) await nextEvent(locks, 'renewed');
    await lock.release();
    expect(isFree(await rival.inspect('key'))).toBe(true);
    expect(only(log, 'failed')).toEqual([]);
  });

  it('under a section: the key is free when its result is there', async () => {
    const { client, locks, rival } = await guest();
    expect(await locks.withLock('key', () => client.quit())).toBe('OK');
    expect(isFree(await rival.inspect('key'))).toBe(true);
  });

  it('while somebody waits: the turn comes', async () => {
    const { client, locks, rival } = await guest();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await client.quit();
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });

  it.each([{ retryStrategy: () => null }, { reconnectOnError: () => true, retryStrategy: null }])(
    'and that would never come back by itself: locks do (%#)',
    async (options) => {
      const redis = await openRedis();
      const client = new Redis(redis.url, { ...options, disconnectTimeout: 10 } as object);
      atEnd(() => client.disconnect());
      const locks = await openLocks(client);
      await hangUp(openClient(redis), 'normal');
      await locks.withLock('key', () => undefined);
    },
  );
});
