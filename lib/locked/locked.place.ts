/**
 * Where `@Locked` may stand: on a method of instances, with parentheses. Anywhere else it would be ignored, or the
 * method would run without a lock, in code whose types are not checked; so it is refused when the class is defined.
 * What decorators are called with differs between compilers (TypeScript, SWC, esbuild, Babel) in what is left out, and
 * is anything in JavaScript.
 */
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { MisplacedLocked } from '../lock.messages.js';

export type Method = (...args: unknown[]) => unknown;

/** Refuses the arguments that the factory is called with when `@Locked` stands without parentheses. */
export function refuseBare(args: readonly unknown[]): void {
  const [target, property] = args;
  refuseStandard(target, property);
  const isBare = args.length > 2 || typeof property === 'string' || typeof property === 'symbol' || isClass(target);
  if (isBare) throw new LockOptionsError(messages.bareLocked(nameOf(target, property)));
}

/** The method that is decorated; throws a `LockOptionsError` where there is none. */
export function decoratedMethod(target: unknown, property: unknown, descriptor: unknown): Method {
  refuseStandard(target, property);
  const name = nameOf(target, property);
  const refuse = (place: MisplacedLocked): never => {
    throw new LockOptionsError(messages.misplaced(name, place));
  };
  if (typeof descriptor === 'number') return refuse('parameter');
  if (property === undefined) return refuse(typeof target === 'function' ? 'class' : 'nowhere');
  if (typeof target === 'function') return refuse('static');
  if (typeof target !== 'object' || target === null) return refuse('nowhere');
  const { value, get, set } = (descriptor ?? {}) as PropertyDescriptor;
  if (get !== undefined || set !== undefined) return refuse('accessor');
  if (typeof value !== 'function') return refuse('property');
  if (Object.prototype.toString.call(value) === '[object GeneratorFunction]') return refuse('generator');
  return value as Method;
}

/** As in `Orders.ship`, for messages. */
export function nameOf(target: unknown, property: unknown): string {
  const owner = typeof target === 'function' ? target : (target as object | null | undefined)?.constructor;
  const member = property === undefined ? '' : `.${String(property)}`;
  return `${typeof owner === 'function' && owner.name !== '' ? owner.name : 'a class'}${member}`;
}

/**
 * Refuses the arguments of a standard decorator: the value and a context. It would have to return what
 * replaces the method.
 */
function refuseStandard(value: unknown, context: unknown): void {
  if (typeof context !== 'object' || context === null) return;
  const { kind, name } = context as { kind?: unknown; name?: unknown };
  if (typeof kind !== 'string') return;
  const where = kind === 'class' ? nameOf(value, undefined) : String(name);
  throw new LockOptionsError(messages.standardDecorators(where));
}

/** Tells a class from a key function, which has nothing on its prototype, if it has one. */
function isClass(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  const { prototype } = value as { prototype?: unknown };
  const own = typeof prototype === 'object' && prototype !== null ? Reflect.ownKeys(prototype) : [];
  return /^class\b/.test(Function.prototype.toString.call(value)) || own.length > 1;
}
