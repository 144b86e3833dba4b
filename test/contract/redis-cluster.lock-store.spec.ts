/** The contract of `LockStore`, kept by the store in Redis on a cluster, where the keys of a list lie apart. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import type { LockStoreHarness } from 'nestjs-distributed-lock/testing/contract';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { Driver, EXCLUSIVE, fenceOf, READ } from '../../lib/testing/contract/driver.js';
import { atEnd } from '../support/at-end.js';
import { RedisCluster } from '../support/servers/redis-cluster.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);

afterAll(() => cluster[Symbol.asyncDispose]());

function harness(): LockStoreHarness {
  const [connection, prefix] = [cluster.client(), `contract-${randomUUID()}`];
  return { open: (timing) => new RedisLockStore({ connection, prefix, commandTimeout: 10_000, timing }) };
}

describeLockStore('redis cluster', harness, { describe, it: it.concurrent, acquiresTogether: false });

describe('several keys together, on a cluster', () => {
  async function open(prefix: string): Promise<Driver> {
    const store = new RedisLockStore({ connection: cluster.client(), prefix, commandTimeout: 10_000 });
    atEnd(() => store.stop());
    await store.start();
    return new Driver(store);
  }

  const ask = ({ token }: { token: string }, key: string) => ({ key, token, ...READ, ttl: 60_000, wait: false });

  it('are not taken where they lie apart', async () => {
    const driver = await open(randomUUID());
    const answer = driver.store.acquireTogether!(['a', 'b'].map((key) => ask({ token: driver.token() }, key)));
    expect(answer).toBeUndefined();
  });

  it('are taken where the prefix puts all in one slot', async () => {
    const driver = await open(`{${randomUUID()}}`);
    const requests = ['a', 'b', 'c'].map((key) => ask({ token: driver.token() }, key));
    const answer = await driver.together(requests);
    expect(answer.state).toBe('held');
    expect(fenceOf(await driver.acquire('d', driver.token(), 60_000, EXCLUSIVE))).toBeGreaterThan(0);
    const more = [ask({ token: driver.token() }, 'a'), { ...ask({ token: driver.token() }, 'd'), ...EXCLUSIVE }];
    expect(await driver.together(more)).toMatchObject({ state: 'busy', index: 1 });
    expect(await driver.holding('a')).toEqual([requests[0]!.token]);
  });
});
