/**
 * Composition: options → store → engine → service, and their lifecycle. Nothing else in the library knows Nest's
 * container.
 */
import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { ConfigurableModuleAsyncOptions, DynamicModule, Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { createStore } from './distributed-lock.store.js';
import { readModuleOptions } from './distributed-lock.options.js';
import type {
  DistributedLockModuleExtras,
  DistributedLockModuleOptions,
  DistributedLockOptionsFactory,
} from './distributed-lock.options.js';
import { LockEngine } from './lock.engine.js';
import { LockLifecycle } from './lock.lifecycle.js';
import { LockService } from './lock.service.js';
import { getLockServiceToken, getLockStoreToken } from './lock.tokens.js';
import { LockedExplorer } from './locked/locked.explorer.js';
import type { LockStore } from './stores/lock-store.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<DistributedLockModuleOptions>({
  moduleName: 'DistributedLock',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createLockOptions')
  .setExtras<DistributedLockModuleExtras>({}, addProviders)
  .build();

/** Options of {@link DistributedLockModule.forRootAsync}: `useFactory` with `inject`, `useClass` or `useExisting`. */
export type DistributedLockModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  DistributedLockModuleOptions,
  keyof DistributedLockOptionsFactory
> &
  DistributedLockModuleExtras;

/**
 * Provides the `LockService` and makes `@Locked` work. Import it once, at the root of the application; further
 * instances get a `name`. The application does not start when an option is bad or Redis can't be reached.
 *
 * @example
 * ```ts
 * @Module({ imports: [DistributedLockModule.forRoot({ connection: 'redis://localhost:6379', ttl: '30s', wait: '10s' })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class DistributedLockModule extends ConfigurableModuleClass {
  /**
   * Registers the module with options that are known when it is imported.
   *
   * @throws `LockOptionsError`, at start-up, for a bad option; `LockUnavailableError` when Redis can't be reached.
   */
  static override forRoot(options: DistributedLockModuleOptions & DistributedLockModuleExtras): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Registers the module with options that a factory, a class or an existing provider makes at start-up. `isGlobal` and
   * `name` stand beside it, not in what it returns.
   *
   * @example
   * ```ts
   * DistributedLockModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ connection: config.getOrThrow<string>('REDIS_URL') }),
   * });
   * ```
   */
  static override forRootAsync(options: DistributedLockModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

function addProviders(
  definition: DynamicModule,
  { isGlobal = true, name }: DistributedLockModuleExtras,
): DynamicModule {
  const service = getLockServiceToken(name);
  const store = getLockStoreToken(name);
  const providers: Provider[] = [
    {
      provide: store,
      useFactory: (options: DistributedLockModuleOptions) => createStore(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    {
      provide: LockEngine,
      useFactory: (options: DistributedLockModuleOptions, store: LockStore) => {
        const { settings, shutdownGrace, handOff } = readModuleOptions(options);
        return new LockEngine(store, settings, shutdownGrace, handOff);
      },
      inject: [MODULE_OPTIONS_TOKEN, store],
    },
    { provide: service, useFactory: (engine: LockEngine) => new LockService(engine), inject: [LockEngine] },
    { provide: LockLifecycle, useFactory: (engine: LockEngine) => new LockLifecycle(engine), inject: [LockEngine] },
    {
      provide: LockedExplorer,
      useFactory: (discovery: DiscoveryService, locks: LockService) => new LockedExplorer(discovery, locks, name),
      inject: [DiscoveryService, service],
    },
  ];
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), ...providers],
    exports: [...(definition.exports ?? []), service],
  };
}
