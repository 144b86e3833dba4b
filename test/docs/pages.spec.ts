/** The pages of the documentation: links lead somewhere, no page is an orphan, and tables name everything there is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import * as library from 'nestjs-distributed-lock';
import type { LockEvent } from 'nestjs-distributed-lock';

import { brokenLinks, linksOf, rowsOf } from './markdown.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('links between pages', () => {
  it.each(pages)('%s', (page) => {
    const target = (path: string): string | undefined => {
      const file = normalize(join(dirname(page), path));
      if (!existsSync(join(root, file))) return undefined;
      return file.endsWith('.md') ? read(file) : '';
    };
    expect(brokenLinks(read(page), target)).toEqual([]);
  });

  it('the README leads to every page', () => {
    const linked = linksOf(read('README.md')).map((link) => link.split('#')[0]);
    expect(linked).toEqual(expect.arrayContaining(docs.map((name) => `docs/${name}`)));
  });

  it('the check finds a missing page and a missing heading, and leaves code and other sites alone', () => {
    const text = [
      '# One `two`',
      '[a](#one-two)',
      '[b](#two)',
      '[c](gone.md)',
      '[d](https://e.f)',
      '```',
      '[g](h.md)',
      '```',
    ];
    expect(brokenLinks(text.join('\n'), () => undefined)).toEqual(['#two', 'gone.md']);
  });
});

describe('what a merge leaves behind', () => {
  // Formatters turn a marker into an indented line, or into a quotation of quotations.
  const MARKER = /^[\s\\]*(?:<{7}|={7}|>{7}|(?:> ){3,})/m;

  it.each(pages)('is not in %s', (page) => {
    expect(MARKER.exec(read(page))?.[0]).toBeUndefined();
  });

  it.each(['<<<<<<< ours', '  <<<<<<< ours', '  \\=======', '> > > > > > > theirs'])('is seen: %s', (line) => {
    expect(MARKER.test(`text\n${line}\ntext`)).toBe(true);
  });
});

describe('the tables of errors and events', () => {
  const page = read('docs/errors-and-events.md');

  it('have every class of error with its code, and no other', () => {
    const classes = Object.entries(library)
      .filter(([, value]) => typeof value === 'function' && value.prototype instanceof library.LockError)
      .map(([name, value]) => [`\`${name}\``, `\`${codeOf(value as new (message: string) => library.LockError)}\``]);
    expect(classes.length).toBeGreaterThan(5);
    const rows = rowsOf(page, 'class').map(([name, code]) => [name, code]);
    expect(rows.sort()).toEqual(classes.sort());
  });

  it('have every kind of event, and no other', () => {
    // The compiler sees to it that this names all of them.
    const kinds: Record<LockEvent['type'], true> = {
      acquired: true,
      waiting: true,
      renewed: true,
      lost: true,
      released: true,
      detached: true,
      refused: true,
      forced: true,
      failed: true,
      warning: true,
    };
    const rows = rowsOf(page, '`type`').map(([type]) => type);
    expect(rows.sort()).toEqual(
      Object.keys(kinds)
        .map((kind) => `\`${kind}\``)
        .sort(),
    );
  });
});

function codeOf(errorClass: new (message: string) => library.LockError): string {
  return new errorClass('for its code').code;
}
