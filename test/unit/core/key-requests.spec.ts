/** What a call locks: keys, each with a share of its own or with that of the call. */
import { describe, expect, it } from '@jest/globals';
import type { LockKeys } from '../../../lib/acquire.options.js';
import { EXCLUSIVE, READ } from '../../../lib/core/admission.js';
import { readKey, readKeyRequests } from '../../../lib/core/key-requests.js';
import { LockKeyError, LockOptionsError } from '../../../lib/lock.errors.js';

const NO_KEYS: [unknown][] = [
  [''],
  ['\ud800'],
  [undefined],
  [null],
  [1],
  [{}],
  [[]],
  [['a', '']],
  [['a', undefined]],
  [[['a']]],
];

const read = (keys: unknown): unknown => readKeyRequests(keys as LockKeys, 1_024);

describe('keys', () => {
  it('are a string, or several without repetitions as they were given', () => {
    expect(read('a')).toBe('a');
    expect(read(['b', 'a', 'b'])).toEqual([
      { key: 'b', share: undefined },
      { key: 'a', share: undefined },
    ]);
    expect(read('{}🔒 \n')).toBe('{}🔒 \n');
  });

  it.each(NO_KEYS)('%p are none', (keys) => {
    expect(() => read(keys)).toThrow(LockKeyError);
  });
});

describe('a key with a share', () => {
  it('stands beside keys that have that of the call, as they were given', () => {
    expect(read(['b', { key: 'a', mode: 'read' }, { key: 'c', concurrency: 5, weight: 2 }, { key: 'd' }])).toEqual([
      { key: 'b', share: undefined },
      { key: 'a', share: READ },
      { key: 'c', share: { limit: 5, weight: 2 } },
      { key: 'd', share: undefined },
    ]);
  });

  it('is read once, whatever its object does', () => {
    let reads = 0;
    const changing = {
      get key() {
        return reads++ === 0 ? 'a' : undefined;
      },
      mode: 'bad',
    };
    expect(() => read([changing])).toThrow(LockOptionsError);
  });

  it('may be the only one of its list', () => {
    expect(read([{ key: 'a', mode: 'write' }])).toEqual([{ key: 'a', share: EXCLUSIVE }]);
  });

  it('is a key by itself where the list names no share and no other', () => {
    expect(read('a')).toBe('a');
    expect(read(['a'])).toBe('a');
    expect(read(['a', { key: 'a' }, { key: 'a', mode: undefined }])).toBe('a');
  });

  it('counts once where it is named twice with the same share', () => {
    const twice = [{ key: 'a', mode: 'read' }, 'b', { key: 'a', mode: 'read', weight: undefined }];
    expect(read(twice)).toEqual([
      { key: 'a', share: READ },
      { key: 'b', share: undefined },
    ]);
    expect(
      read([
        { key: 'a', mode: 'write' },
        { key: 'a', concurrency: 1 },
      ]),
    ).toHaveLength(1);
  });

  it.each([
    [[{ key: 'a', mode: 'read' }, 'a']],
    [['a', { key: 'a', mode: 'read' }]],
    [[{ key: 'a', mode: 'write' }, 'a']],
    [
      [
        { key: 'a', concurrency: 2 },
        { key: 'a', concurrency: 3 },
      ],
    ],
    [
      [
        { key: 'a', concurrency: 2 },
        { key: 'a', concurrency: 2, weight: 2 },
      ],
    ],
  ])('is refused where it is named twice with different shares: %j', (keys) => {
    expect(() => read(keys)).toThrow(LockKeyError);
    expect(() => read(keys)).toThrow(/"a" stands twice in one list, with different shares/);
  });

  it.each([
    [{ key: 'a', mode: 'reed' }, /^The key "a": Invalid option `mode`: .*got "reed"/],
    [{ key: 'a', mode: 'read', concurrency: 2 }, /^The key "a": Invalid option `concurrency`/],
    [{ key: 'a', weight: 2 }, /^The key "a": Invalid option `weight`/],
    [{ key: 'a', mod: 'read' }, /^The key "a": "mod" is not an option of a key in a list\. Did you mean `mode`\?/],
    [{ key: 'a', ttl: 5_000 }, /^The key "a": "ttl" is not an option of a key in a list\./],
  ])('is refused with a bad share: %j', (entry, message) => {
    const problem = problemOf(() => read(['b', entry]));
    expect(problem).toBeInstanceOf(LockOptionsError);
    expect(problem).toMatchObject({ key: 'a', message: expect.stringMatching(message) });
  });

  it.each<[unknown]>([
    ...NO_KEYS,
    [[{ mode: 'read' }]],
    [[{ key: '' }]],
    [[{ key: 5 }]],
    [[{ key: ['a'] }]],
    [Array(2)],
  ])('is none: %p', (keys) => {
    expect(() => read(keys)).toThrow(LockKeyError);
  });

  it('may not be longer than a key may be', () => {
    expect(() => read(['x'.repeat(1_025)])).toThrow(/at most 1024 bytes, got 1025 bytes/);
    expect(() => read([{ key: '鍵'.repeat(342) }])).toThrow(/at most 1024 bytes, got 1026 bytes/);
    expect(read(['鍵'.repeat(341)])).toBe('鍵'.repeat(341));
  });

  it('keeps an error of the object itself', () => {
    const error = new Error('a getter that throws');
    const entry = {
      key: 'a',
      get mode(): never {
        throw error;
      },
    };
    expect(problemOf(() => read([entry]))).toBe(error);
  });
});

describe('one key', () => {
  it('is a string, and no list', () => {
    expect(readKey('a', 'inspect()')).toBe('a');
    for (const key of ['', '\ud800', ['a'], { key: 'a' }, undefined] as never[]) {
      expect(() => readKey(key, 'inspect()')).toThrow(/^Invalid key of inspect\(\)/);
    }
    expect(() => readKey('abc', 'inspect()', 2)).toThrow(LockKeyError);
  });
});

function problemOf(act: () => unknown): unknown {
  try {
    act();
  } catch (problem) {
    return problem;
  }
  return undefined;
}
