/**
 * S4: each fencing token is given out once; that of a holder that is alone is greater than all before, everybody's greater than
 * that of each such holder before; and a re-entry has that of its hold.
 */
import type { DataLoss } from '../history/entry.js';
import type { Fault } from './fault.js';
import { isAlone, isOutdated, nameOf } from './keys.js';
import type { KeyHold } from './keys.js';
import type { Hold } from './story.js';

export function fencingFaults(holds: readonly KeyHold[], losses: readonly DataLoss[]): Fault[] {
  return [...repeated(holds), ...outOfOrder(holds, losses)];
}

function repeated(holds: readonly KeyHold[]): Fault[] {
  const seen = new Map<number, KeyHold>();
  const faults: Fault[] = [];
  for (const hold of holds) {
    if (hold.hold.continues) continue;
    const other = seen.get(hold.fence);
    if (other) faults.push({ rule: 'fencing', text: `${nameOf(other)} and ${nameOf(hold)} have the same token` });
    seen.set(hold.fence, hold);
  }
  return faults;
}

function outOfOrder(holds: readonly KeyHold[], losses: readonly DataLoss[]): Fault[] {
  const believers = holds.filter(({ hold }) => hold.held);
  const alone = believers.filter(isAlone);
  return [...smaller(alone, believers, losses), ...smaller(believers, alone, losses)];
}

/** Those that believed at the beginning, and have a smaller token than one of the others that believed before. */
function smaller(believers: readonly KeyHold[], others: readonly KeyHold[], losses: readonly DataLoss[]): Fault[] {
  const earlier = [...others].sort((a, b) => a.hold.begunBy - b.hold.begunBy);
  const faults: Fault[] = [];
  let newest: KeyHold | undefined;
  let i = 0;
  for (const next of [...believers].sort((a, b) => a.hold.begun - b.hold.begun)) {
    for (; earlier[i] && earlier[i]!.hold.begunBy < next.hold.begun; i++) {
      if (!newest || earlier[i]!.fence > newest.fence) newest = earlier[i];
    }
    if (
      !newest ||
      newest === next ||
      next.hold.continues ||
      next.fence > newest.fence ||
      isOutdated(next, next.hold.begun, losses)
    )
      continue;
    if (next.fence === newest.fence) continue; // told as repeated
    faults.push({ rule: 'fencing', text: `${nameOf(next)} began after ${nameOf(newest)}, which has a larger token` });
  }
  return faults;
}

/** Re-entries share the tokens of the hold that they entered. */
export function reentryFaults(holds: readonly Hold[]): Fault[] {
  const outer = new Map(holds.map((hold) => [`${hold.life.name} ${hold.hold}`, new Map(hold.fences)]));
  const faults: Fault[] = [];
  for (const { life, hold, inside, fences } of holds) {
    if (inside === undefined) continue;
    const own = outer.get(`${life.name} ${inside}`)!;
    for (const [key, fence] of fences) {
      if (own.get(key) === fence) continue;
      faults.push({
        rule: 'fencing',
        text: `${key}: ${life.name}#${hold} has ${fence} inside #${inside}, which has ${own.get(key)}`,
      });
    }
  }
  return faults;
}
