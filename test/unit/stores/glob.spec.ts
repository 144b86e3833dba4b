/** Patterns for keys: what they match, and what of them is meant literally. */
import { describe, expect, it } from '@jest/globals';
import { globMatcher, literalsOf } from '../../../lib/stores/glob.js';

describe('globMatcher', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['a**c', 'ac', true],
    ['?', 'ä', true],
    ['?', '😀', true],
    ['?', '', false],
    ['[ab]x', 'bx', true],
    ['[a-c]x', 'bx', true],
    ['[c-a]x', 'bx', true],
    ['[^a]x', 'ax', false],
    ['[^a]x', 'bx', true],
    ['[\\]]', ']', true],
    ['[ab', 'a', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\', 'a\\', true],
  ])('%s and %s: %s', (pattern, text, fits) => {
    expect(globMatcher(pattern)(text)).toBe(fits);
  });

  it('is not slow, whatever the pattern', () => {
    // Some ways of matching would not end within the life of this computer.
    expect(globMatcher('*a'.repeat(30) + 'b')('a'.repeat(1_000))).toBe(false);
  });
});

describe('literalsOf', () => {
  it.each([
    ['abc', ['abc']],
    ['*', ['', '']],
    ['a*b', ['a', 'b']],
    ['a?*[x]b*', ['a', 'b', '']],
    ['\\*a[', ['*a', '']],
  ])('%s', (pattern, literals) => {
    expect(literalsOf(pattern)).toEqual(literals);
  });
});
