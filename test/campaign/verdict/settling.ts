/** L6: every call settles within what it may take. Times in which its process stood still don't count. */
import { PULSE_MS } from '../history/entry.js';
import type { Life } from '../history/entry.js';
import type { Fault } from './fault.js';
import { ms } from './keys.js';
import type { Call } from './story.js';

/** For what a busy machine does beside standing still. */
const SLACK_MS = 1_500;

export function settlingFaults(calls: readonly Call[]): Fault[] {
  const stalls = new Map<Life, Stall[]>();
  return calls.flatMap((call) => {
    if (!stalls.has(call.life)) stalls.set(call.life, stallsOf(call.life));
    return settling(call, stalls.get(call.life)!);
  });
}

interface Stall {
  readonly from: number;
  readonly until: number;
}

/** Times in which the event loop did not turn. */
function stallsOf({ entries }: Life): Stall[] {
  const stalls: Stall[] = [];
  let last: number | undefined;
  for (const { e, t } of entries) {
    if (e !== 'pulse') continue;
    if (last !== undefined && t - last > 2 * PULSE_MS) stalls.push({ from: last, until: t });
    last = t;
  }
  return stalls;
}

function settling(call: Call, stalls: readonly Stall[]): Fault[] {
  const { life, id, what, asked, limit, cancelled, begun, ended, settled } = call;
  const name = `${what} ${life.name}#${id} of ${ms(asked)}`;
  if (settled === undefined && !life.killed) return [{ rule: 'settling', text: `${name} never settled` }];
  const faults: Fault[] = [];
  const check = (from: number, until: number | undefined, allowed: number, doing: string): void => {
    if (until === undefined) return; // it was killed
    const late = until - from - allowed - standstill(stalls, from, until);
    if (late > SLACK_MS)
      faults.push({ rule: 'settling', text: `${name} took ${late.toFixed(0)} ms too long ${doing}` });
  };
  if (limit !== null) check(asked, begun ?? settled, limit, 'to get its lock or fail');
  if (cancelled !== undefined && begun === undefined) check(cancelled, settled, 0, 'to be cancelled');
  if (ended !== undefined) check(ended.t, settled, ended.limit, 'to give back');
  return faults;
}

function standstill(stalls: readonly Stall[], from: number, until: number): number {
  let sum = 0;
  for (const stall of stalls) sum += Math.max(0, Math.min(until, stall.until) - Math.max(from, stall.from));
  return sum;
}
