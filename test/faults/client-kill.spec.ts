/** Connections that end: the server hangs up on them (CLIENT KILL), or their owner closes them. */
import { Redis } from 'ioredis';
import { LockUnavailableError } from 'nestjs-distributed-lock';
import { atEnd } from './support/cleanup.js';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from './support/locks.js';
import { openClient, openRedis } from './support/servers.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, until, within } from './support/waiting.js';

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
    expect(await rival.inspect('key')).toMatchObject({ holder: null, waiting: [] });
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

describe('a client that its owner closes', () => {
  /** A service on a client that the test owns. */
  async function guest(
    options: Parameters<typeof openLocks>[1] = {},
    clientOptions: { retryStrategy?: () => null } = {},
  ) {
    const redis = await openRedis();
    const client = new Redis(redis.url, { disconnectTimeout: 10, ...clientOptions });
    client.on('error', () => undefined);
    atEnd(() => client.disconnect());
    return { redis, client, locks: await openLocks(client, options), rival: await openLocks(redis) };
  }

  it.each(['quit', 'disconnect'] as const)('by %s while a lock is held: lost in time', async (how) => {
    const { client, locks } = await guest({ ttl: 500 });
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    await client[how]();
    await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
    expect(lock.isHeld).toBe(false);
    expect(only(log, 'lost')).toHaveLength(1);
    expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
  });

  it('under a section: its result reaches the caller, and the failed release is an event', async () => {
    const { client, locks } = await guest();
    const failed = nextEvent(locks, 'failed');
    expect(await locks.withLock('key', () => client.quit())).toBe('OK');
    expect(await failed).toMatchObject({ key: 'key', during: 'release' });
  });

  it('and opens again: the failed release is made up for', async () => {
    const { client, locks, rival } = await guest();
    await locks.withLock('key', () => client.quit());
    expect((await rival.inspect('key')).holder).not.toBeNull();
    await client.connect();
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
    await (await locks.acquire('key')).release();
  });

  it('while somebody waits: the wait ends in time and says why', async () => {
    const { client, locks, rival } = await guest();
    await rival.acquire('key');
    const waiting = rejection(locks.acquire('key', { wait: 2_500 }));
    await nextEvent(locks, 'waiting');
    await client.quit();
    expect(await within(HEARTBEAT_AND_ROOM, waiting)).toBeInstanceOf(LockUnavailableError);
  });

  it('or that never comes back by itself: says so at once, nothing runs', async () => {
    const { client, locks } = await guest({ commandTimeout: 60_000 }, { retryStrategy: () => null });
    const ended = new Promise((resolve) => client.once('end', resolve));
    await openHangUp(client);
    await ended;
    let ran = false;
    const error = await within(HEARTBEAT_AND_ROOM, rejection(locks.withLock('key', () => (ran = true))));
    expect(error).toBeInstanceOf(LockUnavailableError);
    expect(error.message).toContain('closed');
    expect(ran).toBe(false);
  });
});

/** Has the server hang up on a client. */
async function openHangUp(client: Redis): Promise<void> {
  await client.call('CLIENT', 'KILL', 'ID', String(await client.client('ID')), 'SKIPME', 'no').catch(() => undefined);
}
