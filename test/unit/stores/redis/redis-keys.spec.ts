/** Names in Redis: one slot per key, and never one name for two keys. */
import { describe, expect, it } from '@jest/globals';
import { isSlotSafePrefix, keyOfRecord, recordName } from '../../../../lib/stores/redis/redis-keys.js';
import { BESIDE } from '../../../../lib/stores/redis/scripts/record.js';

/** The record, and what lies beside it, as the scripts name them. */
function redisKeys(prefix: string, key: string): string[] {
  const record = recordName(prefix, key);
  return [record, ...BESIDE.map((part) => record + part)];
}

/** What a cluster hashes: what lies between the first `{` and the first `}` after it, or everything. */
function hashed(name: string): string {
  return /^[^{]*\{([^}]+)\}/.exec(name)?.[1] ?? name;
}

const NASTY = [
  '{',
  '}',
  '{}',
  '}{',
  '{a}',
  '}a',
  'a}',
  'a}b',
  'a{b',
  '}}',
  '%',
  '%7D',
  '%25',
  '%7Da',
  '%257D',
  ':line',
  'a}:line',
  ':ends',
  'a}:shares',
  '🔒',
  ' ',
];

/** Every string of up to four of these characters. */
const WORDS = (() => {
  const words = [''];
  for (let from = 0, length = 1; length <= 4; length++) {
    const to = words.length;
    for (; from < to; from++) for (const char of ['{', '}', '%', 'a', ':']) words.push(words[from] + char);
  }
  return words.slice(1);
})();

describe('the names of a key in Redis', () => {
  it('are readable', () => {
    expect(recordName('lock', 'order:42')).toBe('lock:{order:42}');
  });

  it.each(NASTY)('lie in one slot: %p', (key) => {
    for (const prefix of ['lock', '{locks}', 'a}b']) {
      expect(isSlotSafePrefix(prefix)).toBe(true);
      const slots = redisKeys(prefix, key).map(hashed);
      expect(slots[0]).not.toBe(redisKeys(prefix, key)[0]);
      expect(new Set(slots).size).toBe(1);
    }
  });

  it('lie in one slot whatever the key is made of', () => {
    const scattered = WORDS.filter((key) => new Set(redisKeys('lock', key).map(hashed)).size > 1);
    expect(scattered).toEqual([]);
  });

  it('are never those of another key', () => {
    const keys = [...NASTY, ...WORDS];
    const names = keys.flatMap((key) => redisKeys('lock', key));
    expect(new Set(names).size).toBe(new Set(keys).size * (1 + BESIDE.length));
  });

  it('spread over slots, one for each key', () => {
    expect(new Set(['a', 'b', 'order:1', 'order:2'].map((key) => hashed(redisKeys('lock', key)[0]!))).size).toBe(4);
  });
});

describe('a prefix', () => {
  it.each(['lock', 'my:app', '{locks}', 'x{y}z', 'a}b'])('%p is safe', (prefix) => {
    expect(isSlotSafePrefix(prefix)).toBe(true);
  });

  it.each(['{', 'a{', '{}', '{a', '{}{a}'])('%p is not', (prefix) => {
    expect(isSlotSafePrefix(prefix)).toBe(false);
  });
});

describe('the key of a name', () => {
  it.each(NASTY)('is found again: %s', (key) => {
    expect(keyOfRecord('lock', recordName('lock', key))).toBe(key);
    for (const beside of BESIDE) expect(keyOfRecord('lock', recordName('lock', key) + beside)).toBeUndefined();
  });

  it.each(['lock:process:a', 'lock:{}', 'lock:{}a}', 'lock:{%a}', 'other:{a}', 'lock:{a'])('is no key: %s', (name) => {
    expect(keyOfRecord('lock', name)).toBeUndefined();
  });
});
