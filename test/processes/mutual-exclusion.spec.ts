/**
 * S1, S4, L3, L8 under stress: four processes fight for three keys while one of them is killed, one freezes, and their
 * connections break. The control goes through the same without locks, so that the judge proves to see what it looks for.
 */
import { openHistory } from './programs/history.js';
import type { Recorded } from './programs/history.js';
import { isFree, until } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import { evenness, faultsOf } from '../support/processes/verdict.js';

const KEYS = ['red', 'green', 'blue'];
const NAMES = ['A', 'B', 'C', 'D'];
const WORKERS = 25;
const SECTIONS = 6;
/** Sections of a key before anything goes wrong. */
const CALM = 60;

const observer = new Observer();
afterAll(() => observer.close());
const connectionName = observer.prefix;

async function startCrowd(locked: boolean, sections: number, prefix: string): Promise<Program[]> {
  const common = { url: observer.url, prefix, connectionName, ttl: 1_500, keys: KEYS, workers: WORKERS };
  return Promise.all(NAMES.map((name) => Program.start('crowd', { ...common, name, sections, locked })));
}

/** Breaks every connection of the locks, those that hear of grants included. */
async function breakConnections(): Promise<void> {
  const { client } = observer;
  const clients = String(await client.call('CLIENT', 'LIST')).split('\n');
  const ids = clients
    .filter((line) => line.includes(` name=${connectionName} `))
    .map((line) => /id=(\d+)/.exec(line)![1]!);
  expect(ids.length).toBeGreaterThanOrEqual(NAMES.length);
  await Promise.all(ids.map((id) => client.call('CLIENT', 'KILL', 'ID', id)));
}

/** Has a process stop in the middle of its next section. */
async function lingering(program: Program): Promise<{ key: string; fence: number }> {
  await program.ask('linger');
  return program.next('lingering');
}

describe('four processes with 25 workers each, on three keys', () => {
  it('never overlap, whoever is killed, frozen or cut off; each gets its turns, and nothing is left', async () => {
    const [killed, frozen, ...others] = (await startCrowd(true, SECTIONS, observer.prefix)) as [Program, Program];
    const history = openHistory(observer.client, observer.prefix);
    const read = (): Promise<Recorded[][]> => Promise.all(KEYS.map((key) => history.read(key)));
    const entered = (entries: Recorded[]): number[] =>
      entries.filter(({ what, accepted }) => what === 'enter' && accepted).map(({ fence }) => fence);

    void killed.ask('work');
    const finished = [frozen, ...others].map((program) => program.ask('work'));
    await until(async () => (await read()).every((entries) => entered(entries).length > CALM));
    expect(evenness(await read(), NAMES, CALM)).toBeGreaterThan(0.7);
    await breakConnections();

    const dead = await lingering(killed);
    await killed.kill();
    await until(async () => entered(await history.read(dead.key)).some((fence) => fence > dead.fence));
    await breakConnections();

    const asleep = await lingering(frozen);
    await frozen.pause();
    await until(async () => entered(await history.read(asleep.key)).some((fence) => fence > asleep.fence));
    await breakConnections();
    frozen.resume();
    await frozen.ask('goOn');
    await Promise.all(finished);

    const histories = await read();
    for (const entries of histories) expect(faultsOf(entries)).toEqual([]);
    const outcomes = histories.flat().filter((entry) => entry.what === 'outcome');
    expect(outcomes.find(({ fence }) => fence === asleep.fence)).toMatchObject({ outcome: 'LOCK_LOST' });
    for (const name of NAMES) {
      const own = outcomes.filter(({ worker }) => worker.startsWith(name));
      if (name !== 'A') expect(own).toHaveLength(WORKERS * SECTIONS);
      const expected = name === 'B' ? ['LOCK_LOST', 'ok'] : ['ok'];
      expect([...new Set(own.map(({ outcome }) => outcome))].sort()).toEqual(expected);
    }

    for (const key of KEYS) await observer.becomes(key, isFree);
    await until(async () => !(await observer.expiries()).some(({ name }) => /:(line|seen)$/.test(name)));
    expect((await observer.expiries()).filter(({ left }) => left < 0)).toEqual([]);
  });

  it('without locks do overlap, and the judge sees it', async () => {
    const prefix = `${observer.prefix}-control`;
    const programs = await startCrowd(false, 2, prefix);
    await Promise.all(programs.map((program) => program.ask('work')));
    const history = openHistory(observer.client, prefix);
    for (const key of KEYS) {
      const faults = faultsOf(await history.read(key));
      expect(faults.some((fault) => fault.includes('came in on'))).toBe(true);
    }
  });
});
