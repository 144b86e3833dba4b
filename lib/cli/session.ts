/**
 * A look at the locks of a Redis: opens a store of its own, and closes it whatever happens. It holds no lock and waits for
 * none, so it writes no record of its own process either.
 */
import { DEFAULT_SETTINGS } from '../core/settings.js';
import { LockEngine } from '../core/engine.js';
import type { Operator } from '../core/operations/operator.js';
import { RedisLockStore } from '../stores/redis/redis.lock-store.js';
import type { Target } from './connection.js';

/** Does something with the locks. Rejects as it does, and with a `LockUnavailableError` where Redis can't be asked. */
export async function withOperator<Result>(
  { connection, prefix, timeout }: Target,
  work: (operator: Operator) => Promise<Result>,
): Promise<Result> {
  const store = new RedisLockStore({ connection, prefix, commandTimeout: timeout });
  const engine = new LockEngine({
    store,
    defaults: DEFAULT_SETTINGS,
    shutdownGrace: 0,
    log: () => undefined,
    warn: () => undefined,
  });
  try {
    await store.start();
    return await work(engine.operator);
  } finally {
    await engine.close();
  }
}
