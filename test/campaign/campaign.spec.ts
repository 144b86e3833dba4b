/** A short slice of the campaign: everything mixed, once. `npm run campaign` plays as many rounds as one likes. */
import { builtPath } from '../support/processes/build.mjs';
import { FAULTS } from './plan.js';
import { playRound } from './round.js';

/** Its plan has most kinds of faults. */
const SEED = 157;

it('one round of all faults, mixed, in which no promise is broken', async () => {
  const program = builtPath('test/campaign/worker.ts');
  const { faults, counts, plan } = await playRound({ seed: SEED, seconds: 6, faults: FAULTS, program });
  expect(faults).toEqual([]);
  expect(new Set(plan.map(({ name }) => name)).size).toBeGreaterThanOrEqual(8);
  expect(counts.calls).toBeGreaterThan(200);
  expect(counts.holds).toBeGreaterThan(100);
}, 120_000);
