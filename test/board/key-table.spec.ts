/** What the board remembers of keys: a page of them at a time, and no more than it says. */
import { readFileSync } from 'node:fs';
import { KeyTable } from '../../lib/board/key-table.js';
import { ProcessDirectory } from '../../lib/board/process-directory.js';

const now = (): number => 0;
const first = { search: '', sort: 'key', page: 0 } as const;

const summary = (key: string) => ({ key, holderCount: 0, holder: null, waitingCount: 1 });

it('remembers as many keys as its page of the documentation says, and says that there are more', () => {
  const page = readFileSync(new URL('../../docs/board.md', import.meta.url), 'utf8');
  const most = Number(/remembers\s+([\d ]+) keys/.exec(page)![1]!.replaceAll(' ', ''));
  const table = new KeyTable(now, new ProcessDirectory(now));
  for (let i = 0; i < most; i++) table.see(summary(`key:${i}`));
  expect(table.view(first)).toMatchObject({ total: most, isCut: false });
  table.see(summary('one more'));
  expect(table.view(first)).toMatchObject({ total: most, isCut: true });
});

it('shows a page at a time, searched and sorted, and the last one where there are fewer', () => {
  const table = new KeyTable(now, new ProcessDirectory(now));
  for (let i = 0; i < 120; i++) table.see(summary(`key:${String(i).padStart(3, '0')}`));
  const { rows, pages, found } = table.view({ ...first, page: 1 });
  expect([rows.length, rows[0]!.key, pages, found]).toEqual([50, 'key:050', 3, 120]);
  expect(table.view({ ...first, page: 99 }).rows.map(({ key }) => key)).toHaveLength(20);
  expect(table.view({ ...first, search: 'KEY:11', page: 5 })).toMatchObject({ found: 10, page: 0, pages: 1 });
});

it('forgets what a whole reading has not seen', () => {
  const table = new KeyTable(now, new ProcessDirectory(now));
  table.beginCycle();
  table.see(summary('a'));
  table.see(summary('b'));
  table.endCycle(1);
  table.beginCycle();
  table.see(summary('b'));
  table.endCycle(1);
  expect(table.view(first).rows.map(({ key }) => key)).toEqual(['b']);
});
