/**
 * `@Locked`: puts a lock around a method. The method is replaced by a proxy of itself, so it keeps its name, length and
 * properties, and every reflect-metadata key is copied, so it does not matter which decorators stand above or below. The
 * lock service comes by property injection, per object and per application; there is no global registry.
 */
import 'reflect-metadata';
import { Inject } from '@nestjs/common';
import type { LockedReturns, LockMode, OnBusy, WithLockOptions } from '../acquire.options.js';
import { LONGEST_LABEL } from '../core/settings.js';
import { isLockError, LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockService } from '../lock.service.js';
import { getLockServiceToken, LOCKED_INSTANCES, serviceProperty } from '../lock.tokens.js';
import { neededInstances } from './bind-locks.js';
import { compileKey } from './key-template.js';
import type { KeySpec } from './key-template.types.js';
import { lockAsyncGenerator } from './locked-async-generator.js';
import type { LockedCall } from './locked-call.js';
import { lockObservable } from './locked-observable.js';
import { lockPromise } from './locked-promise.js';
import { noteTemplates } from './locked-templates.js';
import { decoratedMethod, nameOf, refuseBare } from './locked.place.js';
import type { Method } from './locked.place.js';
import { readLockedOptions } from './locked.settings.js';
import type { LockedSettings } from './locked.settings.js';
import type { LockedOptions, LockedSignal, LockedUnless, OfCall } from './locked.options.js';
import type { LockedDecorator } from './locked.types.js';

/**
 * Runs a method under a lock: waits for it, renews it while the method runs, and releases it afterwards. It works on any
 * provider or controller; on a method that returns a promise (the lock is held until it settles), an `Observable` (from
 * each subscription to its end) or an async generator (from the first `next()` to its end).
 *
 * @param key - a template (`'order:<0>'`, `'account:<0.id>'`), several templates, or a function of the arguments. A
 * placeholder that does not exist or cannot name a lock is a compile error where the compiler can know, and otherwise a
 * `LockKeyError` of the call.
 * @param options - what differs from the module's defaults.
 * @throws `LockKeyError`, `LockOptionsError` when the class is defined, for a malformed template or a bad option.
 * @example
 * ```ts
 * \@Locked('order:<0>')
 * async ship(id: string) { … }
 *
 * \@Locked('account:<0.id>', { ttl: '5s', wait: 0, onBusy: 'skip' })
 * async settle(account: Account) { … }
 *
 * \@Locked((from: Account, to: Account) => [`account:${from.id}`, `account:${to.id}`])
 * async transfer(from: Account, to: Account) { … }
 *
 * \@Locked('exports:<0.id>', { concurrency: (tenant: Tenant) => tenant.plan.exports })
 * async export(tenant: Tenant) { … }
 * ```
 */
export function Locked<
  const Key extends KeySpec,
  Busy extends OnBusy = OnBusy,
  Signal extends LockedSignal = LockedSignal,
  Returns extends LockedReturns = LockedReturns,
  Mode extends OfCall<LockMode> = OfCall<LockMode>,
  Concurrency extends OfCall<number> = OfCall<number>,
  Weight extends OfCall<number> = OfCall<number>,
  Unless extends LockedUnless = LockedUnless,
