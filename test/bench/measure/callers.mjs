/**
 * Callers of one process that want one key, each over and over, and what they saw. Times are those of the common clock,
 * so that what several processes saw can be laid side by side.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { now } from './clock.mjs';

/** How long whoever is still in line at the end may take to get through, before it counts as stalled. */
const DRAIN_MS = 4_000;

/**
 * @param options `milliseconds` to go on for, from `begin`; how long a section lasts (`lasting`, in milliseconds), and a
 *   caller rests after it (`pause`); whether the nth call of a caller only reads (`isRead`); within how long the callers
 *   begin one after the other (`stagger`); how long they may take to end (`drain`)
 * @returns of each section, in the order of entry: who (`caller`), whether it `read`, when it `asked`, `entered` and
 *   `left`; how long those had waited who were not admitted in time (`inVain`), and whether they would have read
 *   (`inVainRead`); and how many of them were stuck at the end (`stalled`)
 */
export async function callOneKey(session, key, callers, options) {
  const { milliseconds, begin = now(), lasting = 0, pause = 0, stagger = 0, drain = DRAIN_MS } = options;
  const { isRead = () => false } = options;
  const { run, read = run } = session;
  const end = begin + milliseconds;
  const seen = { caller: [], read: [], asked: [], entered: [], left: [] };
  const waitingSince = new Map();
  const wantsToRead = new Float64Array(callers);
  let through = 0;

  async function call(id) {
    if (stagger > 0) await delay((stagger * id) / callers);
    let nth = 0;
    for (let asked = now(); asked < end; asked = now()) {
      const reads = isRead(id, nth++);
      waitingSince.set(id, asked);
      wantsToRead[id] = reads ? 1 : 0;
      await (reads ? read : run)(key, async () => {
        const entered = now();
        if (entered >= end) return; // whoever is still in line at the end is let through, and not counted
        waitingSince.delete(id);
        const section = seen.entered.length;
        seen.caller.push(id);
        seen.read.push(wantsToRead[id]);
        seen.asked.push(asked);
        seen.entered.push(entered);
        seen.left.push(Infinity);
        if (lasting > 0) await delay(lasting);
        seen.left[section] = now();
      });
      if (pause > 0) await delay(pause);
    }
    through++;
  }

  await delay(begin - now());
  await orUntil(end + drain, Promise.all(Array.from({ length: callers }, (_, id) => call(id))));
  const figures = Object.entries(seen).map(([name, values]) => [name, Float64Array.from(values)]);
  const inVain = Float64Array.from(waitingSince.values(), (asked) => end - asked);
  const inVainRead = Float64Array.from(waitingSince.keys(), (id) => wantsToRead[id]);
  return {
    ...Object.fromEntries(figures),
    inVain,
    inVainRead,
    callers,
    milliseconds,
    drain,
    stalled: callers - through,
  };
}

/** Ends with the work, or at that time, whichever is first. */
async function orUntil(time, work) {
  let timer;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, time - now())));
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
