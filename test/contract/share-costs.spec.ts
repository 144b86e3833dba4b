/** What requests for a shared key cost the server in Redis commands: no more with thousands of holders than with a few. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { atMost, Driver, EXCLUSIVE, LONG, READ } from '../../lib/testing/contract/driver.js';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';

const FEW = 3;
const MANY = 3_000;
/** More than any request needs that lets in at most one. */
const MOST = 24;

describe('a request for a shared key', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;
  let driver: Driver;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url);
    driver = new Driver(new RedisLockStore({ connection: server.url, prefix: 'costs', commandTimeout: 10_000 }));
    await driver.store.start();
  });

  afterAll(async () => {
    await driver.store.stop();
    client.disconnect();
    await server.stop();
  });

  /** How many commands the scripts of a request call. */
  async function costOf(request: () => Promise<unknown>): Promise<number> {
    const before = await calls();
    await request();
    return (await calls()) - before;
  }

  async function calls(): Promise<number> {
    const stats = await client.info('commandstats');
    const counts = [...stats.matchAll(/cmdstat_(?!info|evalsha|eval\b)\S+:calls=(\d+)/g)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Readers and permits of a key, half and half. */
  async function crowd(key: string, count: number): Promise<string[]> {
    const tokens = Array.from({ length: count }, () => driver.token());
    const requests = tokens.map((token, i) => ({
      key,
      token,
      ...(i % 2 ? READ : atMost(1_000_000)),
      ttl: LONG,
      wait: false,
    }));
    await driver.store.acquire(requests);
    return tokens;
  }

  async function costs(count: number): Promise<Record<string, number>> {
    const key = `${count} holders`;
    const [first, second] = await crowd(key, count);
    const [newcomer, writer] = [driver.token(), driver.token()];
    // Each longer than those before it, so that what is beside the record has to be kept for longer, which costs most.
    const [again, touched, converted, refused] = [2 * LONG, 3 * LONG, 4 * LONG, 5 * LONG];
    return {
      acquire: await costOf(() => driver.acquire(key, newcomer, LONG, atMost(1_000_000))),
      again: await costOf(() => driver.acquire(key, newcomer, again, atMost(1_000_000))),
      touch: await costOf(() => driver.touch(key, first!, touched)),
      convert: await costOf(() => driver.convert(key, second!, atMost(500_000, 2), { ttl: converted })),
      'convert, in vain': await costOf(() => driver.convert(key, second!, EXCLUSIVE, { ttl: refused })),
      release: await costOf(() => driver.release(key, newcomer)),
      busy: await costOf(() => driver.acquire(key, writer)),
      join: await costOf(() => driver.join(key, writer)),
      'touch of a waiter': await costOf(() => driver.touch(key, writer)),
      'release before a waiter': await costOf(() => driver.release(key, first!)),
    };
  }

  it('costs as many commands with many holders as with few', async () => {
    const few = await costs(FEW);
    expect(await costs(MANY)).toEqual(few);
    for (const cost of Object.values(few)) expect(cost).toBeLessThan(MOST);
  });

  it('takes out those whose leases have ended together, a bounded number of them', async () => {
    const tokens = Array.from({ length: 300 }, () => driver.token());
    const request = { key: 'ended', ...READ, wait: false };
    const alive = driver.token();
    await driver.store.acquire([...tokens, alive].map((token) => ({ ...request, token, ttl: LONG })));
    // Their leases end at once, and that of the last does not.
    const past = tokens.flatMap((token) => ['1', token]);
    await client.zadd('costs:{ended}:ends', 'XX', ...past);
    const holders = async (): Promise<number> => client.zcard('costs:{ended}:ends');
    const cost = await costOf(() => driver.touch('ended', alive));
    expect(cost).toBeLessThan(MOST);
    const left = await holders();
    expect(left).toBeGreaterThan(1);
    for (let requests = 0; requests < 5; requests++) await driver.touch('ended', alive);
    expect(await holders()).toBe(1);
    expect(await driver.holding('ended')).toEqual([alive]);
  });
});
