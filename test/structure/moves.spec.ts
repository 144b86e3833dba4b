/**
 * One free `@Locked` call must be short enough to be followed by a reader. `node test/structure/moves.mjs --trace` shows
 * its way.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { countMoves } from './count-moves.mjs';
import type { Moves } from './count-moves.mjs';

const PROGRAM = fileURLToPath(new URL('./moves.mjs', import.meta.url));
/** The Redis store has more to do than that in memory: to group requests, to limit their time, to read replies. */
const MOST = { memory: 100, redis: 135 };

type Traced = Moves & { readonly trace: readonly { readonly file: string; readonly name: string }[] };

const measured = promisify(execFile)(process.execPath, [PROGRAM, '--json'], { maxBuffer: 2 ** 24 });

async function traced(store: 'redis' | 'memory'): Promise<Traced> {
  const { stdout } = await measured;
  return (JSON.parse(stdout) as Record<typeof store, Traced>)[store];
}

describe('the way of one free @Locked call', () => {
  it.each(['memory', 'redis'] as const)('takes few moves from file to file (%s)', async (store) => {
    const { moves } = await traced(store);
    expect(moves).toBeLessThanOrEqual(MOST[store]);
  });

  it.each(['redis', 'memory'] as const)('is seen from the decorator to the store (%s) and back', async (store) => {
    const { trace } = await traced(store);
    const files = trace.map(({ file }) => file);
    expect(files[0]).toMatch(/^locked\//);
    expect(trace.map(({ name }) => name)).toContain('LockService.withLock');
    // To take the key, and to give it back.
    const visits = files.filter(
      (file, i) => file.startsWith(`stores/${store}/`) && !files[i - 1]?.startsWith('stores/'),
    );
    expect(visits.length).toBeGreaterThanOrEqual(2);
  });
});

it('counts an entry into another file as a move, and as one back where the file was entered before', () => {
  const trace = ['a', 'a', 'b', 'a', 'c', 'c', 'b'];
  expect(countMoves(trace)).toEqual({ moves: 5, backs: 2, functions: 7, files: 3 });
});
