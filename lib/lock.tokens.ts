/**
 * Names under which things are found: the injection token of each named service, and the property through which a
 * locked method finds its service. `Symbol.for` keeps them equal across the ESM and the CommonJS build.
 */
import { Inject } from '@nestjs/common';
import { LockOptionsError } from './lock.errors.js';
import { messages } from './lock.messages.js';
import { LockService } from './lock.service.js';

const NAMESPACE = 'nestjs-distributed-lock';

/**
 * The injection token of a lock service; `LockService` itself for the one without a name.
 *
 * @throws `LockOptionsError` for a name that no module can have.
 */
export function getLockServiceToken(name?: string): typeof LockService | symbol {
  return serviceToken(readName(name));
}

/**
 * The injection token of the store behind a lock service, for `overrideProvider` in tests.
 *
 * @throws `LockOptionsError` for a name that no module can have.
 */
export function getLockStoreToken(name?: string): symbol {
  return storeToken(readName(name));
}

/**
 * Injects a lock service by the name it was given in `forRoot({ name })`.
 *
 * @example
 * ```ts
 * constructor(@InjectLockService('billing') private readonly locks: LockService) {}
 * ```
 * @throws `LockOptionsError` for a name that no module can have.
 */
export function InjectLockService(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getLockServiceToken(name));
}

/** The name of a module instance; throws a `LockOptionsError` for what can't be one. */
export function readName(name: string | undefined, option = 'name'): string | undefined {
  if (name === undefined || (typeof name === 'string' && name !== '')) return name;
  throw new LockOptionsError(messages.option(option, name, 'a string that is not empty, or nothing'));
}

/** As {@link getLockServiceToken}, for a name that was not checked. Nest prints it when the module is missing. */
export function serviceToken(name: string | undefined): typeof LockService | symbol {
  return name === undefined ? LockService : Symbol.for(`LockService${named(name)}: ${importIt(name)}`);
}

/** As {@link getLockStoreToken}, for a name that was not checked. */
export function storeToken(name: string | undefined): symbol {
  return Symbol.for(`LockStore${named(name)}: ${importIt(name)}`);
}

/** Marks the module of an instance, in whichever copy of this package it was made. */
export function registrationToken(name: string | undefined): symbol {
  return Symbol.for(`${NAMESPACE}:registration${named(name)}`);
}

/** The options of an instance as they were given, under a token that no other instance has. */
export function optionsToken(name: string | undefined): symbol {
  return Symbol.for(`${NAMESPACE}:options${named(name)}`);
}

/** The property that holds the lock service of objects with locked methods. Nest prints it when the module is missing. */
export function serviceProperty(name?: string): symbol {
  return Symbol.for(`LockService${named(name)} for @Locked methods: ${importIt(name)}`);
}

/** Marks prototypes that have locked methods, with the names of the services they need. */
export const LOCKED_INSTANCES = Symbol.for(`${NAMESPACE}:instances`);

/** Marks the same prototypes with the templates of their methods. */
export const LOCKED_TEMPLATES = Symbol.for(`${NAMESPACE}:templates`);

function named(name: string | undefined): string {
  return name === undefined ? '' : ` named ${JSON.stringify(name)}`;
}

function importIt(name: string | undefined): string {
  const options = name === undefined ? '…' : `{ name: ${JSON.stringify(name)}, … }`;
  return `import DistributedLockModule.forRoot(${options}) in the root module`;
}
