/**
 * Composition: options → store → engine → service, and their lifecycle. Nothing else in the library knows Nest's
 * container.
 */
import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { ConfigurableModuleAsyncOptions, DynamicModule, Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { createStore } from './distributed-lock.store.js';
import { checkAsyncOptions, readModuleOptions } from './distributed-lock.options.js';
import type {
  DistributedLockModuleExtras,
  DistributedLockModuleOptions,
  DistributedLockOptionsFactory,
} from './distributed-lock.options.js';
import { register } from './distributed-lock.registration.js';
import { printAs } from './inspection.js';
import { LockEngine } from './lock.engine.js';
import { LockLifecycle } from './lock.lifecycle.js';
import { LockService } from './lock.service.js';
import { optionsToken, registrationToken, serviceToken, storeToken } from './lock.tokens.js';
import { checkOptionsObject } from './option-names.js';
import { LockedExplorer } from './locked/locked.explorer.js';
import { checked } from './stores/checked-store.js';
import type { LockStore } from './stores/lock-store.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<DistributedLockModuleOptions>({
  moduleName: 'DistributedLock',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createLockOptions')
  .setExtras<DistributedLockModuleExtras>({ isGlobal: true, name: undefined }, addProviders)
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
 * \@Module({ imports: [DistributedLockModule.forRoot({ connection: 'redis://localhost:6379', ttl: '30s', wait: '10s' })] })
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
    const problem = problemOf(() => checkOptionsObject(options, 'DistributedLockModule.forRoot()'));
    return problem ? super.forRootAsync(refusing(problem, {})) : super.forRoot(options);
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
    const problem = problemOf(() => checkAsyncOptions(options));
    return super.forRootAsync(problem ? refusing(problem, options) : options);
  }
}

function problemOf(check: () => void): unknown {
  try {
    check();
    return undefined;
  } catch (problem) {
    return problem;
  }
}

/** Options of a module that does not start: whatever is wrong with options is told there, not where they are written. */
function refusing(problem: unknown, options: DistributedLockModuleExtras | null): DistributedLockModuleAsyncOptions {
  const useFactory = (): never => {
    throw problem;
  };
  return { name: options?.name, isGlobal: options?.isGlobal, useFactory };
}

function addProviders(definition: DynamicModule, extras: DistributedLockModuleExtras): DynamicModule {
  const { isGlobal = true, name } = extras;
  const registration = registrationToken(name);
  const [service, store] = [serviceToken(name), storeToken(name)];
  const providers: Provider[] = [
    {
      provide: registration,
      useFactory: (discovery: DiscoveryService, module: ModuleRef) => register(extras, discovery, module),
      inject: [DiscoveryService, ModuleRef],
    },
    { provide: optionsToken(name), useExisting: MODULE_OPTIONS_TOKEN },
    {
      provide: store,
      useFactory: (options: DistributedLockModuleOptions) => createStore(options),
      inject: [MODULE_OPTIONS_TOKEN, registration],
    },
    {
      provide: LockEngine,
      useFactory: (options: DistributedLockModuleOptions, store: LockStore) => {
        const { settings, commandTimeout, shutdownGrace, handOff, maxKeyBytes } = readModuleOptions(options);
        return new LockEngine(checked(store, commandTimeout), settings, shutdownGrace, handOff, maxKeyBytes);
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
  hideOptions(definition);
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), ...providers],
    exports: [...(definition.exports ?? []), service],
  };
}

/** Who logs a dynamic module, or what Nest made of it, does not see the connection. */
function hideOptions({ providers = [] }: DynamicModule): void {
  for (const provider of providers) {
    if ('useValue' in provider) printAs(provider.useValue as object, 'DistributedLockModuleOptions', {});
  }
}
