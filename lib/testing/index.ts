/**
 * For users' unit tests, without a server: real locks that really exclude, and a lock service that excludes nobody.
 */
import type { DynamicModule } from '@nestjs/common';
import { DistributedLockModule, getLockStoreToken, MemoryLockStore } from '../index.js';
import type { DistributedLockModuleExtras, DistributedLockModuleOptions, LockDefaults } from '../index.js';

export { PassThroughLockService } from './pass-through.lock-service.js';

/**
 * A `DistributedLockModule` with a memory store of its own, for testing modules that import only what they test. Locks
 * exclude, expire and re-enter as in production; every module has keys of its own, so tests can't disturb each other.
 * A test that forgets to release a lock closes its module after a second, not after ten. Time is read from `performance.now()` and `setTimeout` only, so fake timers move it.
 *
 * @example
 * ```ts
 * const moduleRef = await Test.createTestingModule({
 *   imports: [LockTestingModule.forRoot()],
 *   providers: [Orders],
 * }).compile();
 * ```
 */
export class LockTestingModule {
  /** @param options - the defaults of the module under test, its `lockOrder`, `name` and `isGlobal`. */
  static forRoot(
    options: LockDefaults & Pick<DistributedLockModuleOptions, 'lockOrder'> & DistributedLockModuleExtras = {},
  ): DynamicModule {
    // forRoot() refuses what is not an object.
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      return DistributedLockModule.forRoot(options);
    }
    const { name, isGlobal, ...defaults } = options;
    // A factory, because one description may be started by several tests, and each start ends with a stop.
    const useFactory = (): DistributedLockModuleOptions => ({
      shutdownGrace: '1s',
      ...defaults,
      store: new MemoryLockStore(),
    });
    return DistributedLockModule.forRootAsync({ name, isGlobal, useFactory });
  }
}

/** The part of `TestingModuleBuilder` that {@link useMemoryLocks} needs. */
export interface OverridableBuilder<Builder> {
  overrideProvider(token: symbol): { useValue(value: unknown): Builder };
}

/**
 * Swaps the store of an application's own `DistributedLockModule` for one in memory, so that it starts without Redis.
 *
 * @param builder - what `Test.createTestingModule` returned.
 * @param name - the name of the instance, where it has one.
 * @example
 * ```ts
 * const moduleRef = await useMemoryLocks(Test.createTestingModule({ imports: [AppModule] })).compile();
 * ```
 */
export function useMemoryLocks<Builder>(builder: OverridableBuilder<Builder>, name?: string): Builder {
  return builder.overrideProvider(getLockStoreToken(name)).useValue(new MemoryLockStore());
}
