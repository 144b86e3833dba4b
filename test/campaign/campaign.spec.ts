/** A short slice of the campaign: everything mixed, once. `npm run campaign` plays as many rounds as one likes. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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

it('can be started as a program', () => {
  const program = fileURLToPath(new URL('run.mjs', import.meta.url));
  expect(execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' })).toContain('--rounds');
}, 60_000);
