/** Steps with locks of every kind: readers and writers, permits of different weights, several keys, margins. */
import fc from 'fast-check';
import type { ShareOptions } from '../../../lib/acquire.options.js';
import type { Wish } from './caller.js';
import type { Step } from './steps.js';

const { boolean, constant, constantFrom, integer, oneof, record, tuple } = fc;
const process = integer({ min: 0, max: 2 });
/** Those that came last hold most often. */
const caller = integer({ min: 0, max: 12 });

const share = constantFrom<ShareOptions>(
  ...Array.from({ length: 8 }, () => ({ mode: 'read' }) as const),
  { mode: 'write' },
  { mode: 'write' },
  { concurrency: 2 },
  { concurrency: 3 },
  { concurrency: 3 },
  { concurrency: 3, weight: 2 },
  { concurrency: 5, weight: 3 },
);
const often = <Value>(usual: Value, ...rare: Value[]): fc.Arbitrary<Value> =>
  oneof({ weight: 8, arbitrary: constant(usual) }, { weight: 1, arbitrary: constantFrom(...rare) });

const wish: fc.Arbitrary<Wish> = record({
  key: often('key', 'other'),
  share,
  also: oneof(
    { weight: 8, arbitrary: constant(undefined) },
    { weight: 1, arbitrary: constantFrom<ShareOptions>({}, { mode: 'read' }, { concurrency: 3 }) },
  ),
  ttl: constantFrom(200, 500, 500, 1_000, 5_000),
  wait: constantFrom(Infinity, Infinity, Infinity, 0, 20, 300, 2_000, 6_000),
  autoRenew: often(true, false),
  fair: often(false, true),
  minHold: often(0, 60, 700, 3_000),
  lockDelay: often(0, 50, 600, 2_000),
  hold: constantFrom(0, 1, 5, 40, 200, 200, 1_200, 3_000, undefined),
  isSection: boolean(),
  cancelAfter: often<number | undefined>(undefined, 0, 1, 3, 15, 40, 800),
}).map(({ also, ...asked }) => ({
  ...asked,
  also: also ? [{ key: asked.key === 'key' ? 'other' : 'key', share: also }] : [],
}));

/** Many at a time: so readers share a lease, and permits are asked for in a burst. */
const burst = tuple(process, wish, integer({ min: 2, max: 6 }));

export const KIND_STEPS: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 20, arbitrary: record({ do: constant('acquire'), process, wish }) },
  {
    weight: 5,
    arbitrary: record({ do: constant('upgrade'), caller, wait: constantFrom(0, 50, 1_000, 5_000, Infinity) }),
  },
  { weight: 2, arbitrary: record({ do: constant('downgrade'), caller }) },
  { weight: 2, arbitrary: record({ do: constant('move'), caller, process, time: constantFrom(0, 5, 80, 400, 1_500) }) },
];

/** Each becomes several steps. */
export const BURSTS: fc.Arbitrary<Step[]> = burst.map(([process, wish, count]) =>
  Array.from({ length: count }, () => ({ do: 'acquire', process, wish })),
);
