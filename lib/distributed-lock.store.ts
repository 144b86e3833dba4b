/** Makes the store that the options ask for, and starts it. */
import { Logger } from '@nestjs/common';
import { readModuleOptions } from './distributed-lock.options.js';
import type { DistributedLockModuleOptions } from './distributed-lock.options.js';
import { LockOptionsError } from './lock.errors.js';
import { messages } from './lock.messages.js';
import { warnOfCopies } from './package-copies.js';
import type { LockStore } from './stores/lock-store.js';
import { MemoryLeases } from './stores/memory/memory-leases.js';
import { MemoryLockStore } from './stores/memory/memory-lock-store.js';
import { RedisLockStore } from './stores/redis/redis.lock-store.js';

/** What `connection: 'memory'` means: all applications of this process exclude each other. */
const processLeases = new MemoryLeases();

/** Rejects, and leaves nothing open, when the options are bad or the store can't be reached. */
export async function createStore(options: DistributedLockModuleOptions): Promise<LockStore> {
  warnOfCopies((message) => new Logger('DistributedLockModule').warn(message));
  const store = describeStore(options);
  try {
    await store.start();
  } catch (error) {
    await store.stop();
    throw error;
  }
  return store;
}

function describeStore(options: DistributedLockModuleOptions): LockStore {
  const { prefix, commandTimeout } = readModuleOptions(options);
  const { connection, store } = options;
  if (store) return store;
  if (connection === undefined) throw new LockOptionsError(messages.noConnection());
  const logger = new Logger('DistributedLockModule');
  const warn = (message: string): void => logger.warn(message);
  if (connection !== 'memory') return new RedisLockStore({ connection, prefix, commandTimeout, warn });
  warn(messages.memoryStore());
  return new MemoryLockStore(processLeases);
}
