/** L3, `fair: true`: every single waiter is served in the order in which the server heard of him. */
import { PROCESS_ID_LENGTH } from '../../lib/stores/protocol.js';
import { isFree } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';

const PROCESSES = 4;
const ROUNDS = 10;
const EACH = 5;

const observer = new Observer();
afterAll(() => observer.close());

interface HeldLease {
  readonly token: string;
  readonly fencingToken: number;
}

describe('200 fair waiters of four processes', () => {
  it('get the key in the order in which they came to the server', async () => {
    const settings = { url: observer.url, prefix: observer.prefix, ttl: 10_000 };
    const programs = await Promise.all(Array.from({ length: PROCESSES }, () => Program.start('queuer', settings)));
    await programs[0]!.ask('take', 'key');
    for (let round = 1; round <= ROUNDS; round++) {
      await Promise.all(programs.map((program) => program.ask('join', 'key', EACH)));
      await observer.queued('key', round * PROCESSES * EACH);
    }
    const { waiting } = await observer.inspect('key');
    await programs[0]!.ask('release', 'key');
    // Fencing tokens grow from grant to grant.
    const turns = (await Promise.all(programs.map((program) => program.ask<HeldLease[]>('turns')))).flat();
    const granted = turns.sort((a, b) => a.fencingToken - b.fencingToken).map(({ token }) => token);
    expect(granted).toHaveLength(ROUNDS * PROCESSES * EACH);
    expect(granted).toEqual(waiting);
    // They came mixed, so that serving process by process would have shown.
    const processes = waiting.map((token) => token.slice(0, PROCESS_ID_LENGTH));
    const changes = processes.filter((id, i) => i > 0 && id !== processes[i - 1]).length;
    expect(changes).toBeGreaterThanOrEqual(ROUNDS * (PROCESSES - 1));
    await observer.becomes('key', isFree);
  });
});
