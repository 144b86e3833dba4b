/**
 * S1, S4, L2, L8 for keys that are shared: readers, writers, permits of two weights and readers that upgrade, in four
 * processes, while one is killed and replaced, one frozen, and connections break. The judge is tried on a control whose
 * readers do not lock, and on histories written by hand.
 */
import { openHistory } from './programs/history.js';
import type { Recorded } from './programs/history.js';
import { longestGap } from '../support/processes/gaps.js';
import type { Excuse } from '../support/processes/gaps.js';
import { isFree, until } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import { sharingFaults } from '../support/processes/sharing.js';

const KEYS = ['red', 'green'];
const TTL = 1_200;
const HEARTBEAT = 1_000;
const CLAIM_WINDOW = 2_000;
/** Who is killed holds and waits in several ways: what is admitted in vain of these lapses one after the other at worst. */
const AFTER_DEATH = TTL + 3 * CLAIM_WINDOW + 2 * HEARTBEAT;
/** For a machine that is busy with something else. */
const MARGIN = 1_500;
/** Entries of each key between one trouble and the next. */
const CALM = 150;

const observer = new Observer();
afterAll(() => observer.close());
const { client } = observer;

async function begin(name: string, prefix = observer.prefix, locked = true): Promise<Program> {
  const common = { url: observer.url, prefix, connectionName: prefix, ttl: TTL, keys: KEYS, workers: 12 };
  const program = await Program.start('sharers', { ...common, name, locked });
  await program.ask('begin');
  return program;
}

async function grown(prefix = observer.prefix, by = CALM): Promise<void> {
  const size = async (): Promise<number> =>
    Math.min(...(await Promise.all(KEYS.map((key) => client.llen(`${prefix}-history:${key}`)))));
  const target = (await size()) + by;
  await until(async () => (await size()) >= target);
}

async function breakConnections(): Promise<void> {
  const clients = String(await client.call('CLIENT', 'LIST')).split('\n');
  const own = clients.filter((line) => line.includes(` name=${observer.prefix} `));
  expect(own.length).toBeGreaterThan(0);
  await Promise.all(own.map((line) => client.call('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(line)![1]!)));
}

async function serverNow(): Promise<number> {
  const [seconds, microseconds] = await client.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}

describe('four processes that share two keys in every way', () => {
  it('are inside as the rule says, whatever befalls them, and leave nothing behind', async () => {
    const excuses: Excuse[] = [];
    const excuse = async (from: number): Promise<void> => {
      excuses.push({ from, until: (await serverNow()) + AFTER_DEATH });
    };
    const [mortal, sleeper, ...others] = await Promise.all(['A', 'B', 'C', 'D'].map((name) => begin(name)));
    await grown();
    await breakConnections();
    await client.script('FLUSH');
    await grown();

    const killedAt = await serverNow();
    await mortal!.kill();
    await excuse(killedAt);
    const successor = await begin('E');
    await grown();

    const pausedAt = await serverNow();
    await sleeper!.pause();
    // Whatever it held has to change hands.
    await grown();
    await breakConnections();
    sleeper!.resume();
    await excuse(pausedAt);
    await grown();
    await Promise.all([successor, sleeper!, ...others].map((program) => program.ask('finish')));

    const { read } = openHistory(client, observer.prefix);
    const histories = await Promise.all(KEYS.map(read));
    expect(histories.flatMap(sharingFaults)).toEqual([]);
    // Who stood still may have lost what it held, or heard no answer in time; nobody else.
    const awake = histories.flat().filter(({ worker }) => !worker.startsWith('B'));
    const outcomes = awake.flatMap((entry) => (entry.what === 'outcome' ? [entry.outcome] : []));
    expect([...new Set(outcomes)]).toEqual(['ok']);
    // The fifth worker of each half of a process is one that upgrades.
    expect(histories.flat().some((entry) => isAlone(entry) && /^[A-E](4|10)$/.test(entry.worker))).toBe(true);
    for (const history of histories) {
      expect(waysOf(history)).toEqual(['1', '3', 'null']);
      expect(longestGap(history, excuses)).toBeLessThan(HEARTBEAT + MARGIN);
    }

    for (const key of KEYS) await observer.becomes(key, isFree);
    await until(async () => (await observer.expiries()).every(({ left }) => left > 0));
  }, 60_000);
});

function isAlone(entry: Recorded): boolean {
  return entry.what === 'enter' && entry.share!.limit === 1;
}

/** With which limits workers came in. */
function waysOf(history: readonly Recorded[]): string[] {
  const limits = history.flatMap((entry) => (entry.what === 'enter' ? [String(entry.share!.limit)] : []));
  return [...new Set(limits)].sort();
}

describe('the judge', () => {
  it('sees readers that do not lock', async () => {
    const prefix = `${observer.prefix}-control`;
    const programs = await Promise.all(['A', 'B'].map((name) => begin(name, prefix, false)));
    await grown(prefix, 200);
    await Promise.all(programs.map((program) => program.kill()));
    const { read } = openHistory(client, prefix);
    for (const key of KEYS) {
      expect(sharingFaults(await read(key)).some((fault) => fault.includes('were inside'))).toBe(true);
    }
  });

  const entry = { at: 0, accepted: true };
  const enter = (worker: string, fence: number, limit: number | null, weight = 1): Recorded => ({
    ...entry,
    what: 'enter',
    worker,
    fence,
    share: { limit, weight, token: worker },
  });
  const leave = (fence: number): Recorded => ({ ...entry, what: 'leave', worker: '', fence });
  const outcome = (fence: number, ended = 'ok'): Recorded => ({
    ...entry,
    what: 'outcome',
    worker: '',
    fence,
    outcome: ended,
  });

  it.each<[string, number, readonly Recorded[]]>([
    ['readers together', 0, [enter('a', 1, null), enter('b', 2, null)]],
    ['a reader beside a writer', 1, [enter('a', 1, 1), enter('b', 2, null)]],
    ['as many permits as there are', 0, [enter('a', 1, 3, 2), enter('b', 2, 3)]],
    ['one permit more', 1, [enter('a', 1, 3, 2), enter('b', 2, 3), enter('c', 3, 3)]],
    ['more than the least of the limits', 1, [enter('a', 1, 5), enter('b', 2, 5), enter('c', 3, 2)]],
    ['readers of one lease', 0, [enter('a', 1, null), enter('a', 2, null), enter('a', 3, null), enter('b', 4, 2)]],
    ['a reader with a number of before a writer', 2, [enter('a', 5, 1), leave(5), enter('b', 4, null)]],
    ['permits whose numbers come out of order', 0, [enter('a', 5, 3), enter('b', 4, 3)]],
    ['a number twice', 1, [enter('a', 5, 3), leave(5), enter('b', 5, 3)]],
  ])('of %s finds so much: %i', (_, count, entries) => {
    const ended = [1, 2, 3, 4, 5].map((fence) => outcome(fence));
    expect(sharingFaults([...entries, ...ended])).toHaveLength(count);
  });

  it('does not count one that had lost its lock when it came in', () => {
    const late = [enter('a', 2, 2), enter('b', 3, 2), enter('c', 1, 2)];
    expect(sharingFaults([...late, outcome(2), outcome(3), outcome(1, 'LOCK_LOST')])).toEqual([]);
    expect(sharingFaults([...late, outcome(2), outcome(3), outcome(1)])).toHaveLength(1);
  });
});
