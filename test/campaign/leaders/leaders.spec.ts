/** A short slice of the campaign of leaders. `npm run campaign:leaders` plays as many rounds as one likes. */
import { builtPath } from '../../support/processes/build.mjs';
import { playSuccession } from './succession.js';

const TTL = 500;
/** For a machine that is busy with something else. */
const MARGIN = 2_000;
const program = builtPath('test/campaign/leaders/instance.ts');

it('a fleet whose leader is killed, stopped and asked to end has the next one in time, and never two', async () => {
  const { faults, takeovers, tenures } = await playSuccession({
    seed: 3,
    fates: ['kill', 'pause', 'close'],
    program,
    ttl: TTL,
  });
  expect(faults).toEqual([]);
  expect(tenures).toBeGreaterThanOrEqual(3);
  expect(takeovers.kill).toHaveLength(1);
  for (const takeover of takeovers.kill) expect(takeover).toBeLessThan(TTL + 500 + MARGIN);
}, 60_000);

it('one that leads on whatever its signal says is caught', async () => {
  const { faults } = await playSuccession({
    seed: 3,
    fates: ['pause', 'pause', 'pause'],
    program,
    ttl: 300,
    isHeedless: true,
  });
  expect(faults.map(({ rule }) => rule)).toContain('exclusion');
}, 60_000);
