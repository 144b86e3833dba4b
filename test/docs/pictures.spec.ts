/** The pictures of the documentation: each is drawn, shown, told to those who can't see it, and readable in the dark. */
import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

const docs = new URL('../../docs/', import.meta.url);
const names = readdirSync(docs);
const read = (name: string): string => readFileSync(new URL(name, docs), 'utf8');
const pages = names.filter((name) => name.endsWith('.md')).map(read);
const pictures = names.filter((name) => name.endsWith('.svg'));

describe.each(pictures)('%s', (name) => {
  const picture = read(name);

  it('is shown by a page, with a text for those who cannot see it', () => {
    const shown = pages.flatMap((page) => [...page.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)]);
    const texts = shown.filter(([, , file]) => file === name).map(([, text]) => text!);
    expect(texts).not.toEqual([]);
    for (const text of texts) expect(text.length).toBeGreaterThan(20);
    expect(picture).toMatch(/<title>.+<\/title>/);
  });

  it('is whole: every tag is closed', () => {
    expect(tagsLeft(picture)).toEqual([]);
  });

  it('has a colour in the dark for each class that has one in the light', () => {
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(picture) ?? [];
    const [light = '', dark = ''] = style.split('@media (prefers-color-scheme: dark) {');
    expect(classesWithColour(light)).not.toEqual([]);
    expect(classesWithColour(dark)).toEqual(expect.arrayContaining(classesWithColour(light)));
  });
});

it('the check of tags finds one that is never closed, and one that was not open', () => {
  expect(tagsLeft('<svg><g><path d="M0"/></g></svg>')).toEqual([]);
  expect(tagsLeft('<svg><g></svg>')).toEqual(['svg', 'g', '/svg']);
  expect(tagsLeft('</g><svg></svg>')).toEqual(['/g']);
});

/** The selectors of the rules that name a colour. */
function classesWithColour(css: string): string[] {
  return [...css.matchAll(/([^{}]+)\{[^{}]*#[0-9a-f]{6}[^{}]*\}/g)].map(([, selector]) => selector!.trim());
}

/** The tags that have no partner. */
function tagsLeft(picture: string): string[] {
  const left: string[] = [];
  for (const [, slash, tag, isWhole] of picture.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
    if (isWhole) continue;
    if (slash && left.at(-1) === tag) left.pop();
    else left.push(`${slash}${tag}`);
  }
  return left;
}
