/** A panel with a bar for each contestant of a case. */
import { linear, logarithmic } from './scale.mjs';
import { frame, line, mark, rectangle, short, text } from './svg.mjs';

const HEAD = 48;
const ROW = 20;
const FOOT = 26;
const NAMES = 128;
const VALUES = 62;

/** Names as short as a chart needs them; who is not named here is left out. */
const NAME = {
  'with-lock': 'withLock',
  acquire: 'acquire/release',
  'acquire-fair': 'acquire, fair',
  locked: '@Locked',
  'read-write': 'read and write',
  permits: 'concurrency: 10',
  'permits-fair': 'the same, fair',
  raw: 'raw SET NX',
  'redlock-4': 'redlock 4',
  'redlock-5': 'redlock 5',
  'redis-semaphore': 'redis-semaphore',
  semaphore: 'redis-semaphore',
  'semaphore-best': 'at its best',
  'redlock-universal': 'redlock-universal',
  'nest-redlock': 'nest-redlock',
};
const ORDER = Object.keys(NAME);

const drawn = (rows) =>
  ORDER.flatMap((id) => rows.find(({ contestant, failure }) => contestant === id && !failure) ?? []);

export const barPanelHeight = (rows) => HEAD + drawn(rows).length * ROW + FOOT;

export function barPanel({ rows, column, title, about, log = false }, place) {
  const { x, y, width } = place;
  const bars = drawn(rows).map(({ contestant, remark, [column]: value }) => ({
    contestant,
    remark,
    value: value ?? 0,
  }));
  const left = x + NAMES;
  const scale = (log ? logarithmic : linear)(
    bars.map(({ value }) => value),
    width - NAMES - VALUES,
  );
  const bottom = y + HEAD + bars.length * ROW;
  return [
    ...frame(place, title, log ? `${about} (log scale)` : about),
    ...scale.marks.flatMap((value) => [
      line(left + scale.at(value), y + HEAD, left + scale.at(value), bottom + 3, 'grid'),
      text(left + scale.at(value), bottom + 16, mark(value), 'faint', 'middle'),
    ]),
    ...bars.flatMap(({ contestant, remark, value }, i) => {
      const middle = y + HEAD + i * ROW + ROW / 2;
      const end = left + scale.at(value);
      return [
        text(left - 8, middle + 4, NAME[contestant], '', 'end'),
        rectangle(left, middle - 6, Math.max(scale.at(value), 1), 12, kindOf(contestant), 2),
        text(end + 6, middle + 4, `${short(value)}${remark === undefined ? '' : ' (stalled)'}`, 'value'),
      ];
    }),
  ];
}

const OWN = ['with-lock', 'acquire', 'acquire-fair', 'locked', 'read-write', 'permits', 'permits-fair'];

function kindOf(contestant) {
  if (OWN.includes(contestant)) return 'own';
  return contestant === 'raw' ? 'hand' : 'peer';
}
