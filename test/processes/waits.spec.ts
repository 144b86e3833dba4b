/** L6: while somebody waits for a lock the process stays alive; while locks are only renewed nothing keeps it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { builtPath } from '../support/processes/build.mjs';

const run = promisify(execFile);
const program = (name: string): string => builtPath(`test/processes/programs/${name}.ts`);

describe('a process that has nothing else to do', () => {
  it.each([
    ['granted', 'acquired'],
    ['endless', 'acquired'],
    ['fair', 'acquired'],
    ['several', 'acquired'],
    ['timeout', 'LOCK_TIMEOUT'],
    ['occupied', 'LOCK_TIMEOUT'],
    ['silent', 'LOCK_UNAVAILABLE'],
    ['closing', 'acquired'],
  ])('lives until a wait has ended, and no longer: %s', async (scene, outcome) => {
    const { stdout, stderr } = await run(process.execPath, [program('waits'), scene]);
    expect({ stdout: stdout.trim().split('\n').at(-1), stderr }).toEqual({ stdout: outcome, stderr: '' });
  });

  it('does not live for the waits that were cancelled', async () => {
    const { stdout } = await run(process.execPath, [program('waits'), 'over']);
    expect(stdout.trim().split('\n').at(-1)).toBe('cancelled,cancelled,cancelled');
  });

  it('passes its test, run by node --test', async () => {
    // Jest's workers tell their children by this that they run below another test runner.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await run(process.execPath, ['--test', program('waits-in-a-test')], { env });
    expect(stdout).toMatch(/pass 1$/m);
  });
});
