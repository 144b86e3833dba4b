/**
 * The line, the leases and what they promise, on schedules that nobody thought of. `MODEL_RUNS=5000 npm test --
 * test/model` tries more of them than the suite has time for, `MODEL_SEED` others.
 */
import fc from 'fast-check';
import { play } from '../support/model/scene.js';
import { schedules } from '../support/model/steps.js';
import type { Trouble } from '../support/model/steps.js';

const runs = Number(process.env['MODEL_RUNS'] ?? 300);
const seed = Number(process.env['MODEL_SEED'] ?? 20_261_125);

describe('whatever callers of three processes do, every promise is kept', () => {
  it.each<[Trouble, string]>([
    ['nothing', 'when nothing goes wrong'],
    ['deafness', 'when grants are not heard and processes die'],
    ['connections', 'when connections fail and processes stand still'],
    ['anything', 'when any message can be lost, late, early or doubled'],
  ])(
    '%s: %s',
    async (trouble) => {
      const property = fc.asyncProperty(schedules(trouble), async (schedule) => {
        expect(await play(schedule, trouble)).toEqual([]);
      });
      await fc.assert(property, { seed, numRuns: runs, endOnFailure: false });
    },
    30_000 + runs * 200,
  );
});
