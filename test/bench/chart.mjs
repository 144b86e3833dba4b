/** `node test/bench/chart.mjs report.json > docs/bench.svg`: the report of `run.mjs --json report.json` as a picture. */
import { readFileSync } from 'node:fs';

import { barPanel, barPanelHeight } from './chart/bar-panel.mjs';
import { CURVE_PANEL_HEIGHT, curvePanel } from './chart/curve-panel.mjs';
import { GAP, picture, text, WIDTH } from './chart/svg.mjs';

const file = process.argv[2];
if (file === undefined) {
  console.error('Usage: node test/bench/chart.mjs report.json > docs/bench.svg');
  process.exit(2);
}
const report = JSON.parse(readFileSync(file, 'utf8'));

const BARS = [
  { case: 'pair', column: 'ratio', title: 'Acquire + release', about: 'time, × raw; shorter is better' },
  { case: 'keys', column: 'ratio', title: '64 keys in flight', about: 'throughput, × raw; longer is better' },
  {
    case: 'hot',
    column: 'handOffs',
    title: '32 waiters, one process',
    about: 'hand-offs/s; longer is better',
    log: true,
  },
  {
    case: 'processes',
    column: 'handOffs',
    title: '4 processes × 25 waiters',
    about: 'hand-offs/s; longer is better',
    log: true,
  },
  {
    case: 'readers',
    column: 'perSecond',
    title: '100 callers of 1 ms, 95 % read',
    about: 'sections/s; longer is better',
    log: true,
  },
  {
    case: 'semaphore',
    column: 'perSecond',
    title: '10 at a time, 100 callers',
    about: 'sections/s; longer is better',
    log: true,
  },
  { case: 'handoff', column: 'trips', title: 'Hand-off, 10 ms of network', about: 'round trips; shorter is better' },
  {
    case: 'idle',
    column: 'commands',
    title: '10 000 waiters while nothing happens',
    about: 'commands/s; shorter is better',
    log: true,
  },
];

const CURVES = [
  { column: 'pair', title: 'A pair', about: 'µs, n keys in flight' },
  { column: 'handOffs', title: 'Hand-offs', about: 'per second, n waiters on a key' },
  { column: 'renewal', title: 'A renewal', about: 'µs of client CPU, n locks held' },
];

/** The rows of a case; none where it was not measured, and then its panel is left out. */
const rowsOf = (name) => report.cases.find((each) => each.name === name)?.rows ?? [];

const panels = [];
let top = 58;

const shown = BARS.filter((bar) => rowsOf(bar.case).length > 0);
for (let i = 0; i < shown.length; i += 2) {
  const line = shown.slice(i, i + 2).map((bar) => ({ ...bar, rows: rowsOf(bar.case) }));
  const height = Math.max(...line.map(({ rows }) => barPanelHeight(rows)));
  const width = (WIDTH - 3 * GAP) / 2;
  panels.push(...line.map((bar, j) => barPanel(bar, { x: GAP + j * (width + GAP), y: top, width, height })));
  top += height + GAP;
}

const growth = rowsOf('growth').filter(({ contestant }) => contestant === 'acquire');
if (growth.length > 0) {
  const width = (WIDTH - 4 * GAP) / 3;
  const place = (i) => ({ x: GAP + i * (width + GAP), y: top, width });
  panels.push(...CURVES.map((curve, i) => curvePanel({ ...curve, rows: growth }, place(i))));
  top += CURVE_PANEL_HEIGHT + GAP;
}

const { node, redis, ioredis, cores, cpu } = report;
const heading = [
  text(GAP, 26, 'nestjs-distributed-lock beside hand-written Redis commands and other libraries', 'heading'),
  text(GAP, 45, `node ${node} · Redis ${redis} · ioredis ${ioredis} · ${cores} × ${cpu} · one run`, 'faint'),
];
process.stdout.write(picture(top, [...heading, ...panels]));
