/** What the holders of a shared key take is kept up step by step: it is always what looking at each of them would give. */
import { describe, expect, it } from '@jest/globals';
import { admits, occupancyOf, READ } from '../../../../lib/core/admission.js';
import type { LeaseShare } from '../../../../lib/stores/lock-store.js';
import { Sharers } from '../../../../lib/stores/memory/sharers.js';
import { random } from '../../../../lib/testing/contract/schedule/random.js';

const SHARES: readonly LeaseShare[] = [READ, { limit: 9, weight: 1 }, { limit: 9, weight: 4 }, { limit: 5, weight: 2 }];

describe('the holders of a shared key', () => {
  it.each([1, 2, 3, 4, 5])('take what each of them takes, whoever comes, goes, lapses or changes (seed %d)', (seed) => {
    const { pick, below } = random(seed);
    const sharers = new Sharers();
    const ends = new Map<string, number>();
    for (let now = 0; now < 400; now++) {
      const token = `token ${below(20)}`;
      const sharer = sharers.get(token);
      const end = now + 1 + below(40);
      if (!sharer) sharers.add(token, now + 1, pick(SHARES), end);
      else if (below(3) === 0) sharers.remove(sharer);
      else if (below(2) === 0) sharers.change(sharer, pick(SHARES));
      if (sharers.get(token)) sharers.extend(sharers.get(token)!, end);
      ends.set(token, end);
      sharers.removeLapsed(now);

      const states = sharers.states(now);
      expect({ weight: sharers.weight, limit: sharers.limit, size: sharers.size }).toEqual({
        ...occupancyOf(states),
        size: states.length,
      });
      expect(sharers.firstEnd).toBe(Math.min(Infinity, ...states.map((each) => ends.get(each.token)!)));
      const wanted = pick(SHARES);
      const granted = states.map((each) => sharers.admitsInstead(sharers.get(each.token)!, wanted));
      const others = states.map((each) => occupancyOf(states.filter((other) => other !== each)));
      expect(granted).toEqual(others.map((each) => admits(each, wanted)));
    }
  });

  it('are told once when a wish may be granted', () => {
    const sharers = new Sharers();
    for (const token of ['a', 'b']) sharers.add(token, 1, READ, 10);
    sharers.note(sharers.get('a')!, { limit: 1, weight: 1 });
    expect(sharers.admits(READ)).toBe(false);
    expect(sharers.nextToTell()).toBeUndefined();
    sharers.remove(sharers.get('b')!);
    expect([sharers.nextToTell()?.token, sharers.nextToTell()]).toEqual(['a', undefined]);
    sharers.remove(sharers.get('a')!);
    expect(sharers.admits(READ)).toBe(true);
  });
});
