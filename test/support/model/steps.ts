/** What can be done to a {@link Scene}, and how steps are made up. */
import fc from 'fast-check';
import { ambushes } from './ambushes.js';
import { ALONE } from './caller.js';
import type { Wish } from './caller.js';
import type { Fate, MessageKind } from './fates.js';
import { BURSTS, KIND_STEPS } from './kind-steps.js';
import type { ProcessPlan } from './simulated-process.js';

export type Step =
  | { readonly do: 'acquire'; readonly process: number; readonly wish: Wish }
  | { readonly do: 'release' | 'cancel' | 'look'; readonly caller: number }
  | { readonly do: 'upgrade'; readonly caller: number; readonly wait: number }
  | { readonly do: 'downgrade'; readonly caller: number }
  /** Detaches a lock, and adopts it in another process after a while. */
  | { readonly do: 'move'; readonly caller: number; readonly process: number; readonly time: number }
  | { readonly do: 'renew'; readonly caller: number; readonly ttl: number | undefined }
  | { readonly do: 'pass'; readonly time: number }
  | { readonly do: 'fate'; readonly process: number; readonly kind: MessageKind | 'any'; readonly fate: Fate }
  | { readonly do: 'cut'; readonly process: number; readonly time: number; readonly way: Way }
  | { readonly do: 'break'; readonly process: number; readonly replay: boolean }
  | { readonly do: 'freeze'; readonly process: number; readonly time: number; readonly timersFirst: boolean }
  | { readonly do: 'crash'; readonly process: number };

/** What a cut takes away: requests, answers, both, or what is told of grants too. */
export type Way = 'out' | 'in' | 'both' | 'all';

export interface Schedule {
  readonly processes: readonly ProcessPlan[];
  readonly handOff: { readonly count: number; readonly time: number };
  /** Decides the jitter. */
  readonly chance: number;
  readonly steps: readonly Step[];
}

/** What goes wrong in a schedule. */
export type Trouble = 'nothing' | 'deafness' | 'connections' | 'anything';

export const KEYS = ['key', 'other'];

const { constant, constantFrom, record, integer, boolean, oneof } = fc;
const process = integer({ min: 0, max: 2 });
const caller = integer({ min: 0, max: 30 });
const time = constantFrom(1, 3, 10, 30, 60, 100, 300, 700, 1_000, 1_500, 2_500, 4_000);
const late = constantFrom(0, 0, 5, 30, 100, 300, 900, 2_200);
const ttl = constantFrom(100, 100, 200, 500, 1_000, 2_000, 5_000);

const wish: fc.Arbitrary<Wish> = record({
  key: fc.oneof({ weight: 6, arbitrary: constant('key') }, { weight: 1, arbitrary: constant('other') }),
  ttl,
  wait: constantFrom(Infinity, Infinity, Infinity, 0, 20, 300, 2_000, 6_000),
  autoRenew: fc.oneof({ weight: 2, arbitrary: constant(true) }, { weight: 1, arbitrary: constant(false) }),
  fair: fc.oneof({ weight: 4, arbitrary: constant(false) }, { weight: 1, arbitrary: constant(true) }),
  hold: constantFrom(0, 1, 5, 5, 40, 200, 1_200, 3_000, undefined),
  isSection: boolean(),
  cancelAfter: constantFrom(undefined, undefined, undefined, undefined, 0, 1, 3, 15, 40, 800),
}).map((asked) => ({ ...ALONE, ...asked }));

const fate: fc.Arbitrary<Fate> = record({
  request: constantFrom('arrives', 'arrives', 'arrives', 'lost', 'refused'),
  answer: constantFrom('arrives', 'arrives', 'lost'),
  requestDelay: late,
  answerDelay: late,
  again: constantFrom(undefined, undefined, 0, 1, 40, 400, 2_500),
});
/** On one connection nothing gets lost by itself, but a server may refuse, or take its time. */
const fateInOrder = fate.map((each): Fate => ({
  ...each,
  request: each.request === 'lost' ? 'arrives' : each.request,
  answer: 'arrives',
  again: undefined,
}));
const grantFate = fate.map((each) => ({
  ...each,
  request: each.request === 'refused' ? ('lost' as const) : each.request,
}));

const calm: fc.WeightedArbitrary<Step>[] = [
  { weight: 12, arbitrary: record({ do: constant('acquire'), process, wish }) },
  { weight: 3, arbitrary: record({ do: constant('release'), caller }) },
  { weight: 1, arbitrary: record({ do: constantFrom('cancel', 'look'), caller }) },
  { weight: 2, arbitrary: record({ do: constant('renew'), caller, ttl: oneof(constant(undefined), ttl) }) },
  { weight: 8, arbitrary: record({ do: constant('pass'), time }) },
];
const grants: fc.WeightedArbitrary<Step> = {
  weight: 6,
  arbitrary: record({ do: constant('fate'), process, kind: constant('grant'), fate: grantFate }),
};
const crash: fc.WeightedArbitrary<Step> = { weight: 1, arbitrary: record({ do: constant('crash'), process }) };
const freeze: fc.WeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: record({ do: constant('freeze'), process, time, timersFirst: boolean() }),
};
const connection: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 3,
    arbitrary: record({ do: constant('cut'), process, time, way: constantFrom<Way[]>('out', 'in', 'both', 'all') }),
  },
  { weight: 2, arbitrary: record({ do: constant('break'), process, replay: boolean() }) },
];
function fates(each: fc.Arbitrary<Fate>): fc.WeightedArbitrary<Step> {
  const kind = constantFrom('any', 'acquire', 'touch', 'release');
  return { weight: 6, arbitrary: record({ do: constant('fate'), process, kind, fate: each }) };
}

const steps: Record<Trouble, fc.WeightedArbitrary<Step>[]> = {
  nothing: calm,
  deafness: [...calm, grants, crash],
  connections: [...calm, grants, crash, freeze, ...connection, fates(fateInOrder)],
  anything: [...calm, grants, crash, freeze, ...connection, fates(fate)],
};

/** Schedules in which callers want locks of every kind, and convert and give away what they hold. */
export function schedulesOfKinds(trouble: Trouble): fc.Arbitrary<Schedule> {
  return schedules(trouble, KIND_STEPS, BURSTS);
}

export function schedules(
  trouble: Trouble,
  more: readonly fc.WeightedArbitrary<Step>[] = [],
  bursts: fc.Arbitrary<Step[]> = constant([]),
): fc.Arbitrary<Schedule> {
  const plan = record({
    latency: constantFrom(1, 1, 4, 15),
    inOrder: constant(trouble !== 'anything'),
    rate: constantFrom(1, 1, 0.99, 1.01),
  });
  const single = oneof(...steps[trouble], ...more).map((step) => [step]);
  const one = more.length > 0 ? oneof({ weight: 12, arbitrary: single }, { weight: 1, arbitrary: bursts }) : single;
  const isOnline = trouble === 'nothing' || trouble === 'deafness';
  const some = isOnline
    ? one
    : oneof(
        { weight: 20, arbitrary: one },
        { weight: 1, arbitrary: ambushes(trouble === 'connections' ? fateInOrder : fate, grantFate) },
      );
  return record({
    processes: fc.array(plan, { minLength: 3, maxLength: 3 }),
    handOff: record({ count: constantFrom(64, 3, 1, 0), time: constantFrom(50, 50, 5, 1_000) }),
    chance: integer({ min: 1, max: 1_000_000 }),
    steps: fc.array(some, { minLength: 1, maxLength: 60, size: 'max' }).map((list) => list.flat()),
  });
}
