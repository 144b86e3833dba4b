/** What the present build is to the former one: rows of ratios between the rows of a case. */
import { compare } from './measure/statistics.mjs';

export const RATIO_NOTE = 'now ÷ before: of times, commands and bytes less than 1 is better, of rates more.';

/** A row after each of the former build, with now ÷ before in each column; the rows themselves are as they were. */
export function withRatios(rows, columns) {
  return rows.flatMap((row) => {
    const { formerOf } = row.entry.contestant;
    if (formerOf === undefined) return [row];
    const now = rows.find(({ entry, size }) => entry.contestant.id === formerOf && size === row.size);
    return now === undefined || now.failure || row.failure ? [row] : [row, ratioRow(now, row, columns)];
  });
}

function ratioRow(now, before, columns) {
  const ratio = {
    label: '  now ÷ before',
    digits: 2,
    entry: { contestant: { id: `ratio-${now.entry.contestant.id}` } },
  };
  if (now.size !== undefined) ratio.size = now.size;
  for (const { key, isDifference } of columns) {
    const [one, other] = [now[key], before[key]];
    if (typeof one === 'number' && other > 0 && !isDifference) ratio[key] = one / other;
  }
  // Slices of one round were measured side by side, so they are compared with each other.
  if (columns.some(({ key }) => key === 'middle')) {
    const { median, middle } = compare(now.rounds, before.rounds);
    ratio.middle = middle;
    if ('ratio' in ratio) ratio.ratio = median;
  }
  return ratio;
}
