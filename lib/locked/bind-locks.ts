/**
 * Gives a lock service to objects that Nest did not create, and so could not inject. Locked methods find their service
 * in a property of their object.
 */
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockService } from '../lock.service.js';
import { LOCKED_INSTANCES, readName, serviceProperty } from '../lock.tokens.js';

/**
 * Names of the services that the locked methods of an object need; `undefined` is the service without a name. The
 * object may be of any kind: a proxy may return anything for any property, or throw. An object that can't be read
 * needs no service.
 */
export function neededInstances(object: object): ReadonlySet<string | undefined> {
  let instances: unknown;
  try {
    instances = (object as { [LOCKED_INSTANCES]?: unknown })[LOCKED_INSTANCES];
    if (instances instanceof Set) return instances as Set<string | undefined>;
  } catch {
    // See above.
  }
  return NONE;
}

const NONE: ReadonlySet<string | undefined> = new Set();

/**
 * Gives the `@Locked` methods of an object that was made with `new` their lock service. Objects that Nest creates don't
 * need it; neither do those of `useFactory` and `useValue` providers, once the module is initialised.
 *
 * @param object - the object with the methods.
 * @param locks - the service they use from now on.
 * @param instance - the `instance` option of the methods, where they have one.
 * @returns the object.
 * @throws `LockOptionsError` when an argument is not an object, a service or a name, and for an object that is frozen.
 * @example
 * ```ts
 * const orders = bindLocks(new Orders(), locks);
 * ```
 */
export function bindLocks<T extends object>(object: T, locks: LockService, instance?: string): T {
  if (!isObject(object)) throw new LockOptionsError(messages.option('object', object, 'an object with locked methods'));
  if (!isService(locks)) throw new LockOptionsError(messages.option('locks', locks, 'a LockService'));
  const property = serviceProperty(readName(instance, 'instance'));
  if (!give(object, property, locks)) throw new LockOptionsError(messages.unbindable());
  return object;
}

/** Sets the property. False where the object does not take it: it is frozen, or a proxy that refuses. */
export function give(object: object, property: symbol, value: LockService): boolean {
  try {
    return Reflect.defineProperty(object, property, { value, configurable: true, writable: true });
  } catch {
    return false;
  }
}

/** Also one of another copy of this package, or what stands for one in a test. It may be a proxy that throws. */
function isService(locks: unknown): boolean {
  try {
    return isObject(locks) && typeof (locks as Partial<LockService>).withLock === 'function';
  } catch {
    return false;
  }
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
