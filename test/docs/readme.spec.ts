/** Every piece of TypeScript in README.md and docs/ compiles. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from '@jest/globals';

import { compileErrors, extractSnippets, type Snippet } from './snippets.js';

const root = new URL('../../', import.meta.url);
const docs = existsSync(new URL('docs', root)) ? readdirSync(new URL('docs', root)) : [];
const files = ['README.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

describe('the documents', () => {
  const snippets = files.flatMap((file) => extractSnippets(file, readFileSync(new URL(file, root), 'utf8')));
  let errors: ReadonlyMap<Snippet, readonly string[]>;

  beforeAll(() => {
    errors = compileErrors(snippets);
  }, 120_000);

  it.each(snippets.map((snippet) => [`${snippet.file}:${snippet.line}`, snippet] as const))('%s', (_name, snippet) => {
    expect(errors.get(snippet)).toEqual([]);
  });

  it('show how to use the package', () => {
    const shown = snippets.filter(({ file }) => file === 'README.md').flatMap(({ code }) => code);
    expect(shown.some(({ text }) => text.includes("from 'nestjs-distributed-lock'"))).toBe(true);
  });
});

describe('the check of snippets', () => {
  const markdown = (...lines: string[]): string => lines.join('\n');

  function errorsOf(text: string): string[] {
    const snippets = extractSnippets('page.md', text);
    return [...compileErrors(snippets).values()].flat();
  }

  it('finds an error and says where it is', () => {
    const text = markdown('# Title', '', '```ts', 'const right = 1;', 'const wrong: string = right;', '```');
    expect(errorsOf(text)).toEqual([expect.stringMatching(/^page\.md:5: TS2322: Type 'number'/)]);
  });

  it('finds what the package does not export, and what a syntax error hides', () => {
    const unknown = "import { Lokced } from 'nestjs-distributed-lock';";
    expect(errorsOf(markdown('```ts', unknown, '```', '~~~typescript', 'const x = ;', '~~~'))).toEqual([
      expect.stringContaining('page.md:2: TS2724'),
      expect.stringContaining('page.md:5: TS1109'),
    ]);
  });

  it('takes hidden lines from the comment before a snippet, and reports errors in them', () => {
    const use = markdown('```ts', 'const ttl: number = lock.ttl;', '```');
    const hidden = ["import type { Lock } from 'nestjs-distributed-lock';", 'declare const lock: Lock;'];
    expect(errorsOf(use)).toEqual([expect.stringContaining("page.md:2: TS2304: Cannot find name 'lock'")]);
    expect(errorsOf(markdown(`<!-- snippet: ${hidden.join(' ')} -->`, '', use))).toEqual([]);
    expect(errorsOf(markdown('<!-- snippet:', ...hidden, '-->', use))).toEqual([]);
    expect(errorsOf(markdown('<!-- snippet:', ...hidden, 'nonsense', '-->', use))).toEqual([
      expect.stringContaining('page.md:4: TS2304'),
    ]);
    expect(errorsOf(markdown(`<!-- snippet: ${hidden.join(' ')} -->`, 'Text between.', use))).toHaveLength(1);
  });

  it('keeps snippets apart, and leaves other languages alone', () => {
    const one = markdown('```ts', 'const name = 1;', '```');
    expect(
      errorsOf(markdown(one, one, '```sh', 'const', '```', '- in a list:', '  ```ts', '  name;', '  ```')),
    ).toEqual([expect.stringMatching(/^page\.md:12: TS/)]);
  });

  it('refuses a fence that is never closed', () => {
    expect(() => extractSnippets('page.md', markdown('', '```ts', 'const a = 1;'))).toThrow('page.md:2');
  });
});
