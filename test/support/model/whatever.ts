/** Plays schedules that nobody thought of, with every kind of trouble, and expects that all promises are kept. */
import fc from 'fast-check';
import { play } from './scene.js';
import type { schedules, Trouble } from './steps.js';

/**
 * Declares a test for each kind of trouble. `MODEL_RUNS` and `MODEL_SEED` stand in for the numbers that the suite has time
 * for. On a machine with much else to do there are fewer runs, and no failure for want of time.
 */
export function keepsPromises(
  schedulesOf: typeof schedules,
  suite: { readonly runs: number; readonly seed: number; readonly msPerRun: number },
): void {
  const numRuns = Number(process.env['MODEL_RUNS'] ?? suite.runs);
  const seed = Number(process.env['MODEL_SEED'] ?? suite.seed);
  it.each<[Trouble, string]>([
    ['nothing', 'when nothing goes wrong'],
    ['deafness', 'when grants are not heard and processes die'],
    ['connections', 'when connections fail and processes stand still'],
    ['anything', 'when any message can be lost, late, early or doubled'],
  ])(
    '%s: %s',
    async (trouble) => {
      const property = fc.asyncProperty(schedulesOf(trouble), async (schedule) => {
        expect(await play(schedule, trouble)).toEqual([]);
      });
      const interruptAfterTimeLimit = numRuns * suite.msPerRun;
      await fc.assert(property, { seed, numRuns, endOnFailure: false, interruptAfterTimeLimit });
    },
    60_000 + 2 * numRuns * suite.msPerRun,
  );
}
