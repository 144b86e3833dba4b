/** Every metric and every label that the dashboard and the alert rules name exists, by Prometheus's way of writing them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Meter } from '@opentelemetry/api';
import * as attributes from '../../lib/otel/attributes.js';
import { createInstruments } from '../../lib/otel/instruments.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dashboard = readFileSync(`${root}docs/grafana-dashboard.json`, 'utf8');
const rules = readFileSync(`${root}docs/prometheus-alerts.yml`, 'utf8');

/** The series of all instruments: dots become underscores, the unit follows, then what the kind of instrument adds. */
function series(): Set<string> {
  const names: string[] = [];
  const note = (kind: 'histogram' | 'sum' | 'counter') => (name: string, options: { unit: string }) => {
    // Units in braces are annotations, and left out.
    const base = name.replaceAll('.', '_') + (options.unit === 's' ? '_seconds' : '');
    if (kind === 'histogram') names.push(...['bucket', 'sum', 'count'].map((part) => `${base}_${part}`));
    else names.push(kind === 'counter' ? `${base}_total` : base);
  };
  createInstruments({
    createHistogram: note('histogram'),
    createUpDownCounter: note('sum'),
    createCounter: note('counter'),
  } as unknown as Meter);
  return new Set(names);
}

/** What only spans have. */
const IN_SPANS: readonly unknown[] = [attributes.MODE, attributes.FENCING_TOKEN, attributes.KEYS];

const LABELS = new Set([
  'le',
  ...Object.values(attributes).flatMap((name) =>
    typeof name === 'string' && !IN_SPANS.includes(name) ? [name.replaceAll('.', '_')] : [],
  ),
]);

const panels = (JSON.parse(dashboard) as { panels: { type: string; targets?: { expr: string }[] }[] }).panels;
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...[...rules.matchAll(/^ {8}expr: (.*)$/gm)].map(([, expr]) => expr!),
];

it('there is something to check', () => {
  expect(panels.filter(({ type }) => type === 'timeseries').length).toBeGreaterThanOrEqual(10);
  expect(queries.length).toBeGreaterThanOrEqual(20);
  expect(series().size).toBe(12);
});

it.each(queries)('%s', (query) => {
  const known = series();
  const metrics = [...query.matchAll(/\bdistributed_lock_\w+/g)].map(([name]) => name!);
  const labels = [...query.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, name]) => name!);
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) =>
    list!.split(',').map((each) => each.trim()),
  );
  expect(metrics.some((name) => known.has(name))).toBe(true);
  expect(metrics.filter((name) => !known.has(name) && !LABELS.has(name))).toEqual([]);
  expect([...labels, ...grouped].filter((name) => !LABELS.has(name))).toEqual([]);
  // Parentheses and braces are closed.
  for (const [open, close] of ['()', '{}', '[]']) expect(query.split(open!).length).toBe(query.split(close!).length);
});

it('the first loss rings: a counter that begins at one has no increase', () => {
  const ofLosses = queries.filter((query) => /lost_total.*\[5m\]/.test(query));
  expect(ofLosses).toHaveLength(2);
  for (const query of ofLosses) expect(query).toMatch(/ unless distributed_lock_lost_total offset 5m\) or increase\(/);
});

it('legends and texts name labels that exist', () => {
  const named = [...`${dashboard}${rules}`.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !LABELS.has(name))).toEqual([]);
});

it('the rules are as Prometheus wants them', () => {
  const lines = rules.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.slice(0, 3)).toEqual(['groups:', '  - name: distributed-locks', '    rules:']);
  const each = rules.split(/^ {6}- alert: /m).slice(1);
  expect(each.length).toBeGreaterThanOrEqual(8);
  expect(new Set(each.map((text) => text.split('\n')[0])).size).toBe(each.length);
  for (const text of each) {
    expect(text).toMatch(
      /^\w+\n {8}expr: [^\n]+\n(?: {8}for: \d+m\n)? {8}labels:\n {10}severity: (?:warning|critical)\n {8}annotations:\n {10}summary: '[^'\n]+'\n {10}description: '[^'\n]+'\n$/,
    );
  }
  expect(rules).not.toMatch(/\t/);
});
