/**
 * S2: who loses a lock is told before the next begins, and never holds it again. A process that stands still can't be told,
 * so turns of its event loop count, not time.
 */
import type { Fault } from './fault.js';
import { isTooMuch, ms, nameOf } from './keys.js';
import type { KeyHold } from './keys.js';
import type { Hold } from './story.js';

/** So many turns after the lease was over the signal must have aborted. */
const PATIENCE = 5;
/** So many when somebody else begins then. */
const IN_NEED = 2;
/** Of what a lock says by the wall clock, a lease that is over for less may not be over. */
const ROUNDING_MS = 5;

export function lossFaults(holds: readonly Hold[]): Fault[] {
  return holds.flatMap((hold) => {
    const name = `${hold.fences[0]![0]}: ${hold.life.name}#${hold.hold} (ttl ${hold.ttl})`;
    const faults: Fault[] = [];
    if (hold.revived !== undefined)
      faults.push({ rule: 'loss', text: `${name} was held again at ${ms(hold.revived)}` });
    const silence = hold.silences.find(({ length }) => length >= PATIENCE);
    if (silence) {
      faults.push({
        rule: 'loss',
        text: `${name} was not told for ${silence.length} turns from ${ms(silence[0]!)} on`,
      });
    }
    if (isLateStart(hold)) {
      const late = (hold.begun - hold.leaseEnd).toFixed(0);
      faults.push({ rule: 'late start', text: `${name} began ${late} ms after its lease was over` });
    }
    return faults;
  });
}

/**
 * A section began though its process had run after the end of the lease: the library starts a section in the same turn in
 * which it looks at the clock, so nothing can have been written in between. Who takes a lock by hand goes on in a later turn.
 */
function isLateStart({ isSection, held, before, leaseEnd }: Hold): boolean {
  return isSection && !held && before > leaseEnd + ROUNDING_MS;
}

/** Who had not given back when the next began had been told by then. */
export function untoldFaults(holds: readonly KeyHold[]): Fault[] {
  return holds.flatMap((holder): Fault[] => {
    // Silent before the other began, and still so afterwards.
    const rows = holder.hold.silences.filter(({ length }) => length > IN_NEED);
    const next = holds.find(
      (other) => other.hold.held && isTooMuch([holder, other]) && rows.some((row) => beganIn(row, other)),
    );
    if (!next || next === holder) return [];
    return [{ rule: 'loss', text: `${nameOf(holder)} was not told before ${nameOf(next)} began` }];
  });
}

function beganIn(row: readonly number[], { hold }: KeyHold): boolean {
  return row[IN_NEED - 1]! < hold.begun && hold.begunBy < row.at(-1)!;
}
