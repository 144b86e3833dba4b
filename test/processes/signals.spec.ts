/** L8: what a long-lived signal was used for leaves nothing behind. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { builtPath } from '../support/processes/build.mjs';

const run = promisify(execFile);

describe('a long-lived signal', () => {
  it.each(['stream', 'several keys', 'wait'])('keeps nothing of what it was used for: %s', async (scene) => {
    const program = builtPath('test/processes/programs/signals.ts');
    const { stdout, stderr } = await run(process.execPath, ['--expose-gc', program, scene]);
    expect(stderr).toBe('');
    // Bytes; an entry in a set or a listener is more than twice as much.
    expect(Number(stdout)).toBeLessThan(25);
  });
});
