/** Which two key templates can give the same key: held against keys that they really give. */
import { describe, expect, it } from '@jest/globals';

import { compileKey, literalsOf } from '../../../lib/locked/key-template.js';
import { commonKey } from '../../../lib/locked/meeting-templates.js';
import { Random } from '../../support/random.js';

const literals = (template: string): readonly string[] => literalsOf(template, 'spec')[0]!;
const meet = (a: string, b: string): string | undefined => commonKey(literals(a), literals(b));

describe('two templates', () => {
  it.each([
    ['order:<0>', 'order:<0>/items', 'order:x/items'],
    ['order:<0>', 'order:<0>/<1>', 'order:x/x'],
    ['order:<0>', 'order:a<0>', 'order:ax'],
    ['<0>', 'item-<0>', 'item-x'],
    ['<0>-a', 'b_<0>', 'b_-a'],
    ['<0>-a', 'b-<0>', 'b-a'],
    ['order:<0>', 'order:<0>:<1>', undefined],
    ['order:<0>:items', 'order:<0>/items', undefined],
    ['user-<0>', 'user-<0>-name', undefined],
    ['user-<0>', 'user-<0>_name', 'user-x_name'],
    ['order:<0>', 'invoice:<0>', undefined],
    ['order:<0>', 'orders:<0>', undefined],
    ['<0>:a', '<0>:b', undefined],
    ['a:<0>', 'a:b', 'a:b'],
    ['a:<0>', 'a:', undefined],
    ['a:<0>', 'a:%3A', 'a:%3A'],
    ['a:<0>', 'a:%zz', undefined],
    ['a:<0>', 'a:%2F<0>', undefined],
    ['a/<0>', 'a/%2F<0>', 'a/%2Fx'],
    ['a:<0>é', 'a:<0>', 'a:xé'],
    ['a:<0>é', 'a:<0>é<1>', undefined],
  ])('%j and %j: %j', (a, b, key) => {
    const found = meet(a, b);
    if (key === undefined) expect(found).toBeUndefined();
    else expect(found).toHaveLength(key.length);
    expect(meet(b, a) === undefined).toBe(found === undefined);
    if (found !== undefined) for (const each of [a, b]) expect(found).toMatch(keysOf(each));
  });

  it('meet whenever they are found to give the same key, and the key that is told is one of both', () => {
    const random = new Random(7);
    const pick = <T>(from: readonly T[]): T => random.pick(from);
    const text = (chars: readonly string[], least: number, most: number): string =>
      Array.from({ length: random.between(least, most) }, () => pick(chars)).join('');
    const punctuation = ['/', '-', ':', '%', '.'];
    const template = (): string => {
      const count = random.between(1, 2);
      let made = pick(['', 'a', 'a:', 'a/']);
      for (let i = 0; i < count; i++) {
        made += `${i === 0 ? '' : pick(['/', ':', '-', 'a/', '%3A:', '-a'])}<${i}>`;
      }
      return made + pick(['', '', '/b', ':b', '-', 'b']);
    };
    const counts = { meeting: 0, apart: 0, collisions: 0 };
    for (let round = 0; round < 200; round++) {
      const [a, b] = [template(), template()];
      const key = meet(a, b);
      counts[key === undefined ? 'apart' : 'meeting']++;
      if (key !== undefined) for (const each of [a, b]) expect(key).toMatch(keysOf(each));
      const values = (): string[] => [
        text([...punctuation, 'a', 'b', '3', 'A'], 1, 4),
        text([...punctuation, 'b'], 1, 2),
      ];
      const given = new Set(Array.from({ length: 100 }, () => compileKey(a, 'spec')(values())[0]!));
      for (let i = 0; i < 100; i++) {
        const other = compileKey(b, 'spec')(values())[0]!;
        if (!given.has(other)) continue;
        counts.collisions++;
        expect([a, b, other, key]).not.toContain(undefined);
      }
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
  });

  it('are decided quickly, however long they are', () => {
    const long = (end: string): string => `${Array.from({ length: 20 }, (_, i) => `<${i}>/`).join('')}${end}`;
    const began = performance.now();
    meet(long('a'), long('b'));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

/** The keys of a template, as an expression of its own. */
function keysOf(template: string): RegExp {
  const parts = literals(template);
  const reserved = [...new Set(['%', ':', ...parts.join('').replace(/[A-Za-z0-9]/g, '')])];
  const quote = (text: string): string =>
    text.replace(/[^A-Za-z0-9]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  const escapes = reserved.map((char) =>
    Array.from(Buffer.from(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  const value = `(?:[^${reserved.map(quote).join('')}]|${escapes.map(quote).join('|')})+`;
  return new RegExp(`^${parts.map(quote).join(value)}$`, 'u');
}
