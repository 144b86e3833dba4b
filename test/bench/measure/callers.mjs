/**
 * Callers of one process that want one key, each over and over, and what they saw. Times are those of the common clock,
 * so that what several processes saw can be laid side by side.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { now } from './clock.mjs';

/** How long whoever is still in line at the end may take to get through, before it counts as stalled. */
const DRAIN_MS = 4_000;

/**
 * @param options `milliseconds` to go on for, from `begin`; how long a section lasts (`lasting`, in milliseconds); how
 *   long they may take to end (`drain`)
 * @returns of each section, in the order of entry: who (`caller`), when it `asked`, `entered` and `left`; how long those
 *   had waited who were not admitted in time (`inVain`); and how many of them were stuck at the end (`stalled`)
 */
export async function callOneKey(session, key, callers, options) {
  const { milliseconds, begin = now(), lasting = 0, drain = DRAIN_MS } = options;
  const end = begin + milliseconds;
  const seen = { caller: [], asked: [], entered: [], left: [] };
  const waitingSince = new Map();
  let through = 0;

  async function call(id) {
    for (let asked = now(); asked < end; asked = now()) {
      waitingSince.set(id, asked);
      await session.run(key, async () => {
        const entered = now();
        if (entered >= end) return; // whoever is still in line at the end is let through, and not counted
        waitingSince.delete(id);
        const section = seen.entered.length;
        seen.caller.push(id);
        seen.asked.push(asked);
        seen.entered.push(entered);
        seen.left.push(Infinity);
        if (lasting > 0) await delay(lasting);
        seen.left[section] = now();
      });
    }
    through++;
  }

  await delay(begin - now());
  await orUntil(end + drain, Promise.all(Array.from({ length: callers }, (_, id) => call(id))));
  const figures = Object.entries(seen).map(([name, values]) => [name, Float64Array.from(values)]);
  const inVain = Float64Array.from(waitingSince.values(), (asked) => end - asked);
  return { ...Object.fromEntries(figures), inVain, callers, milliseconds, drain, stalled: callers - through };
}

/** Ends with the work, or at that time, whichever is first. */
async function orUntil(time, work) {
  let timer;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, time - now())));
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
