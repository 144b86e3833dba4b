/** The page and the pictures that explain the inside name what is there: files, types, states and numbers of the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { rowsOf } from './markdown.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(root + file, 'utf8');
const page = read('docs/how-it-works.md');
const library = readdirSync(`${root}lib`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(`lib/${file}`))
  .join('\n');

/** Types that the page names and the library only uses. */
const BUILT_IN = ['Map', 'Set', 'AsyncLocalStorage'];

/** What stands in single backticks. */
const codeWords = [...new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word!))];

describe('the page', () => {
  const files = codeWords.filter((word) => /^[a-z][\w./-]*(\.ts|\/)$/.test(word));
  const types = codeWords.filter((word) => /^[A-Z][a-z]+([A-Z][a-z]+)*$/.test(word) && !BUILT_IN.includes(word));

  it.each(files)('names a file or folder of the library: %s', (file) => {
    expect(existsSync(`${root}lib/${file}`)).toBe(true);
  });

  it.each(types)('names a type of the library: %s', (name) => {
    expect(library).toMatch(new RegExp(`\\b(class|interface|type) ${name}\\b`));
  });

  it('names many of both', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(types.length).toBeGreaterThan(10);
  });

  const numbers = rowsOf(page, 'name').map((cells) => cells.map((cell) => cell.replaceAll('`', '')));

  it.each(numbers)('has the number of the code: %s is %s', (name, value, file) => {
    const [, found] = new RegExp(`\\b${name}(?:: \\w+)?(?: =|:) ([^;\\n]+?)[,;]\\n`).exec(read(`lib/${file}`)) ?? [];
    expect(found).toBe(value);
  });
});

describe('the life of a lease', () => {
  it('has the states of the code, and no other', () => {
    const drawn = [...read('docs/life-of-a-lease.svg').matchAll(/class="name middle">(\w+)</g)].map(
      ([, state]) => state,
    );
    const state = statesOf('core/lease/lease.ts');
    // The box of `held` is large, and has its name in a corner.
    expect([...drawn, 'held'].sort()).toEqual([...statesOf('core/lease/pending-lease.ts'), ...state].sort());
  });
});

describe('the layers', () => {
  const names = [...read('docs/layers.svg').matchAll(/class="name"(?: dx="\d+")?>([^<]+)</g)].map(([, name]) => name!);
  const inCore = ['engine.ts', 'queue/', 'lease/', 'heartbeat/', 'context/', 'operations/', 'tracing/'];

  it.each(names)('have a file or folder of the library: %s', (name) => {
    const path = name.replace('.*.ts', '.module.ts');
    expect(existsSync(`${root}lib/${inCore.includes(name) ? 'core/' : ''}${path}`)).toBe(true);
  });

  it('have all rooms of the core', () => {
    const rooms = readdirSync(`${root}lib/core`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(names).toEqual(expect.arrayContaining(rooms.map(({ name }) => `${name}/`)));
  });
});

/** The values of a class's `state`. */
function statesOf(file: string): string[] {
  const [, union] = /(?:private state: |type State = )('[^=;]*)/.exec(read(`lib/${file}`)) ?? [];
  return [...(union ?? '').matchAll(/'(\w+)'/g)].map(([, state]) => state!);
}
