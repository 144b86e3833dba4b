/** How much a process may keep a key for its own callers: what the hand-off budget does to all, and to the last in line. */
import { acquire } from '../contestants/index.mjs';
import { callOneKey } from '../measure/callers.mjs';
import { withEntries } from '../measure/entries.mjs';
import { openGroup } from '../measure/group.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { inOneLine, overRounds } from '../measure/sections.mjs';
import { PROCESSES, WAITERS_EACH } from '../settings.mjs';

/** Turns, and milliseconds. */
const BUDGETS = [
  [0, 20],
  [16, 20],
  [64, 20],
  [256, 20],
  [1_023, 20],
  [256, 5],
  [256, 50],
  [256, 100],
];
/** How long the sections last, in milliseconds. */
const LASTING = [0, 1];

export const budget = {
  name: 'budget',
  ownEntries: true,
  title: `What a hand-off budget does: one key, ${PROCESSES} processes × ${WAITERS_EACH} waiters of this library`,
  columns: LASTING.flatMap((lasting) => [
    { key: `handOffs${lasting}`, label: `sections of ${lasting} ms: hand-offs/s`, digits: 0 },
    { key: `p99${lasting}`, label: 'wait p99 ms', digits: 1 },
    { key: `evenness${lasting}`, label: 'evenness', digits: 3 },
  ]),

  measure: ({ seconds, open }) =>
    withEntries(
      BUDGETS.map((each) => () => openWith(open, each)),
      async (entries) => {
        const parts = [];
        for (const lasting of LASTING) parts.push(await measureWith(entries, seconds, lasting));
        return {
          rows: entries.map(({ contestant }, i) =>
            Object.assign({ label: contestant.name }, ...parts.map((rows) => rows[i])),
          ),
          notes: [],
        };
      },
    ),

  work: (session, milliseconds, { begin, lasting }) =>
    callOneKey(session, 'budget', WAITERS_EACH, { begin, milliseconds, lasting }),
};

function openWith(open, [count, time]) {
  const contestant = { ...acquire, name: `${count} turns, ${time} ms` };
  return openGroup(open, contestant, PROCESSES, { settings: { handOff: { count, time } } });
}

async function measureWith(entries, seconds, lasting) {
  const results = await inRounds(entries, seconds, 'budget', {
    slice: 0.5,
    warmUp: 500,
    digest: inOneLine,
    detail: { lasting },
  });
  return rowsOf(results, (rounds) => {
    const { handOffs, p99, evenness } = overRounds(rounds);
    return { [`handOffs${lasting}`]: handOffs, [`p99${lasting}`]: p99, [`evenness${lasting}`]: evenness };
  });
}
