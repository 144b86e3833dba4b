/** What this library wants to reach, as data; the end of the report tells what it did. A bar that is missed fails nothing. */

const BOTH = ['with-lock', 'acquire'];
const READ_WRITE = ['read-write'];

/** Each is a column of a case, for some contestants, and how much it should be `atMost` or `atLeast`. */
export const bars = [
  { text: 'a pair on loopback', case: 'pair', column: 'ratio', atMost: 1.2, unit: '× raw', of: BOTH },
  { text: 'a pair with 1 ms of network', case: 'latency', column: 'ratio', atMost: 1.02, unit: '× raw', of: BOTH },
  {
    text: 'release in the background',
    case: 'background',
    column: 'ratio',
    atMost: 1,
    unit: '× raw',
    of: ['background'],
  },
  { text: '', case: 'background', column: 'farRatio', atMost: 0.6, unit: '× raw, 1 ms', of: ['background'] },
  { text: '64 keys in flight', case: 'keys', column: 'ratio', atLeast: 1.4, unit: '× raw', of: BOTH },
  { text: '32 waiters in one process', case: 'hot', column: 'timesBest', atLeast: 50, unit: '× best peer', of: BOTH },
  { text: '4 processes × 25', case: 'processes', column: 'timesBest', atLeast: 10, unit: '× best peer', of: BOTH },
  { text: '', case: 'processes', column: 'commands', atMost: 0.3, unit: 'commands a hand-off', of: BOTH },
  { text: '', case: 'processes', column: 'evennessOfProcesses', atLeast: 0.98, unit: 'evenness', of: BOTH },
  { text: 'hand-off between processes', case: 'handoff', column: 'trips', atMost: 1.2, unit: 'round trips', of: BOTH },
  {
    text: 'readers and few writers',
    case: 'readers',
    column: 'timesExclusive',
    atLeast: 5,
    unit: '× exclusive',
    of: READ_WRITE,
  },
  {
    text: '10 at a time, 100 callers',
    case: 'semaphore',
    column: 'timesBest',
    atLeast: 10,
    unit: '× best peer',
    of: ['permits'],
  },
  { text: '', case: 'semaphore', column: 'most', atMost: 10, unit: 'inside at once', of: ['permits'] },
  { text: '', case: 'semaphore', column: 'evenness', atLeast: 0.98, unit: 'evenness', of: ['permits'] },
  {
    text: 'a writer, 1 000 readers',
    case: 'writer-among-readers',
    column: 'worstLeases',
    atMost: 1.05,
    unit: 'leases',
    of: READ_WRITE,
  },
  {
    text: 'a reader beside 10 000',
    case: 'many-readers',
    column: 'ratio',
    atMost: 1.2,
    unit: '× beside 10',
    of: ['read-fair'],
  },
  {
    text: '',
    case: 'many-readers',
    column: 'longestMs',
    atMost: 0.5,
    unit: 'ms the longest script',
    of: ['read-fair'],
  },
  {
    text: 'two keys, 1 ms of network',
    case: 'pairs-of-keys',
    column: 'farRatio',
    atMost: 1.15,
    unit: '× one key',
    of: ['together'],
  },
  { text: 'a second local reader', case: 'commands', column: 'reader', atMost: 0, unit: 'commands', of: READ_WRITE },
  { text: '10 000 renewals', case: 'held', column: 'clientCpu', atMost: 50, unit: 'ms of client CPU', of: ['acquire'] },
  { text: '', case: 'held', column: 'longestMs', atMost: 1, unit: 'ms the longest script', of: ['acquire'] },
  { text: '10 000 waiters, 100 keys', case: 'idle', column: 'commands', atMost: 200, unit: 'commands/s', of: BOTH },
  { text: 'wants nothing', case: 'idle', column: 'idleCommands', atMost: 0, unit: 'commands/s', of: BOTH },
];

/** Each bar of the cases of a report, for each of its contestants, with what was measured and whether that meets it. */
export function judge(report) {
  return bars.flatMap(({ of, ...bar }) => {
    const measured = report.cases.find(({ name }) => name === bar.case);
    if (measured === undefined) return [];
    return of.map((contestant) => {
      const value = measured.rows.find((row) => row.contestant === contestant)?.[bar.column];
      return { ...bar, contestant, measured: value ?? NaN, met: value <= bar.atMost || value >= bar.atLeast };
    });
  });
}

/** As a table, see `table.mjs`. */
export function barTable(judged) {
  const title = 'Bars';
  const columns = [
    { key: 'bar', label: 'bar' },
    { key: 'measured', label: 'measured', digits: 2 },
    { key: 'met', label: 'met' },
  ];
  const rows = judged.map(({ text, contestant, atMost, atLeast, unit, measured, met }) => ({
    label: `${text.padEnd(28)}${contestant}`,
    bar: `${atMost === undefined ? '≥' : '≤'} ${atMost ?? atLeast} ${unit}`,
    measured,
    met: Number.isNaN(measured) ? 'not measured' : met ? 'yes' : 'no',
  }));
  return { title, columns, rows, notes: [] };
}
