/** How much the engine remembers: what is in its collections, whatever these are made of. */

/** How many members a collection has; `undefined` for what is none. */
function sizeOf(value: object): number | undefined {
  if (value instanceof Set || value instanceof Map) return value.size;
  // Tables keep slots that are free, and lists of such slots.
  if (Array.isArray(value)) return value.filter((each) => typeof each === 'object').length;
  if (Symbol.iterator in value) return [...(value as Iterable<unknown>)].length;
  if (Object.getPrototypeOf(value) === null) return Object.keys(value).length;
  return undefined;
}

/**
 * The members of every collection that a value is made of, and of all that it refers to, except by the names of what is
 * not its own.
 */
export function remembered(value: unknown, foreign: readonly string[], seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  const parts = Object.entries(value).filter(([name]) => !foreign.includes(name));
  return sizeOf(value) ?? parts.reduce((sum, [, part]) => sum + remembered(part, foreign, seen), 0);
}
