/**
 * Random schedules: a few hundred requests of four tokens and their successors for two keys, in an order that a seed
 * decides, with answers and states compared with a reference model. Where the harness owns the clock, time passes between
 * requests too.
 */
import { ok } from 'node:assert/strict';
import type { Cases } from '../cases.js';
import { LONG } from '../driver.js';
import { Schedule } from '../schedule/schedule.js';

const STEPS = 400;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const SHORT_TIMES = { timing: { claimWindow: 200, placeLife: 300 }, ttls: [100, 150, 400, LONG] };
const LONG_TIMES = { timing: { claimWindow: LONG, placeLife: LONG }, ttls: [LONG] };

export function scheduleCases({ it }: Cases): void {
  for (const seed of SEEDS)
    it(`are answered as the model answers them, seed ${seed}`, async (scene) => {
      const { timing, ttls } = scene.hasFakeClock ? SHORT_TIMES : LONG_TIMES;
      const schedule = new Schedule(scene, await scene.open(timing), timing, ttls, seed);
      for (let step = 1; step <= STEPS; step++) {
        try {
          await schedule.step();
        } catch (error) {
          const what = `seed ${seed}, step ${step}, ${schedule.action}`;
          throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
        }
      }
      for (const grants of schedule.grantsByKey) ok(grants > 20, `Only ${grants} grants of a key were seen.`);
    });
}
