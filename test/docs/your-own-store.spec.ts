/** What docs/your-own-store.md quotes of the file store is what the tests run. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Quotes stand further to the left than what they are taken from. */
const withoutIndent = (text: string): string => text.replace(/^ +/gm, '');

const quotes = [...read('docs/your-own-store.md').matchAll(/^<!-- from: (\S+) -->\n+```m?ts\n([^]*?)^```$/gm)].map(
  ([, file, code]) => ({ file: file!, code: code!, name: code!.trim().split('\n').at(0)! }),
);

describe('the page on stores', () => {
  it('quotes', () => {
    expect(quotes.length).toBeGreaterThan(3);
  });

  it.each(quotes)('$file: $name', ({ file, code }) => {
    expect(withoutIndent(read(file))).toContain(withoutIndent(code));
  });
});
