/** Steps that belong together: by chance alone they hardly ever come in this order. */
import fc from 'fast-check';
import { ALONE } from './caller.js';
import type { Wish } from './caller.js';
import type { Fate } from './fates.js';
import type { Step, Way } from './steps.js';

const { boolean, constantFrom, integer, record } = fc;
const STAY = { ...ALONE, key: 'key', wait: Infinity, isSection: false, cancelAfter: undefined, autoRenew: true };
const victim = integer({ min: 0, max: 2 });

/**
 * What a grant has to survive: its waiter hears of it late, a touch that crossed it is not answered, and the claim does not
 * arrive, while others wait for the key. By chance alone all of that hardly ever comes together.
 */
function lateGrant(each: fc.Arbitrary<Fate>, grant: fc.Arbitrary<Fate>): fc.Arbitrary<Step[]> {
  return record({
    victim,
    ttl: constantFrom(100, 200, 500, 1_000, 2_000, 5_000),
    hold: constantFrom(300, 700, 1_000, 1_300, 1_900),
    isFair: boolean(),
    fates: fc.tuple(each, grant),
    before: constantFrom(1, 200, 600, 900, 1_100),
    between: constantFrom(1, 30, 100, 400, 1_000),
    way: constantFrom<Way[]>('out', 'out', 'both'),
  }).map(({ victim, ttl, hold, isFair, fates, before, between, way }) => {
    const [holder, rival] = [(victim + 1) % 3, (victim + 2) % 3];
    const wish = (ttl: number, hold: number): Wish => ({ ...STAY, ttl, hold, fair: isFair });
    return [
      { do: 'acquire', process: holder, wish: wish(1_000, hold) },
      { do: 'pass', time: 10 },
      { do: 'acquire', process: victim, wish: wish(ttl, 4_000) },
      { do: 'acquire', process: rival, wish: wish(1_000, 3_000) },
      { do: 'fate', process: victim, kind: 'grant', fate: fates[1] },
      { do: 'pass', time: before },
      { do: 'fate', process: victim, kind: 'touch', fate: fates[0] },
      { do: 'pass', time: between },
      { do: 'cut', process: victim, time: 4_000, way },
      { do: 'pass', time: 4_000 },
    ];
  });
}

/**
 * What a shorter renewal has to survive: an older one is answered after it, and its own answer does not come, while
 * somebody else waits for the key.
 */
function shorterRenewal(each: fc.Arbitrary<Fate>): fc.Arbitrary<Step[]> {
  return record({
    victim,
    ttl: constantFrom(1_000, 2_000, 5_000),
    shorter: constantFrom(100, 300),
    fates: fc.tuple(each, each),
    between: constantFrom(0, 1, 10, 30),
  }).map(({ victim, ttl, shorter, fates, between }) => {
    const wish = (ttl: number, hold: number): Wish => ({ ...STAY, ttl, hold, fair: false });
    return [
      { do: 'acquire', process: victim, wish: wish(ttl, 6_000) },
      { do: 'pass', time: 10 },
      { do: 'acquire', process: (victim + 1) % 3, wish: wish(1_000, 2_000) },
      { do: 'fate', process: victim, kind: 'touch', fate: fates[0] },
      { do: 'renew', caller: 1, ttl: undefined },
      { do: 'pass', time: between },
      { do: 'fate', process: victim, kind: 'touch', fate: fates[1] },
      { do: 'renew', caller: 1, ttl: shorter },
      { do: 'cut', process: victim, time: 4_000, way: 'out' },
      { do: 'pass', time: 4_000 },
    ];
  });
}

export function ambushes(each: fc.Arbitrary<Fate>, grant: fc.Arbitrary<Fate>): fc.Arbitrary<Step[]> {
  return fc.oneof(lateGrant(each, grant), shorterRenewal(each));
}
