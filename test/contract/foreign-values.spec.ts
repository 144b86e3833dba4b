/** Something else lies where Redis is to keep a lease: it hurts the requests for that key, and no other of their list. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { recordName } from '../../lib/stores/redis/redis-keys.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { Driver, LONG } from './lock-store.harness.js';

const prefix = `foreign-${randomUUID()}`;
const connection = process.env['REDIS_URL']!;
const KIND = { kind: 'exclusive' } as const;
const REFUSED = { state: 'unknown', error: expect.objectContaining({ message: expect.stringContaining('WRONGTYPE') }) };

describe('a value of another kind in place of a record', () => {
  const client = new Redis(connection, { lazyConnect: true });
  const store = new RedisLockStore({ connection, prefix, commandTimeout: 10_000 });
  const driver = new Driver(store);
  const [spoilt, before, behind] = ['spoilt', 'before', 'behind'];
  const record = recordName(prefix, spoilt);

  beforeAll(async () => {
    await client.connect();
    await store.start();
    await client.lpush(record, "somebody else's");
  });

  afterEach(async () => {
    expect(await client.lrange(record, 0, -1)).toEqual(["somebody else's"]);
  });

  afterAll(async () => {
    await client.del(record);
    await store.stop();
    client.disconnect();
  });

  /** Requests for a good key, the spoilt one, and another good key. */
  function requests(tokens = [driver.token(), driver.token(), driver.token()]) {
    return [before, spoilt, behind].map((key, i) => ({ ...KIND, key, token: tokens[i]!, ttl: LONG }));
  }

  it.each([true, false])('fails the acquire of its key only, with the reason (wait: %s)', async (wait) => {
    const list = requests();
    const answers = await store.acquire(list.map((request) => ({ ...request, wait })));
    expect(answers).toMatchObject([{ state: 'held' }, REFUSED, { state: 'held' }]);
    await store.release(list);
  });

  it('is no lease and no place in line: a touch is answered gone', async () => {
    const list = requests();
    await store.acquire(list.map((request) => ({ ...request, wait: true })));
    expect(await store.touch(list)).toMatchObject([{ state: 'held' }, { state: 'gone' }, { state: 'held' }]);
    await store.release(list);
  });

  it('is nothing that could be released or passed on', async () => {
    const list = requests();
    await store.acquire(list.map((request) => ({ ...request, wait: true })));
    expect(await store.release(list)).toEqual([{ state: 'released' }, { state: 'gone' }, { state: 'released' }]);
    const successor = driver.token();
    expect(await driver.pass(spoilt, list[1]!.token, 1, successor)).toEqual({
      state: 'gone',
      successor: { state: 'gone' },
    });
  });

  it('touches none of what others ask in the same turn', async () => {
    const tokens = [driver.token(), driver.token(), driver.token()];
    const answers = await Promise.all(requests(tokens).map(({ key, token }) => driver.join(key, token)));
    expect(answers).toMatchObject([{ state: 'held' }, REFUSED, { state: 'held' }]);
    await store.release(requests(tokens));
  });
});
