/**
 * A guard of the Redis scripts, the text that takes it away, and the promise that is broken then. The text is looked for
 * exactly, so that a guard which is changed or gone is missed.
 */
import type { StoreTiming } from '../../../lib/stores/lock-store.js';
import type { PromiseName } from './promises.js';

export interface Mutant {
  readonly guard: string;
  readonly from: string | ((timing: StoreTiming) => string);
  readonly to: string;
  readonly breaks: PromiseName;
  /** Which occurrence of the text, from 1; or all of them, where it is in a function that is shared. By default the only one. */
  readonly nth: number | 'all' | undefined;
}

type Told = readonly [guard: string, from: Mutant['from'], to: string, breaks: PromiseName, nth?: number | 'all'];

/** The guards of one part of a script. */
export function guards(part: string, told: readonly Told[]): Mutant[] {
  return told.map(([guard, from, to, breaks, nth]) => ({ guard: `${part}: ${guard}`, from, to, breaks, nth }));
}

/** A script without a guard. */
export function mutate(source: string, timing: StoreTiming, { guard, from, to, nth }: Mutant): string {
  const text = typeof from === 'string' ? from : from(timing);
  const parts = source.split(text);
  const found = parts.length - 1;
  if (found === 0 || (nth === undefined && found > 1) || (typeof nth === 'number' && found < nth)) {
    throw new Error(`The text of the guard "${guard}" was found ${found} times.`);
  }
  if (nth === 'all') return parts.join(to);
  return parts.slice(0, nth ?? 1).join(text) + to + parts.slice(nth ?? 1).join(text);
}
