/**
 * Names under which things are found: the injection token of each named service, and the property through which a locked
 * method finds its service. `Symbol.for` keeps them equal across the ESM and the CommonJS build.
 */
import { Inject } from '@nestjs/common';
import { LockService } from './lock.service.js';

const NAMESPACE = 'nestjs-distributed-lock';

/** The injection token of a lock service; `LockService` itself for the one without a name. */
export function getLockServiceToken(name?: string): typeof LockService | symbol {
  return name === undefined ? LockService : Symbol.for(`${NAMESPACE}:service:${name}`);
}

/**
 * The injection token of the store behind a lock service, for `overrideProvider` in tests.
 */
export function getLockStoreToken(name?: string): symbol {
  return Symbol.for(`${NAMESPACE}:store:${name ?? ''}`);
}

/**
 * Injects a lock service by the name it was given in `forRoot({ name })`.
 *
 * @example
 * ```ts
 * constructor(@InjectLockService('billing') private readonly locks: LockService) {}
 * ```
 */
export function InjectLockService(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getLockServiceToken(name));
}

/** The property that holds the lock service of objects with locked methods. */
export function serviceProperty(name?: string): symbol {
  return Symbol.for(`${NAMESPACE}:locks:${name ?? ''}`);
}

/** Marks prototypes that have locked methods, with the names of the services they need. */
export const LOCKED_INSTANCES = Symbol.for(`${NAMESPACE}:instances`);
