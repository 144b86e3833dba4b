/**
 * One key that many callers in several processes read, over and over, and now and then write: how many sections there are
 * in a second, beside the same callers where each of them has the key for itself.
 */
import { acquire, raw, readWrite, withFormer } from '../contestants/index.mjs';
import { callOneKey } from '../measure/callers.mjs';
import { withEntries } from '../measure/entries.mjs';
import { openGroup } from '../measure/group.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { grantRate, readersAndWriters, sideBySide } from '../measure/sharing.mjs';
import { compare, evenness, median, quantile } from '../measure/statistics.mjs';
import { perCallerOver } from '../measure/sections.mjs';
import { PROCESSES, WAITERS_EACH, WRITE_EACH } from '../settings.mjs';

const LASTING_MS = 1;

export const readers = {
  name: 'readers',
  ownEntries: true,
  title:
    `One key, ${PROCESSES} processes × ${WAITERS_EACH} callers, sections of ${LASTING_MS} ms, one in ${WRITE_EACH} writes ` +
    'and the others read',
  columns: [
    { key: 'perSecond', label: 'sections/s', digits: 0 },
    { key: 'timesExclusive', label: '× exclusive', digits: 2 },
    { key: 'ratio', label: '× raw', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'most', label: 'most inside', digits: 0 },
    { key: 'evenness', label: 'evenness', digits: 3 },
    { key: 'readP99', label: 'read waits p99 ms', digits: 1 },
    { key: 'writeP99', label: 'write waits p99 ms', digits: 1 },
  ],

  measure({ seconds, open }) {
    const groups = withFormer([raw, acquire, readWrite]).map(
      (contestant) => () => openGroup(open, contestant, PROCESSES),
    );
    return withEntries(groups, async (entries) => {
      const digest = (parts) => sideBySide(parts, readersAndWriters);
      const results = await inRounds(entries, seconds, 'readers', { slice: 0.5, warmUp: 500, digest });
      const rows = rowsOf(results, figures);
      addTimesExclusive(rows);
      return { rows, notes: [NOTE] };
    });
  },

  work: (session, milliseconds, { begin }) =>
    callOneKey(session, 'readers', WAITERS_EACH, { begin, milliseconds, lasting: LASTING_MS, isRead }),
};

const NOTE =
  'Exclusive: acquire/release, where readers too have the key for themselves, as with raw. Every section of every process ' +
  'was laid on one clock: no writer was inside with anybody.';

/** The callers write at different times. */
const isRead = (caller, nth) => (caller + nth) % WRITE_EACH !== 0;

function figures(rounds, floor) {
  const rates = rounds.map(grantRate);
  const ratio = compare(rates, floor.map(grantRate));
  const p99 = (kind) =>
    quantile(
      rounds.flatMap((round) => round[kind]),
      0.99,
    );
  return {
    perSecond: median(rates),
    ratio: ratio.median,
    middle: ratio.middle,
    most: Math.max(...rounds.map(({ most }) => most)),
    evenness: evenness(perCallerOver(rounds).flat()),
    readP99: p99('readWaits'),
    writeP99: p99('writeWaits'),
    rounds: rates,
  };
}

/** Compared with the exclusive lock of the present build. */
function addTimesExclusive(rows) {
  const exclusive = rows.find(({ entry }) => entry.contestant === acquire);
  if (exclusive?.rounds === undefined) return;
  for (const row of rows) {
    if (row.rounds !== undefined) row.timesExclusive = compare(row.rounds, exclusive.rounds).median;
  }
}
