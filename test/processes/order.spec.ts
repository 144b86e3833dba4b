/** L3: first come, first served, from wherever they come. */
import { PROCESS_ID_LENGTH } from '../../lib/stores/protocol.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const PROCESSES = 4;
const ROUNDS = 10;

const observer = new Observer();
afterAll(() => observer.close());

describe('40 waiters of four processes with `fair: true`', () => {
  it('get the key in the order in which they came to the server', async () => {
    const settings = { url: observer.url, prefix: observer.prefix, ttl: 10_000 };
    const programs = await Promise.all(Array.from({ length: PROCESSES }, () => Program.start('holder', settings)));
    await programs[0]!.ask('acquire', 'key');
    const turns: Promise<Held>[] = [];
    let line: readonly string[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      turns.push(...programs.map((program) => program.ask<Held>('turn', 'key', { fair: true })));
      const { waiting } = await observer.queued('key', round * PROCESSES);
      // Whoever comes goes to the end.
      expect(waiting.slice(0, line.length)).toEqual(line);
      line = waiting;
    }
    await programs[0]!.ask('release', 'key');
    // Fencing tokens grow from grant to grant.
    const grants = (await Promise.all(turns)).sort((a, b) => a.fencingToken - b.fencingToken);
    expect(grants.map(({ token }) => token)).toEqual(line);
    // They came mixed, so that serving process by process would have shown.
    const processes = line.map((token) => token.slice(0, PROCESS_ID_LENGTH));
    expect(new Set(processes.slice(0, PROCESSES)).size).toBe(PROCESSES);
  });
});
