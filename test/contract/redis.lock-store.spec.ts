/** The contract of `LockStore`, kept by the store in Redis, on a real server. */
import { randomUUID } from 'node:crypto';
import { setTimeout as passed } from 'node:timers/promises';
import type { LockStore, StoreTiming } from '../../lib/stores/lock-store.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { describeLockStore } from './lock-store.contract.js';

describeLockStore('redis', () => {
  const prefix = `contract-${randomUUID()}`;
  const open = async (timing: Partial<StoreTiming>): Promise<LockStore> => {
    const connection = process.env['REDIS_URL']!;
    const store = new RedisLockStore({ connection, prefix, commandTimeout: 10_000, timing });
    await store.start();
    return store;
  };
  return {
    realTime: true,
    create: open,
    createPeer: (_store, timing) => open(timing),
    dispose: (store) => store.stop(),
    // Leases end by the server's clock: there is nothing to wait for but time itself.
    advance: (ms) => passed(ms),
  };
});
