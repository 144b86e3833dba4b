/** The module that applications import; what it provides is in `distributed-lock.providers.ts`. */
import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { ConfigurableModuleAsyncOptions, DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { checkAsyncOptions } from './distributed-lock.options.js';
import type {
  DistributedLockModuleExtras,
  DistributedLockModuleOptions,
  DistributedLockOptionsFactory,
} from './distributed-lock.options.js';
import { lockProviders } from './distributed-lock.providers.js';
import { printAs } from './inspection.js';
import { serviceToken } from './lock.tokens.js';
import { checkOptionsObject } from './option-names.js';

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
 * instances get a `name`. The application does not start when an option is bad or the store can't be reached.
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
   * @throws `LockOptionsError`, at start-up, for a bad option; `LockUnavailableError` when the store can't be reached.
   */
  static override forRoot(options: DistributedLockModuleOptions & DistributedLockModuleExtras): DynamicModule {
    const problem = problemOf(() => checkOptionsObject(options, 'DistributedLockModule.forRoot()'));
    return problem ? super.forRootAsync(refusing(problem, {})) : super.forRoot(options);
  }

  /**
   * Registers the module with options that a factory, a class or an existing provider makes at start-up. `isGlobal` and
   * `name` stand beside it, not in what it returns.
   *
   * @throws `LockOptionsError`, at start-up, for a bad option; `LockUnavailableError` when the store can't be reached.
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

/**
 * Options of a module that does not start: a bad option fails the start of the application, not the loading of the file
 * in which it is written.
 */
function refusing(problem: unknown, options: DistributedLockModuleExtras | null): DistributedLockModuleAsyncOptions {
  const useFactory = (): never => {
    throw problem;
  };
  return { name: options?.name, isGlobal: options?.isGlobal, useFactory };
}

function addProviders(definition: DynamicModule, extras: DistributedLockModuleExtras): DynamicModule {
  const { isGlobal = true, name } = extras;
  hideOptions(definition);
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), ...lockProviders(MODULE_OPTIONS_TOKEN, extras)],
    exports: [...(definition.exports ?? []), serviceToken(name)],
  };
}

/** Keeps the connection out of what loggers show of the dynamic module, and of what Nest made of it. */
function hideOptions({ providers = [] }: DynamicModule): void {
  for (const provider of providers) {
    if ('useValue' in provider) printAs(provider.useValue as object, 'DistributedLockModuleOptions', {});
  }
}
