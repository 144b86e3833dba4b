/** Several keys taken in one step of a real server: what is refused or repeated there. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { AcquireRequest } from '../../lib/stores/lock-store.js';
import { recordName } from '../../lib/stores/redis/redis-keys.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { Driver, EXCLUSIVE, LONG, READ } from '../../lib/testing/contract/driver.js';
import { atEnd } from '../support/at-end.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';

const prefix = `together-${randomUUID()}`;
let client: Redis;
let driver: Driver;
let keys: [string, string, string];

beforeAll(async () => {
  client = new Redis(process.env['REDIS_URL']!, { lazyConnect: true });
  await client.connect();
  driver = open(process.env['REDIS_URL']!);
  await driver.store.start();
});

beforeEach(() => {
  keys = [randomUUID(), randomUUID(), randomUUID()];
});

afterAll(async () => {
  await driver.store.stop();
  client.disconnect();
});

function open(connection: string): Driver {
  return new Driver(new RedisLockStore({ connection, prefix, commandTimeout: 10_000 }));
}

function ask(key: string, share = EXCLUSIVE as AcquireRequest | typeof EXCLUSIVE | typeof READ): AcquireRequest {
  return { key, token: driver.token(), limit: share.limit, weight: share.weight, ttl: LONG, wait: false };
}

describe('several keys together', () => {
  it('are none where something that is no lock lies at one of them, which is named', async () => {
    await client.set(recordName(prefix, keys[1]), 'nonsense');
    const asked = driver.together(keys.map((key) => ask(key)));
    await expect(asked).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: keys[1] });
    for (const key of keys) expect(await driver.holding(key)).toEqual([]);
  });

  it('are given back where one is refused that seemed free, but for those that were held before', async () => {
    await client.set(`${recordName(prefix, keys[2])}:ends`, 'nonsense');
    const requests = keys.map((key) => ask(key, READ));
    await driver.store.acquire([requests[0]!]);
    await expect(driver.together(requests)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: keys[2] });
    expect(await driver.holding(keys[0])).toEqual([requests[0]!.token]);
    expect(await driver.holding(keys[1])).toEqual([]);
    expect(await driver.acquire(keys[1], driver.token())).toMatchObject({ state: 'held' });
  });

  it('are taken from a server that does not know the script', async () => {
    const own = await openRedis();
    const other = open(own.url);
    atEnd(() => other.store.stop());
    await other.store.start();
    expect(await other.together(keys.map((key) => ask(key)))).toMatchObject({ state: 'held' });
  });

  it('are as many as one script may take', async () => {
    const many = Array.from({ length: 64 }, () => ask(randomUUID()));
    expect(await driver.together(many)).toMatchObject({ state: 'held' });
    expect(driver.store.acquireTogether!([...many, ask(keys[0])])).toBeUndefined();
    expect(await driver.together([])).toEqual({ state: 'held', fencingTokens: [] });
  });

  it('leave no place in a queue, and wake nobody who waits', async () => {
    const { holder, waiting } = await driver.queue(keys[0], 1);
    const [newcomer, other] = [ask(keys[1]), ask(keys[0], READ)];
    expect(await driver.together([newcomer, other])).toMatchObject({ state: 'busy', index: 1 });
    expect(await driver.inspect(keys[0])).toMatchObject({ holders: [{ token: holder }], waiting });
    expect(await driver.inspect(keys[1])).toMatchObject({ holders: [], lastFencingToken: null });
  });

  it('are not known to be free or taken where the request was sent twice, and the answer was that one is busy', async () => {
    const own = await openRedis();
    const proxy = await openProxy(own);
    const [other, rival] = [open(proxy.url), open(own.url)];
    for (const { store } of [other, rival]) atEnd(() => store.stop());
    await other.store.start();
    await rival.acquire(keys[1], rival.token());
    proxy.once(requestOf('acquire'), 'cut-reply');
    const requests = keys.map((key) => ask(key));
    await expect(other.together(requests)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    const released = await other.store.release(requests);
    expect(released.every(({ isInDoubt }) => isInDoubt)).toBe(true);
  });
});
