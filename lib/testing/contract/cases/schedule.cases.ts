/**
 * Random schedules: a few hundred requests of a few tokens and their successors for two keys, in an order that a seed
 * decides, with answers and states compared with a reference model. Where the harness owns the clock, time passes between
 * requests too.
 */
import { ok } from 'node:assert/strict';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, LONG, READ } from '../driver.js';
import { Schedule } from '../schedule/schedule.js';
import type { ScheduleKind } from '../schedule/schedule.js';

const STEPS = 400;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const SHORT_TIMES = { timing: { claimWindow: 200, placeLife: 300 }, ttls: [100, 150, 400, LONG] };
const LONG_TIMES = { timing: { claimWindow: LONG, placeLife: LONG }, ttls: [LONG] };

/** Releases are more frequent than the rest, so that leases move on. */
const ACTIONS = ['acquire', 'join', 'touch', 'release', 'release', 'pass', 'pass', 'replay', 'advance'] as const;

/** Releases are less frequent, so that holders meet. */
const SHARED_ACTIONS = [
  ...ACTIONS.filter((name) => name !== 'release'),
  'release',
  'join',
  'convert',
  'convert',
  'together',
] as const;
const SHARES = [EXCLUSIVE, READ, READ, atMost(2), atMost(3), atMost(3, 2), atMost(4, 4)];

/** On keys that one token holds at a time. */
export function scheduleCases(cases: Cases): void {
  declare(cases, { actions: ACTIONS, shares: [EXCLUSIVE], tokens: 4 }, 20);
}

/** On keys that are shared, or not, as it comes. */
export function shareScheduleCases(cases: Cases): void {
  declare(cases, { actions: SHARED_ACTIONS, shares: SHARES, tokens: 6 }, 10);
}

function declare({ it }: Cases, kind: Omit<ScheduleKind, 'timing' | 'ttls'>, atLeast: number): void {
  for (const seed of SEEDS)
    it(`are answered as the model answers them, seed ${seed}`, async (scene) => {
      const times = scene.hasFakeClock ? SHORT_TIMES : LONG_TIMES;
      const schedule = new Schedule(scene, await scene.open(times.timing), { ...kind, ...times }, seed);
      for (let step = 1; step <= STEPS; step++) {
        try {
          await schedule.step();
        } catch (error) {
          const what = `seed ${seed}, step ${step}, ${schedule.action}`;
          throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
        }
      }
      for (const grants of schedule.grantsByKey) ok(grants > atLeast, `Only ${grants} grants of a key were seen.`);
    });
}
