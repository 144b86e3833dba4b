/** The table of `README.md` names tests; they exist. */
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const lines = read('test/field/README.md').split('\n');
const failures = lines.filter((line) => line.startsWith('| ') && !/^\| (\*\*|---|Seen)/.test(line));
const ROW = /^\| (?<seen>.+?) +\| `(?<path>test\/\S+)` › `(?<title>[^`]+)` +\|$/;

it('has a test for every failure', () => {
  expect(failures.length).toBeGreaterThan(40);
  expect(failures.filter((line) => !ROW.test(line))).toEqual([]);
});

it.each(failures.map((line) => ROW.exec(line)?.groups ?? {}))('$seen', ({ path, title }) => {
  // As it stands in the source, where a quotation mark may be escaped.
  const source = read(path!).replaceAll("\\'", "'");
  expect(source).toContain(title!);
});
