/** One key that so many may have at once, and many more callers in several processes want: grants, and how fairly. */
import { permits, permitsFair, semaphore as peer, semaphoreAtItsBest, withFormer } from '../contestants/index.mjs';
import { callOneKey } from '../measure/callers.mjs';
import { withEntries } from '../measure/entries.mjs';
import { openGroup } from '../measure/group.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { addTimesBest, perCallerOver } from '../measure/sections.mjs';
import { grantRate, sideBySide } from '../measure/sharing.mjs';
import { evenness, median, quantile } from '../measure/statistics.mjs';
import { PERMITS, PROCESSES, WAITERS_EACH } from '../settings.mjs';

/** How long the sections last, in milliseconds. Empty ones show what the lock costs, and hardly overlap. */
const EMPTY = 0;
const LASTING = 1;

export const semaphore = {
  name: 'semaphore',
  ownEntries: true,
  title: `One key for ${PERMITS} at a time, ${PROCESSES} processes × ${WAITERS_EACH} callers`,
  columns: [
    { key: 'perSecond', label: 'sections/s', digits: 0 },
    { key: 'timesBest', label: '× best peer', digits: 2 },
    { key: 'most', label: 'most inside', digits: 0 },
    { key: 'evenness', label: 'evenness', digits: 3 },
    { key: 'p99', label: 'wait p99 ms', digits: 1 },
    { key: 'lastingPerSecond', label: `of ${LASTING} ms: sections/s`, digits: 0 },
    { key: 'lastingEvenness', label: 'evenness', digits: 3 },
    { key: 'lastingP99', label: 'wait p99 ms', digits: 1 },
  ],

  measure({ seconds, open }) {
    const starts = withFormer([permits, permitsFair, peer, semaphoreAtItsBest]);
    const groups = starts.map((contestant) => () => openGroup(open, contestant, PROCESSES));
    return withEntries(groups, async (entries) => {
      // Those that last come first: whether it lets in too many is seen before anything else is measured.
      const lasting = await measureWith(entries, seconds, LASTING);
      const empty = await measureWith(entries, seconds, EMPTY);
      const rows = rowsOf(empty, (rounds) => figures(rounds));
      for (const [i, row] of rows.entries()) if (row.failure === undefined) addLasting(row, lasting[i]);
      return { rows, notes: [NOTE, ...addTimesBest(rows, 'perSecond')] };
    });
  },

  work: (session, milliseconds, { begin, lasting }) =>
    callOneKey(session, 'semaphore', WAITERS_EACH, { begin, milliseconds, lasting }),
};

const NOTE =
  `Every section of every process was laid on one clock: never more than ${PERMITS} were inside. Evenness is Jain’s index ` +
  `of the callers. ${peer.name}: ${peer.options}; ${semaphoreAtItsBest.name}: ${semaphoreAtItsBest.options}.`;

async function measureWith(entries, seconds, lasting) {
  const digest = (parts) => sideBySide(parts, () => PERMITS);
  const results = await inRounds(entries, seconds, 'semaphore', {
    slice: 0.5,
    warmUp: 500,
    digest,
    detail: { lasting },
  });
  for (const { entry, failure } of results) entry.failure ??= failure;
  return results;
}

function figures(rounds) {
  return {
    perSecond: median(rounds.map(grantRate)),
    most: Math.max(...rounds.map(({ most }) => most)),
    evenness: evenness(perCallerOver(rounds).flat()),
    p99: quantile(
      rounds.flatMap(({ waits }) => waits),
      0.99,
    ),
    rounds: rounds.map(grantRate),
  };
}

function addLasting(row, { rounds, remark }) {
  const { perSecond, most, evenness: lastingEvenness, p99 } = figures(rounds);
  Object.assign(row, { lastingPerSecond: perSecond, lastingEvenness, lastingP99: p99, most: Math.max(most, row.most) });
  row.remark ??= remark;
}
