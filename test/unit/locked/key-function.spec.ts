/** Keys that a function computes, and keys in a list of templates, where they name their own shares. */
import { describe, expect, it } from '@jest/globals';
import { LockKeyError, LockOptionsError } from '../../../lib/lock.errors.js';
import { compileKey } from '../../../lib/locked/key-template.js';
import type { KeySpec } from '../../../lib/locked/key-template.types.js';

const keysOf = (spec: unknown, ...args: unknown[]): unknown => compileKey(spec as KeySpec, 'Bank.transfer')(args);

/** What `act` throws. */
function problemOf(act: () => unknown): unknown {
  try {
    act();
  } catch (problem) {
    return problem;
  }
  throw new Error('nothing was refused');
}

describe('a key function', () => {
  it('may return keys with shares of their own, which are passed on as they are', () => {
    const compare = (from: string, to: string): unknown => [{ key: `account:${from}`, mode: 'read' }, `account:${to}`];
    expect(keysOf(compare, 'a', 'b')).toEqual([{ key: 'account:a', mode: 'read' }, 'account:b']);
  });

  it('may name a key more than once', () => {
    expect(keysOf(() => ['a', 'b', 'a'])).toEqual(['a', 'b']);
    expect(
      keysOf(() => [
        { key: 'a', concurrency: 2 },
        { key: 'a', concurrency: 2 },
      ]),
    ).toHaveLength(2);
  });

  it('may not name a key with different shares, for which the arguments are to blame', () => {
    const compare = (from: string, to: string): unknown => [
      { key: from, mode: 'read' },
      { key: to, mode: 'write' },
    ];
    const problem = problemOf(() => keysOf(compare, 'a', 'a'));
    expect(problem).toBeInstanceOf(LockKeyError);
    expect(problem).toMatchObject({
      key: 'a',
      source: 'arguments',
      message: expect.stringMatching(/^Bank\.transfer: The key "a" stands twice in one list, with different shares\./),
    });
  });

  it.each([
    ['a mode', { key: 'a', mode: 'reed' }, /^Bank\.transfer: The key "a": Invalid option `mode`: .*got "reed"/],
    ['a weight', { key: 'a', concurrency: 2, weight: 3 }, /^Bank\.transfer: The key "a": Invalid option `weight`/],
    ['an option', { key: 'a', wait: 0 }, /^Bank\.transfer: The key "a": "wait" is not an option of a key in a list/],
  ])('is told of %s that a key may not have', (_, entry, message) => {
    const problem = problemOf(() => keysOf(() => ['b', entry]));
    expect(problem).toBeInstanceOf(LockOptionsError);
    expect(problem).toMatchObject({ key: 'a', message: expect.stringMatching(message) });
  });

  it.each([
    [{}],
    [{ mode: 'read' }],
    [{ key: '' }],
    [{ key: 5 }],
    [{ key: { key: 'a' } }],
    [['a']],
    [null],
    [undefined],
  ])('is told that %j is no key', (entry) => {
    const problem = problemOf(() => keysOf(() => ['b', entry]));
    expect(problem).toBeInstanceOf(LockKeyError);
    expect(problem).toMatchObject({
      source: 'arguments',
      message: expect.stringMatching(/^Bank\.transfer: .* element 1 is .* or an object with such a `key`\.$/),
    });
  });

  it('returns a list where a key has a share of its own', () => {
    expect(() => keysOf(() => ({ key: 'a', mode: 'read' }))).toThrow(/returned an object.*list of one or more/);
  });

  it('checks the text of a key that has a share', () => {
    expect(() => keysOf(() => [{ key: '\ud800' }])).toThrow(/is not well-formed Unicode/);
  });

  it('keeps an error of an object that it returned', () => {
    const error = new Error('a getter that throws');
    const entry = {
      key: 'a',
      get mode(): never {
        throw error;
      },
    };
    expect(problemOf(() => keysOf(() => [entry]))).toBe(error);
  });
});

describe('a list of templates', () => {
  it('may have entries with shares of their own', () => {
    const spec = [{ key: 'account:<0.id>', mode: 'read' }, 'account:<1>'];
    expect(keysOf(spec, { id: 'a/b' }, 'c')).toEqual([{ key: 'account:a/b', mode: 'read' }, 'account:c']);
    expect(keysOf([{ key: 'order:<0>', concurrency: 3, weight: 2 }], 'a:b')).toEqual([
      { key: 'order:a%3Ab', concurrency: 3, weight: 2 },
    ]);
  });

  it('is refused at a call whose arguments give one key with different shares', () => {
    const spec = [{ key: 'account:<0>', mode: 'read' }, 'account:<1>'];
    expect(keysOf(spec, 'a', 'b')).toHaveLength(2);
    expect(problemOf(() => keysOf(spec, 'a', 'a'))).toMatchObject({ code: 'LOCK_KEY', source: 'arguments' });
  });

  it.each([
    [{ key: 'a:<0>', mode: 'reed' }, 'LOCK_OPTIONS', /^Bank\.transfer: The key "a:<0>": Invalid option `mode`/],
    [{ key: 'a:<0>', mod: 'read' }, 'LOCK_OPTIONS', /Did you mean `mode`\?/],
    [{ key: 'a:<0' }, 'LOCK_KEY', /^Bank\.transfer: .*no ">" closes/],
    [{ key: '' }, 'LOCK_KEY', /^Bank\.transfer: an empty key template/],
    [{ mode: 'read' }, 'LOCK_KEY', /^Bank\.transfer: undefined cannot name a lock/],
    [['a'], 'LOCK_KEY', /^Bank\.transfer: an array cannot name a lock/],
    [null, 'LOCK_KEY', /^Bank\.transfer: null cannot name a lock/],
  ])('is refused when the class is defined: %j', (entry, code, message) => {
    const problem = problemOf(() => compileKey([entry] as never, 'Bank.transfer'));
    expect(problem).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
