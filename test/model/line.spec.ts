/**
 * The line, the leases and what they promise, on schedules that nobody thought of. `MODEL_RUNS=5000 npm test --
 * test/model` tries more of them than the suite has time for, `MODEL_SEED` others.
 */
import { schedules } from '../support/model/steps.js';
import { keepsPromises } from '../support/model/whatever.js';

describe('whatever callers of three processes do, every promise is kept', () => {
  keepsPromises(schedules, { runs: 300, seed: 20_261_125, msPerRun: 200 });
});
