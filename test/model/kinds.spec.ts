/**
 * Locks of every kind on one key, on schedules that nobody thought of: readers and writers, permits of different weights,
 * several keys, conversions, locks that are given away, `minHold` and `lockDelay`. `MODEL_RUNS` and `MODEL_SEED` as in
 * `line.spec.ts`.
 */
import fc from 'fast-check';
import { play } from '../support/model/scene.js';
import { schedulesOfKinds } from '../support/model/steps.js';
import type { Trouble } from '../support/model/steps.js';

const runs = Number(process.env['MODEL_RUNS'] ?? 100);
const seed = Number(process.env['MODEL_SEED'] ?? 20_261_128);

describe('whatever is asked for, holders are as many as the rule lets in', () => {
  it.each<[Trouble, string]>([
    ['nothing', 'when nothing goes wrong'],
    ['deafness', 'when grants are not heard and processes die'],
    ['connections', 'when connections fail and processes stand still'],
    ['anything', 'when any message can be lost, late, early or doubled'],
  ])(
    '%s: %s',
    async (trouble) => {
      const property = fc.asyncProperty(schedulesOfKinds(trouble), async (schedule) => {
        expect(await play(schedule, trouble)).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns: runs, endOnFailure: false });
    },
    30_000 + runs * 400,
  );
});
