/**
 * The same with a crowd. Who wakes or polls for every waiter may need longer to empty the line than there is time: it is
 * stopped at its limit, with the figures that it has, and its processes are ended.
 */
import { inShort, withFormer } from '../contestants/index.mjs';
import { withEntries } from '../measure/entries.mjs';
import { CROWD } from '../settings.mjs';
import { measureOneKey, ONE_KEY_COLUMNS, workOnOneKey } from './one-key.mjs';

const WARM_UP_MS = 500;
const ROUNDS = 2; // long ones: all those callers ask at once at the beginning of each

export const crowd = {
  name: 'crowd',
  ownEntries: true,
  title: `One key, ${CROWD} waiters in one process`,
  columns: ONE_KEY_COLUMNS.filter(({ key }) => key !== 'middle' && key !== 'ratio'),

  measure({ seconds, open }) {
    const starts = withFormer(inShort).map((contestant) => () => open(contestant));
    return withEntries(starts, async (entries) => {
      for (const entry of entries) await warmUp(entry);
      return measureOneKey('crowd', entries, ROUNDS * seconds * 0.75, { rounds: ROUNDS, warmUp: 0 });
    });
  },

  work: workOnOneKey('crowd', CROWD),
};

/** With fewer callers: a crowd may never get through. */
async function warmUp(entry) {
  if (entry.failure !== undefined) return;
  const { stalled } = await entry.work('hot', WARM_UP_MS);
  if (stalled > 0) entry.failure = 'it stalled while it warmed up';
}
