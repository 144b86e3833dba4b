/** What browsers get is what the sources of the page say; its colours can be read. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the text of the page is up to date, and its sources are typed', () => {
  execFileSync(process.execPath, ['.ci/board-page.mjs', '--check'], { cwd: root });
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'lib/board/page'], { cwd: root });
});

it('the page sets no markup from text', () => {
  const text = readFileSync(`${root}lib/board/page.text.ts`, 'utf8');
  expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
});

const style = readFileSync(`${root}lib/board/page/style.css`, 'utf8');
const [light, dark] = [...style.matchAll(/:root \{([^}]*)\}/g)].map(
  ([, block]) => new Map([...block!.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, value]) => [name!, value!])),
);

/** Relative luminance, as the accessibility guidelines define it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(a: string, b: string): number {
  const [dim, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright! + 0.05) / (dim! + 0.05);
}

describe.each([
  ['light', light!],
  ['dark', dark!],
])('colours, %s', (_, palette) => {
  it.each([
    ['text', 'page'],
    ['text', 'panel'],
    ['soft', 'page'],
    ['soft', 'panel'],
    ['accent', 'page'],
    ['accent', 'panel'],
    ['hot', 'panel'],
    ['danger', 'panel'],
    ['danger', 'page'],
    ['danger-text', 'danger'],
  ])('%s can be read on %s', (text, ground) => {
    expect(contrast(palette.get(text)!, palette.get(ground)!)).toBeGreaterThanOrEqual(4.5);
  });

  it('the bar stands out from its track', () => {
    expect(contrast(palette.get('bar')!, palette.get('track')!)).toBeGreaterThanOrEqual(3);
  });
});
