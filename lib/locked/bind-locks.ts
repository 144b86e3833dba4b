/**
 * The way in for objects that Nest did not create, and so could not inject: locked methods find their service in a
 * property.
 */
import type { LockService } from '../lock.service.js';
import { LOCKED_INSTANCES, serviceProperty } from '../lock.tokens.js';

/** Names of the services that the locked methods of an object need; `undefined` is the one without a name. */
export function neededInstances(object: object): ReadonlySet<string | undefined> {
  const instances = (object as { [LOCKED_INSTANCES]?: unknown })[LOCKED_INSTANCES];
  // Some objects answer anything to anybody.
  return instances instanceof Set ? (instances as Set<string | undefined>) : new Set();
}

/**
 * Gives the `@Locked` methods of an object that was made with `new` their lock service. Objects that Nest creates don't
 * need it; neither do those of `useFactory` and `useValue` providers, once the module is initialised.
 *
 * @param object - the object with the methods.
 * @param locks - the service they use from now on.
 * @param instance - the `instance` option of the methods, where they have one.
 * @returns the object.
 * @example
 * ```ts
 * const orders = bindLocks(new Orders(), locks);
 * ```
 */
export function bindLocks<T extends object>(object: T, locks: LockService, instance?: string): T {
  Object.defineProperty(object, serviceProperty(instance), { value: locks, configurable: true, writable: true });
  return object;
}
