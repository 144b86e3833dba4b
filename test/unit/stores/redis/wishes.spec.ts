/** Which tokens wait to be converted, and for how long that is remembered. */
import { describe, expect, it } from '@jest/globals';
import { Wishes } from '../../../../lib/stores/redis/wishes.js';
import { advance, useFakeClock } from '../../../support/fakes/fake-clock.js';

describe('wishes', () => {
  useFakeClock();

  it('are known until they end', () => {
    const wishes = new Wishes();
    expect(wishes.some).toBe(false);
    wishes.add('a', 1_000);
    expect([wishes.has('a'), wishes.has('b')]).toEqual([true, false]);
    wishes.delete('b');
    expect(wishes.some).toBe(true);
    wishes.delete('a');
    expect(wishes.some).toBe(false);
    wishes.delete('a');
    expect(wishes.has('a')).toBe(false);
  });

  it('are forgotten in the end, unless they are made again', async () => {
    const wishes = new Wishes();
    for (const token of ['a', 'b']) wishes.add(token, 1_000);
    await advance(59_000);
    wishes.add('a', 120_000);
    await advance(2_000);
    wishes.add('c', 1_000);
    expect(['a', 'b', 'c'].map((token) => wishes.has(token))).toEqual([true, false, true]);
    await advance(100_000);
    wishes.add('d', 1_000);
    expect(['a', 'c', 'd'].map((token) => wishes.has(token))).toEqual([true, true, true]);
    await advance(120_000);
    wishes.add('e', 1_000);
    expect(['a', 'c', 'd', 'e'].map((token) => wishes.has(token))).toEqual([false, false, false, true]);
  });
});
