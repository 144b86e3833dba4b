/** Short ways to write a {@link Schedule} down by hand. */
import type { Wish } from './caller.js';
import { UNEVENTFUL } from './fates.js';
import type { Fate, MessageKind } from './fates.js';
import type { Schedule, Step } from './steps.js';

const PLAN = { latency: 1, inOrder: true, rate: 1 };

const WISH: Wish = {
  key: 'key',
  share: {},
  also: [],
  ttl: 1_000,
  wait: Infinity,
  autoRenew: true,
  fair: false,
  minHold: 0,
  lockDelay: 0,
  hold: 0,
  isSection: false,
  cancelAfter: undefined,
};

export function schedule(...steps: Step[]): Schedule {
  return { processes: [PLAN, PLAN, PLAN], handOff: { count: 64, time: 50 }, chance: 1, steps };
}

export function acquire(process: number, wish: Partial<Wish> = {}): Step {
  return { do: 'acquire', process, wish: { ...WISH, ...wish } };
}

export function pass(time: number): Step {
  return { do: 'pass', time };
}

/** What happens to the next message of a kind. */
export function next(process: number, kind: MessageKind, fate: Partial<Fate>): Step {
  return { do: 'fate', process, kind, fate: { ...UNEVENTFUL, ...fate } };
}
