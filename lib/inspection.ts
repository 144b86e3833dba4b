/**
 * What objects of the library show of themselves to loggers (`console.log`, `util.format`) and as JSON: what a person
 * needs, and nothing of the connection. To show an object sends nothing and changes nothing.
 */
import type { InspectOptionsStylized, inspect as Inspect } from 'node:util';

/** The method that `util.inspect` asks. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** What `util.inspect` gives to that method. */
export type InspectArguments = [depth: number, options: InspectOptionsStylized, inspect: typeof Inspect];

/** A name and what there is to see, as `util.inspect` prints an object of a class. */
export function printed(name: string, view: object, ...[depth, options, inspect]: InspectArguments): string {
  return depth < 0 ? options.stylize(`[${name}]`, 'special') : `${name} ${inspect(view, options)}`;
}

/** Sets a property that loggers, serialisers and spreads do not see. */
export function setHidden(object: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

/** Makes loggers print an object of another class under this name, with this view of it. */
export function printAs(object: object, name: string, view: object): void {
  setHidden(object, INSPECT, (...args: InspectArguments) => printed(name, view, ...args));
}
