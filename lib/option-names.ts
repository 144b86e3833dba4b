/**
 * Checks options objects as a whole: whether they are objects, and whether every name is known. A misspelt option would
 * otherwise be its default, in silence.
 */
import { LockOptionsError } from './lock.errors.js';
import { messages } from './lock.messages.js';

/** The names that one kind of options object may have; see {@link optionNames}. */
export type OptionNames = Readonly<Record<string, true>>;

/** A table without a prototype, so that `constructor` is no option; typed by `Options`, so that none is forgotten. */
export function optionNames<Options>(names: Record<keyof Options & string, true>): OptionNames {
  return Object.freeze(Object.assign(Object.create(null) as object, names));
}

/**
 * Checks that options are an object with known names only. It may run for each acquire with options, so it
 * allocates nothing.
 *
 * @param of - the call that the options are for, as in `acquire()`; for messages.
 * @param path - stands before each name in messages, as in `handOff.`.
 */
export function checkOptionNames(options: object, known: OptionNames, of: string, path = ''): void {
  checkOptionsObject(options, of);
  // Inherited names too: options are also read where they are inherited.
  for (const name in options) {
    if (known[name] !== true) {
      if (known['signal'] && isSignal(options)) throw new LockOptionsError(messages.signalAsOptions(of));
      throw new LockOptionsError(messages.unknownOption(of, path, name, Object.keys(known), nearest(name, known)));
    }
  }
}

/** Checks that options are an object, and no list. */
export function checkOptionsObject(options: unknown, of: string): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new LockOptionsError(messages.noOptions(of, options));
}

/** Names that other packages give to the same thing. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  wait: ['timeout', 'waitTimeout', 'acquireTimeout'],
  ttl: ['expiry', 'expire', 'expires', 'duration', 'lease', 'leaseTime', 'lockTimeout'],
  connection: ['url', 'redis', 'client', 'clients'],
};

/** It was read before, so it can be read here. */
function isSignal({ aborted, addEventListener }: Partial<AbortSignal>): boolean {
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

/** The known name that was probably meant. */
export function nearest(name: string, known: OptionNames): string | undefined {
  for (const [own, others] of Object.entries(ELSEWHERE)) if (known[own] && others.includes(name)) return own;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const each of Object.keys(known)) {
    const distance = editDistance(name.toLowerCase(), each.toLowerCase());
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
}

/** How many letters to insert, leave out, replace, or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Infinity;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
