/** One key that many callers of one process want, each over and over: how often it changes hands. */
import { callOneKey } from '../measure/callers.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { addTimesBest, inOneLine, overRounds, rate } from '../measure/sections.mjs';
import { compare } from '../measure/statistics.mjs';

const NOTE = 'A hand-off is a grant to another caller than the one before; raw has no line, it polls.';

export const ONE_KEY_COLUMNS = [
  { key: 'handOffs', label: 'hand-offs/s', digits: 0 },
  { key: 'timesBest', label: '× best peer', digits: 2 },
  { key: 'ratio', label: '× raw', digits: 2 },
  { key: 'middle', label: 'middle half of rounds' },
  { key: 'grants', label: 'grants/s', digits: 0 },
  { key: 'p50', label: 'wait p50 ms', digits: 2 },
  { key: 'p99', label: 'wait p99 ms', digits: 2 },
  { key: 'evenness', label: 'evenness', digits: 3 },
];

/** @param roundOptions see `rounds.mjs` */
export async function measureOneKey(name, entries, seconds, roundOptions) {
  const results = await inRounds(entries, seconds, name, { ...roundOptions, digest: (part) => inOneLine([part]) });
  const rows = rowsOf(results, (rounds, floor) => {
    const ratio = compare(rounds.map(rate), floor.map(rate));
    return { ...overRounds(rounds), ratio: ratio.median, middle: ratio.middle };
  });
  return { rows, notes: [NOTE, ...addTimesBest(rows, 'handOffs')] };
}

export const workOnOneKey = (name, waiters) => (session, milliseconds) =>
  callOneKey(session, name, waiters, { milliseconds });
