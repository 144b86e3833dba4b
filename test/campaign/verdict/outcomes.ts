/** S11 and the classes of errors: what calls settled with. */
import type { Life } from '../history/entry.js';
import type { Fault } from './fault.js';
import type { Call, Hold } from './story.js';

/** `ok`; `OWN` is the section's own error, unchanged; `CANCELLED` the reason of the caller's signal. */
const POSSIBLE = new Set(
  'ok OWN CANCELLED LOCK_BUSY LOCK_TIMEOUT LOCK_LOST LOCK_NOT_HELD LOCK_UNAVAILABLE LOCK_SHUTDOWN'.split(' '),
);

export function outcomeFaults(calls: readonly Call[], holds: readonly Hold[]): Fault[] {
  const faults: Fault[] = [];
  const byId = new Map(calls.map((call) => [call.life, new Map<number, Call>()]));
  for (const call of calls) {
    byId.get(call.life)!.set(call.id, call);
    if (call.outcome === undefined || POSSIBLE.has(call.outcome)) continue;
    faults.push({ rule: 'outcome', text: `${call.what} ${call.life.name}#${call.id} settled with ${call.outcome}` });
  }
  for (const hold of holds) {
    const { life, endedBy, told, over, ended } = hold;
    const call = endedBy === undefined ? undefined : byId.get(life)!.get(endedBy)!;
    const lostAt = Math.min(told ?? Infinity, over ?? Infinity);
    if (call?.outcome !== 'ok' || lostAt >= ended!) continue;
    faults.push({
      rule: 'outcome',
      text: `${call.what} ${life.name}#${hold.hold} ended well although its lock was lost`,
    });
  }
  return faults;
}

/** What workers saw by themselves. */
export function reportedFaults(lives: readonly Life[]): Fault[] {
  return lives.flatMap(({ name, entries }) =>
    entries.flatMap((entry) => (entry.e === 'wrong' ? [{ rule: entry.rule, text: `${name}: ${entry.text}` }] : [])),
  );
}
