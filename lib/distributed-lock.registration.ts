/**
 * What must be right about the module as a whole: its name, one module for each name, and options that belong to the
 * application rather than to a request. It is checked before a store is opened.
 */
import { Inject, Scope } from '@nestjs/common';
import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import type { DistributedLockModuleExtras } from './distributed-lock.options.js';
import { LockOptionsError } from './lock.errors.js';
import { messages } from './lock.messages.js';
import { readBoolean } from './core/settings.js';
import { optionsToken, readName, registrationToken } from './lock.tokens.js';
import { refuseMeetingTemplates } from './locked/locked-templates.js';

/** Rejects with a `LockOptionsError` that says what to do. */
export async function register(
  { name, isGlobal }: DistributedLockModuleExtras,
  discovery: DiscoveryService,
  moduleRef: ModuleRef,
): Promise<void> {
  readName(name);
  readBoolean('isGlobal', isGlobal, true);
  refuseSecond(name, discovery);
  refuseMeetingTemplates(prototypesIn(discovery), name);
  await refuseRequestScope(name, moduleRef);
}

/** Every module of the application is known by now; one that is loaded lazily finds those before it. */
function refuseSecond(name: string | undefined, discovery: DiscoveryService): void {
  const token = registrationToken(name);
  const registered = discovery.getProviders().filter((provider) => provider.token === token);
  if (registered.length > 1) throw new LockOptionsError(messages.secondModule(name));
}

/** The prototypes of the classes that Nest creates, and the objects that were given to Nest. */
function prototypesIn(discovery: DiscoveryService): Set<object> {
  const prototypes = new Set<object>();
  for (const { metatype, instance } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const made = (typeof metatype === 'function' ? metatype.prototype : instance) as unknown;
    if (typeof made === 'object' && made !== null) prototypes.add(made);
  }
  return prototypes;
}

/** Refuses options that are made for each request: each would open a store of its own. */
async function refuseRequestScope(name: string | undefined, moduleRef: ModuleRef): Promise<void> {
  const token = optionsToken(name);
  class Dependent {}
  Inject(token)(Dependent, undefined, 0);
  // Nest knows the scope of a provider once something was made that needs it. A failure of that is reported elsewhere.
  await moduleRef.create(Dependent).catch(() => undefined);
  if (moduleRef.introspect(token).scope !== Scope.REQUEST) return;
  throw new LockOptionsError(messages.requestScopedOptions(name));
}
