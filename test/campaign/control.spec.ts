/** Workers that lock badly on purpose are caught by every rule that they break, and good ones by none. */
import { builtPath } from '../support/processes/build.mjs';
import { LIMITS } from './aftermath.js';
import { playRound } from './round.js';
import type { Rule } from './verdict/fault.js';
import type { Flaw } from './worker/settings.js';

const limits = { ...LIMITS, finish: 6_000, close: 2_000 };
const TIMEOUT_MS = 120_000;

async function rulesBrokenBy(...flaws: Flaw[]): Promise<Rule[]> {
  const program = builtPath('test/campaign/worker.ts');
  const { faults, counts } = await playRound({ seed: 11, seconds: 2, faults: [], program, flaws, limits });
  expect(counts.holds).toBeGreaterThan(50);
  return [...new Set(faults.map(({ rule }) => rule))].sort();
}

it(
  'those that do what they can break no rule',
  async () => {
    expect(await rulesBrokenBy('none')).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'those that believe for ever, forge fencing tokens, tell nobody of a loss, and begin too late',
  async () => {
    const rules = ['exclusion', 'fencing', 'late start', 'loss'];
    expect(await rulesBrokenBy('believes', 'forges', 'silent', 'tardy')).toEqual(expect.arrayContaining(rules));
  },
  TIMEOUT_MS,
);

it(
  'those that never settle, leave keys behind, live for ever, and die',
  async () => {
    const rules = ['left behind', 'process', 'settling'];
    expect(await rulesBrokenBy('stuck', 'litters', 'clings', 'dies')).toEqual(expect.arrayContaining(rules));
  },
  TIMEOUT_MS,
);

it(
  'those that let one more in than may come in, and readers beside a writer',
  async () => {
    expect(await rulesBrokenBy('crowds')).toContain('exclusion');
    expect(await rulesBrokenBy('mixes')).toContain('exclusion');
  },
  TIMEOUT_MS,
);
