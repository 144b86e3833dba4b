/** The contract of `LockStore`, kept by the store in Redis, on a real server. */
import { randomUUID } from 'node:crypto';
import { describe, it } from '@jest/globals';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import type { LockStoreHarness } from 'nestjs-distributed-lock/testing/contract';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { describeOwnStore } from './own-stores.cases.js';

function harness(): LockStoreHarness {
  const connection = process.env['REDIS_URL']!;
  const prefix = `contract-${randomUUID()}`;
  // Leases end by the server's clock: there is nothing to wait for but time itself.
  return { open: (timing) => new RedisLockStore({ connection, prefix, commandTimeout: 10_000, timing }) };
}

describeLockStore('redis', harness, { describe, it: it.concurrent });
describeOwnStore('redis', harness);
