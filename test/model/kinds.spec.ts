/**
 * Locks of every kind on one key, on schedules that nobody thought of: readers and writers, permits of different weights,
 * several keys, conversions, locks that are given away, `minHold` and `lockDelay`. `MODEL_RUNS` and `MODEL_SEED` as in
 * `line.spec.ts`.
 */
import { schedulesOfKinds } from '../support/model/steps.js';
import { keepsPromises } from '../support/model/whatever.js';

describe('whatever is asked for, holders are as many as the rule lets in', () => {
  keepsPromises(schedulesOfKinds, { runs: 200, seed: 20_261_128, msPerRun: 400 });
});