>(
  key: Key,
  options?: LockedOptions<Busy, Signal, Returns, Mode, Concurrency, Weight, Unless>,
): LockedDecorator<Key, Busy, Signal, Returns, Mode, Concurrency, Weight, Unless>;
export function Locked(...given: unknown[]): unknown {
  refuseBare(given);
  const [key, options = {}] = given as [KeySpec, LockedOptions?];
  // Checked here too, where the stack of the error leads to this line. The method is not known yet; later errors name
  // it.
  compileKey(key, '@Locked');
  const settings = settingsFor(key, options);
  return (target: object, property: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void => {
    const original = decoratedMethod(target, property, descriptor);
    descriptor.value = lockMethod(key, settings, target, property, original);
  };
}

/** The method is not known yet, but its key leads to it. */
function settingsFor(key: KeySpec, options: LockedOptions): LockedSettings {
  try {
    return readLockedOptions(options);
  } catch (error) {
    if (typeof key !== 'string' || !isLockError(error, 'LOCK_OPTIONS')) throw error;
    throw new LockOptionsError(messages.badLocked(key, error.message));
  }
}

const SPANNING = { promise: lockPromise, observable: lockObservable, asyncGenerator: lockAsyncGenerator };

function lockMethod(
  key: KeySpec,
  settings: LockedSettings,
  target: object,
  property: string | symbol,
  original: Method,
): Method {
  const { instance, onBusy, returns, unless } = settings;
  const name = nameOf(target, property);
  const optionsOf = prepareOptions(labelled(settings, key, name), name);
  const keyOf = compileKey(key, name);
  const outcome = returns ?? returnsOf(original, target, property);
  if (unless && outcome !== 'promise') throw new LockOptionsError(messages.unlessWithout(name, outcome));
  const span = SPANNING[outcome];
  const service = injectService(target, instance);
  noteTemplates(target, property, name, key, instance);

  const locked = new Proxy(original, {
    apply(body, self: Record<symbol, LockService | undefined> | undefined, args: unknown[]): unknown {
      const call: LockedCall = {
        method: name,
        get locks() {
          const locks = self?.[service];
          if (!locks) throw new LockOptionsError(messages.noService(name));
          return locks;
        },
        keys: () => keyOf(args, self),
        options: () => optionsOf(self, args),
        body: () => Reflect.apply(body, self, args),
        unless: unless && (() => Reflect.apply(unless, self, args)),
        onBusy: typeof onBusy === 'function' ? (error) => Reflect.apply(onBusy, self, [error, ...args]) : onBusy,
      };
      return span(call);
    },
  });
  for (const each of Reflect.getMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(each, Reflect.getMetadata(each, original), locked);
  }
  return locked;
}

/** By default a lock is called after its template; where a function finds the key, after the method. */
function labelled(settings: LockedSettings, key: KeySpec, method: string): LockedSettings {
  const { fixed } = settings;
  if (fixed.label !== undefined) return settings;
  const templates = typeof key === 'string' ? [key] : typeof key === 'function' ? [method] : key;
  const label = templates.map((each) => (typeof each === 'string' ? each : each.key)).join(' + ');
  return { ...settings, fixed: { ...fixed, label: label.slice(0, LONGEST_LABEL) } };
}

/** The options of one call; what is the same for every call is prepared once. */
function prepareOptions(
  { fixed, signal, share }: LockedSettings,
  method: string,
): (self: unknown, args: readonly unknown[]) => WithLockOptions {
  if (!share) return signal ? (self, args) => ({ ...fixed, signal: signal(self, args) }) : () => fixed;
  return (self, args) => ({ ...fixed, ...share(method, self, args), signal: signal?.(self, args) });
}

/** Makes Nest inject the service into a property of every instance, subclasses included; answers the property. */
function injectService(target: object, instance: string | undefined): symbol {
  const property = serviceProperty(instance);
  Inject(getLockServiceToken(instance))(target, property);
  const instances = new Set(neededInstances(target)).add(instance);
  Object.defineProperty(target, LOCKED_INSTANCES, { value: instances, configurable: true });
  return property;
}

/** What a method returns, as far as that shows without running its body, which needs the lock. */
function returnsOf(method: Method, target: object, property: string | symbol): LockedReturns {
  if (Object.prototype.toString.call(method) === '[object AsyncGeneratorFunction]') return 'asyncGenerator';
  const type = Reflect.getMetadata('design:returntype', target, property) as { prototype?: object } | undefined;
  return type?.prototype && 'subscribe' in type.prototype && 'pipe' in type.prototype ? 'observable' : 'promise';
}
