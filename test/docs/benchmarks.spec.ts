/** The page of the benchmarks names every case, and each bar is about a column that its case has. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { rowsOf } from './markdown.js';

const root = new URL('../../', import.meta.url);
const load = (file: string): Promise<unknown> => import(new URL(`test/bench/${file}`, root).href);

interface Column {
  readonly key: string;
}

const { cases } = (await load('cases/index.mjs')) as { cases: readonly { name: string; columns: readonly Column[] }[] };
const { bars } = (await load('bars.mjs')) as {
  bars: readonly { case: string; column: string; of: readonly string[] }[];
};
const { contestantOf } = (await load('contestants/index.mjs')) as { contestantOf(id: string): unknown };

describe('the page of the benchmarks', () => {
  it('names every case, and no other', () => {
    const page = readFileSync(fileURLToPath(new URL('docs/benchmarks.md', root)), 'utf8');
    const named = rowsOf(page, 'case').map(([name]) => name);
    expect(named.sort()).toEqual(cases.map(({ name }) => `\`${name}\``).sort());
  });
});

describe('a bar of the benchmarks', () => {
  it.each(bars.map((bar) => [`${bar.case}, ${bar.column}`, bar] as const))(
    'is about what is measured: %s',
    (_, bar) => {
      const columns = cases.find(({ name }) => name === bar.case)?.columns.map(({ key }) => key);
      expect(columns).toContain(bar.column);
      for (const id of bar.of) expect(contestantOf(id)).toBeDefined();
    },
  );
});
