/**
 * Composition: options → store → engine → service, and their lifecycle. Nothing else in the library knows Nest's
 * container, or which stores there are.
 */
import { Logger } from '@nestjs/common';
import type { InjectionToken, Provider } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { LockEngine } from './core/engine.js';
import type { LeaseWatcher } from './core/lease/lease-watch.js';
import { readModuleOptions } from './distributed-lock.options.js';
import type { DistributedLockModuleExtras, DistributedLockModuleOptions } from './distributed-lock.options.js';
import type { ThreadPort } from './heartbeat-thread/heartbeat-thread.js';
import { register } from './distributed-lock.registration.js';
import { isLockError, LockOptionsError } from './lock.errors.js';
import { LockLifecycle } from './lock.lifecycle.js';
import { messages } from './lock.messages.js';
import { LockService } from './lock.service.js';
import { optionsToken, registrationToken, serviceToken, storeToken } from './lock.tokens.js';
import { LockedExplorer } from './locked/locked.explorer.js';
import { warnOfCopies } from './package-copies.js';
import { CheckedStore } from './stores/checked-store.js';
import type { LockStore } from './stores/lock-store.js';
import { MemoryLeases } from './stores/memory/memory-leases.js';
import { MemoryLockStore } from './stores/memory/memory.lock-store.js';
import { copyConnection } from './stores/redis/connection-copy.js';
import { RedisLockStore } from './stores/redis/redis.lock-store.js';

/** The leases of `connection: 'memory'`, by which all applications of this process exclude each other. */
const processLeases = new MemoryLeases();

const logger = new Logger('DistributedLockModule');

/** The providers of one instance of the module, whose options have the token `options`. */
export function lockProviders(options: InjectionToken, extras: DistributedLockModuleExtras): Provider[] {
  const { name } = extras;
  const registration = registrationToken(name);
  const [service, store] = [serviceToken(name), storeToken(name)];
  return [
    {
      provide: registration,
      useFactory: (discovery: DiscoveryService, module: ModuleRef) => register(extras, discovery, module),
      inject: [DiscoveryService, ModuleRef],
    },
    { provide: optionsToken(name), useExisting: options },
    { provide: store, useFactory: createStore, inject: [options, registration] },
    {
      provide: LockEngine,
      useFactory: async (given: DistributedLockModuleOptions, made: LockStore) =>
        createEngine(given, made, await createWatcher(given), name),
      inject: [options, store],
    },
    { provide: service, useFactory: (engine: LockEngine) => new LockService(engine), inject: [LockEngine] },
    { provide: LockLifecycle, useFactory: (engine: LockEngine) => new LockLifecycle(engine), inject: [LockEngine] },
    {
      provide: LockedExplorer,
      useFactory: (discovery: DiscoveryService, locks: LockService) => new LockedExplorer(discovery, locks, name),
      inject: [DiscoveryService, service],
    },
  ];
}

/** Rejects, and leaves nothing open, when the options are bad or the store can't be reached, unless that is not required. */
async function createStore(options: DistributedLockModuleOptions): Promise<LockStore> {
  warnOfCopies((message) => logger.warn(message));
  const store = chooseStore(options);
  const { requireConnection } = readModuleOptions(options);
  try {
    await store.start();
  } catch (error) {
    if (!requireConnection && isLockError(error, 'LOCK_UNAVAILABLE')) {
      logger.warn(messages.startedWithout(error.message));
      return store;
    }
    await store.stop();
    throw error;
  }
  return store;
}

function chooseStore(options: DistributedLockModuleOptions): LockStore {
  const { prefix, commandTimeout } = readModuleOptions(options);
  const { connection, store } = options;
  if (store) return store;
  if (connection === undefined) {
    const said = 'connection' in options ? messages.undefinedConnection() : messages.noConnection();
    throw new LockOptionsError(said);
  }
  const warn = (message: string): void => logger.warn(message);
  if (connection !== 'memory') return new RedisLockStore({ connection, prefix, commandTimeout, warn });
  warn(messages.memoryStore());
  return new MemoryLockStore(processLeases);
}

/** What renews leases in a thread of its own, for those who want that; a warning says why there is none. */
async function createWatcher(options: DistributedLockModuleOptions): Promise<LeaseWatcher | undefined> {
  const { heartbeat, prefix, commandTimeout } = readModuleOptions(options);
  if (heartbeat === 'main') return undefined;
  const { connection, store } = options;
  const warn = (message: string): void => logger.warn(message);
  const without = (message: string): undefined => warn(message) as undefined;
  if (store) return without(messages.threadOfOwnStore());
  if (connection === undefined || connection === 'memory') return without(messages.threadOfMemory());
  const copied = copyConnection(connection);
  if ('hindrance' in copied) return without(messages.threadOfConnection(copied.hindrance));
  const { startThread, threadProgram } = await import('./heartbeat-thread/own-thread.js');
  const program = threadProgram();
  if (program === undefined) return without(messages.threadWithoutProgram());
  const { ThreadWatcher } = await import('./heartbeat-thread/thread-watcher.js');
  const start = (): ThreadPort => startThread(program);
  const watcher = new ThreadWatcher({ store: { connection: copied.copy, prefix, commandTimeout }, start, warn });
  await watcher.start();
  return watcher;
}

function createEngine(
  options: DistributedLockModuleOptions,
  store: LockStore,
  watcher: LeaseWatcher | undefined,
  name: string | undefined,
): LockEngine {
  const {
    logger: isLogging,
    application,
    settings,
    commandTimeout,
    shutdownGrace,
    handOff,
    maxKeyBytes,
    lockOrder,
  } = readModuleOptions(options);
  // Our own stores check what they read themselves, at no cost to a lock.
  const isOwn = store instanceof RedisLockStore || store instanceof MemoryLockStore;
  return new LockEngine({
    store: isOwn ? store : new CheckedStore(store, commandTimeout),
    defaults: settings,
    instance: name,
    application,
    say: isLogging ? (level, message) => logger[level](message) : undefined,
    shutdownGrace,
    handOff,
    maxKeyBytes,
    lockOrder,
    watcher,
    warn: (message) => logger.warn(message),
    log: (error) =>
      logger.error('A listener of events$ or of a leadership failed', (error as Error | null)?.stack ?? error),
  });
}
