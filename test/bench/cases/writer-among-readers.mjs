/**
 * A key that a thousand callers in several processes read all the time, and one that wants to write: how long it waits for
 * those that are inside, and nobody else.
 */
import { readFair, readWrite, withFormer } from '../contestants/index.mjs';
import { callOneKey } from '../measure/callers.mjs';
import { withEntries } from '../measure/entries.mjs';
import { openGroup } from '../measure/group.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { grantRate, readersAndWriters, sideBySide } from '../measure/sharing.mjs';
import { median } from '../measure/statistics.mjs';
import { PROCESSES, READERS } from '../settings.mjs';

/** How long a reader reads, and how long the writer rests between two writes, so that the readers come back. */
const LASTING_MS = 100;
const PAUSE_MS = 150;
/** So long after its grant readers of the same process join a lease; its default, in milliseconds. */
const JOIN_MS = 20;
/** Longer ones than elsewhere: a write takes that long. */
const SLICE_FACTOR = 1.5;
const ROUNDS = 3;

export const writerAmongReaders = {
  name: 'writer-among-readers',
  ownEntries: true,
  title: `One writer among ${READERS} readers in ${PROCESSES} processes that read ${LASTING_MS} ms at a time, over and over`,
  columns: [
    { key: 'leases', label: 'wait, p50 in leases', digits: 2 },
    { key: 'worstLeases', label: 'worst', digits: 2 },
    { key: 'p50', label: 'wait p50 ms', digits: 1 },
    { key: 'worst', label: 'worst ms', digits: 1 },
    { key: 'behind', label: 'after the last reader left: p50 ms', digits: 2 },
    { key: 'worstBehind', label: 'worst ms', digits: 1 },
    { key: 'writes', label: 'writes', digits: 0 },
    { key: 'reads', label: 'reads/s', digits: 0 },
    { key: 'most', label: 'most readers at once', digits: 0 },
  ],

  measure({ seconds, open }) {
    const starts = withFormer([readWrite, readFair]).map((contestant) => () => openBoth(open, contestant));
    return withEntries(starts, async (entries) => {
      const digest = (parts) => sideBySide(parts, readersAndWriters);
      const options = { rounds: ROUNDS, warmUp: 500, digest };
      const results = await inRounds(entries, SLICE_FACTOR * seconds, 'writer-among-readers', options);
      const rows = rowsOf(results, (rounds) => ({ rounds }));
      for (const row of rows) if (row.failure === undefined) Object.assign(row, figures(row.rounds, joinOf(row.entry)));
      return { rows, notes: [NOTE] };
    });
  },

  work: (session, milliseconds, { begin, writes }) =>
    writes
      ? callOneKey(session, KEY, 1, { begin, milliseconds, pause: PAUSE_MS })
      : callOneKey(session, KEY, READERS / PROCESSES, { begin, milliseconds, ...READING }),
};

const KEY = 'writer-among-readers';
const READING = { lasting: LASTING_MS, stagger: LASTING_MS, isRead: () => true };

const NOTE =
  `A lease of those inside lasts as long as the longest section that the writer waited for, and without \`fair\` for ${JOIN_MS} ` +
  'ms more, while which readers of the same process may join it.';

/** The processes of the readers, and one of the writer, as one entry of the tables. */
async function openBoth(open, contestant) {
  const readers = await openGroup(open, contestant, PROCESSES);
  const writer = await openGroup(open, contestant, 1);
  return {
    contestant,
    failure: readers.failure ?? writer.failure,
    async work(name, milliseconds) {
      const parts = [readers.work(name, milliseconds), writer.work(name, milliseconds, { writes: true })];
      return (await Promise.all(parts)).flat();
    },
    close: () => Promise.all([readers.close(), writer.close()]),
  };
}

const joinOf = ({ contestant }) => (contestant.id.endsWith('fair') ? 0 : JOIN_MS);

/**
 * Of each write: how long it waited, how long the longest lease was of those that it waited for, and how much later than
 * the last of them had left it began.
 */
function writesOf(sections, joinMs) {
  return sections.flatMap(({ isRead, asked, entered, wait }) => {
    if (isRead) return [];
    const waitedFor = sections.filter((one) => one.isRead && one.entered <= entered && one.left > asked);
    const longest = Math.max(...waitedFor.map((one) => one.left - one.entered));
    const lastLeft = Math.max(asked, ...waitedFor.map(({ left }) => left));
    return waitedFor.length === 0 ? [] : [{ wait, lease: longest + joinMs, behind: entered - lastLeft }];
  });
}

function figures(rounds, joinMs) {
  const writes = rounds.flatMap(({ sections }) => writesOf(sections, joinMs));
  // A writer that did not come in before the end of a round has waited for so long at least.
  const worst = Math.max(...rounds.flatMap(({ writeWaits }) => writeWaits));
  const inLeases = writes.map(({ wait, lease }) => wait / lease);
  const reads = rounds.map(({ sections, milliseconds }) =>
    grantRate({ grants: sections.filter(({ isRead }) => isRead).length, milliseconds }),
  );
  return {
    leases: median(inLeases),
    worstLeases: Math.max(worst / (LASTING_MS + joinMs), ...inLeases),
    p50: median(writes.map(({ wait }) => wait)),
    worst,
    behind: median(writes.map(({ behind }) => behind)),
    worstBehind: Math.max(...writes.map(({ behind }) => behind)),
    writes: writes.length,
    reads: median(reads),
    most: Math.max(...rounds.map(({ most }) => most)),
    rounds: inLeases,
  };
}
