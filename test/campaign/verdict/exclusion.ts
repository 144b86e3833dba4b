/**
 * S1 and S2: at no moment did more believe that they hold a key than the rule of admission lets in. Only what holders saw
 * counts, by readings of the clock.
 */
import type { DataLoss } from '../history/entry.js';
import type { Fault } from './fault.js';
import { isOutdated, isTooMuch, nameOf } from './keys.js';
import type { KeyHold } from './keys.js';

export function exclusionFaults(holds: readonly KeyHold[], losses: readonly DataLoss[]): Fault[] {
  const believers = holds.filter(({ hold }) => hold.held).sort((a, b) => a.hold.from - b.hold.from);
  const faults: Fault[] = [];
  let current: KeyHold[] = [];
  for (const next of believers) {
    current = current.filter(({ hold }) => hold.until >= next.hold.from);
    // All of these believed when the next one began.
    const others = current.filter((other) => overlap(other, next) && !isExcused(other, next, losses));
    if (others.length > 0 && isTooMuch([...others, next])) {
      faults.push({ rule: 'exclusion', text: `${[...others, next].map(nameOf).join(' and ')} at the same time` });
    }
    current.push(next);
  }
  return faults;
}

/** A hold that looked once believed somewhere between two readings, and overlaps what covers both. */
function overlap({ hold: a }: KeyHold, { hold: b }: KeyHold): boolean {
  return a.from <= b.until && b.from <= a.until;
}

function isExcused(a: KeyHold, b: KeyHold, losses: readonly DataLoss[]): boolean {
  const at = Math.max(a.hold.from, b.hold.from);
  return isOutdated(a, at, losses) || isOutdated(b, at, losses);
}
