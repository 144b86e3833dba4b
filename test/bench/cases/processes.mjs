/** One key that many callers in several processes want, each over and over: how often it changes hands, and how fairly. */
import { inShortAndFair, withFormer } from '../contestants/index.mjs';
import { callOneKey } from '../measure/callers.mjs';
import { openCounter } from '../measure/commands.mjs';
import { withEntries } from '../measure/entries.mjs';
import { openGroup } from '../measure/group.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { addTimesBest, inOneLine, overRounds } from '../measure/sections.mjs';
import { PROCESSES, WAITERS_EACH } from '../settings.mjs';

const CHECKED_MS = 300;
const COUNTED_MS = 400;

export const processes = {
  name: 'processes',
  ownEntries: true,
  title: `One key, ${PROCESSES} processes × ${WAITERS_EACH} waiters`,
  columns: [
    { key: 'handOffs', label: 'hand-offs/s', digits: 0 },
    { key: 'timesBest', label: '× best peer', digits: 2 },
    { key: 'commands', label: 'commands per hand-off', digits: 2 },
    { key: 'evennessOfProcesses', label: 'evenness of processes', digits: 3 },
    { key: 'evenness', label: 'of callers', digits: 3 },
    { key: 'grants', label: 'grants/s', digits: 0 },
    { key: 'p50', label: 'wait p50 ms', digits: 2 },
    { key: 'p99', label: 'wait p99 ms', digits: 2 },
  ],

  async measure({ seconds, open, redisUrl }) {
    const groups = withFormer(inShortAndFair).map((contestant) => () => openGroup(open, contestant, PROCESSES));
    return withEntries([() => openCounter(redisUrl), ...groups], async ([counter, ...entries]) => {
      for (const entry of entries) entry.failure ??= await checked(entry);
      const options = { slice: 0.5, warmUp: 500, digest: inOneLine };
      const results = await inRounds(entries, seconds, 'processes', options);
      for (const result of results) await count(result, counter);
      const rows = rowsOf(results, overRounds);
      for (const [i, row] of rows.entries()) row.commands = results[i].commands;
      return { rows, notes: [NOTE, ...addTimesBest(rows, 'handOffs')] };
    });
  },

  work: (session, milliseconds, { begin, lasting }) =>
    callOneKey(session, 'processes', WAITERS_EACH, { begin, milliseconds, lasting }),
};

const NOTE =
  'Evenness is Jain’s index: 1 when all got the same, 1/n when one got everything. Commands are counted in a slice of ' +
  'their own. Every section of every process was laid on one clock: no two ran at once.';

/** Empty sections hardly overlap, whatever a lock does: so it is first seen with sections that last. */
async function checked(entry) {
  try {
    const { handOffs } = inOneLine(await entry.work('processes', CHECKED_MS, { lasting: 1 }));
    return handOffs > 1 ? undefined : 'no process but the first was admitted';
  } catch (error) {
    return error.message;
  }
}

async function count(result, counter) {
  if (result.failure !== undefined || result.remark !== undefined) return;
  try {
    let round;
    const sent = await counter.during(async () => {
      round = inOneLine(await result.entry.work('processes', COUNTED_MS));
    });
    result.commands = Object.values(sent).reduce((sum, count) => sum + count, 0) / round.handOffs;
  } catch (error) {
    result.failure = error.message;
  }
}
