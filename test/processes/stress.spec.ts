/**
 * S1, S4, L2, L8 where everything happens at once: four processes of 25 callers want hot and cold keys without a pause,
 * while processes are killed, replaced and frozen, connections break and the server forgets its scripts. Controls that
 * lock badly go to the same judges.
 */
import { openHistory } from './programs/history.js';
import type { Recorded } from './programs/history.js';
import type { Habit } from './programs/throng.js';
import { longestGap } from '../support/processes/gaps.js';
import type { Excuse } from '../support/processes/gaps.js';
import { isFree, until } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import { faultsOf } from '../support/processes/verdict.js';

const HOT = ['red', 'green', 'blue'];
const COLD = Array.from({ length: 150 }, (_, i) => `cold ${i}`);
const KEYS = [...HOT, ...COLD];
const TTL = 1_200;
const HEARTBEAT = 1_000;
const CLAIM_WINDOW = 2_000;
/** A holder that renewed until then, and everybody of the process who may be admitted in vain, key by key one. */
const AFTER_DEATH = TTL + CLAIM_WINDOW + 2 * HEARTBEAT;
/** For a machine that is busy with something else. */
const MARGIN = 1_500;
/** Sections of all hot keys between one trouble and the next. */
const CALM = 40;

const observer = new Observer();
afterAll(() => observer.close());
const { client, prefix: connectionName } = observer;

function startThrong(name: string, habit: Habit, prefix: string, ttl = TTL): Promise<Program> {
  const settings = { url: observer.url, prefix, name, connectionName, ttl, hot: HOT, cold: COLD, workers: 25, habit };
  return Program.start('throng', settings);
}

async function breakConnections(): Promise<void> {
  const clients = String(await client.call('CLIENT', 'LIST')).split('\n');
  const own = clients.filter((line) => line.includes(` name=${connectionName} `));
  expect(own.length).toBeGreaterThan(0);
  // One may be gone by itself meanwhile.
  await Promise.all(own.map((line) => client.call('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(line)![1]!)));
}

async function serverNow(): Promise<number> {
  const [seconds, microseconds] = await client.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}

/** Histories of keys, and waiting for them to grow. */
function historiesOf(prefix: string): { read(key: string): Promise<Recorded[]>; grow(by?: number): Promise<void> } {
  const { read } = openHistory(client, prefix);
  const size = async (): Promise<number> => {
    const sizes = await Promise.all(HOT.map((key) => client.llen(`${prefix}-history:${key}`)));
    return Math.min(...sizes);
  };
  return {
    read,
    grow: async (by = CALM) => {
      const target = (await size()) + by;
      await until(async () => (await size()) >= target);
    },
  };
}

describe('four processes with 25 callers each, whatever befalls them', () => {
  it('never overlap, lose no wake-up and leave nothing behind', async () => {
    const { prefix } = observer;
    const { read, grow } = historiesOf(prefix);
    const excuses: Excuse[] = [];
    const excuse = async (from: number): Promise<void> => {
      excuses.push({ from, until: (await serverNow()) + AFTER_DEATH });
    };
    const begin = async (name: string): Promise<Program> => {
      const program = await startThrong(name, 'proper', prefix);
      await program.ask('begin');
      return program;
    };
    const [mortal, sleeper, ...others] = await Promise.all(['A', 'B', 'C', 'D'].map(begin));

    await grow();
    await client.script('FLUSH');
    await grow();
    await breakConnections();
    await grow();

    const killedAt = await serverNow();
    await mortal!.kill();
    await excuse(killedAt);
    await client.script('FLUSH');
    const successor = await begin('E');
    await grow();

    const pausedAt = await serverNow();
    await sleeper!.pause();
    // Whatever it held has to change hands.
    await grow();
    await breakConnections();
    await grow();
    sleeper!.resume();
    await excuse(pausedAt);
    await client.script('FLUSH');
    await grow();
    await Promise.all([successor, sleeper!, ...others].map((program) => program.ask('finish')));

    const histories = await Promise.all(KEYS.map(read));
    expect(histories.flatMap(faultsOf)).toEqual([]);
    // Who stood still may have lost what he held, or heard no answer in time; nobody else.
    const awake = histories.flat().filter(({ worker }) => !worker.startsWith('B'));
    const outcomes = awake.flatMap((entry) => (entry.what === 'outcome' ? [entry.outcome] : []));
    expect([...new Set(outcomes)]).toEqual(['ok']);
    const gaps = histories.slice(0, HOT.length).map((history) => longestGap(history, excuses));
    expect(Math.max(...gaps)).toBeLessThan(HEARTBEAT + MARGIN);

    for (const key of KEYS) await observer.becomes(key, isFree);
    await until(async () => !(await observer.expiries()).some(({ name }) => /:(line|seen)$/.test(name)));
    expect((await observer.expiries()).filter(({ left }) => left < 0)).toEqual([]);
  }, 60_000);
});

describe('the judges', () => {
  async function control(habit: Habit, ttl: number, sections: number): Promise<Recorded[][]> {
    const prefix = `${observer.prefix}-${habit}`;
    const { read, grow } = historiesOf(prefix);
    const programs = await Promise.all(['A', 'B'].map((name) => startThrong(name, habit, prefix, ttl)));
    await Promise.all(programs.map((program) => program.ask('begin')));
    await grow(sections);
    await Promise.all(programs.map((program) => program.kill()));
    return Promise.all(HOT.map(read));
  }

  it.each<Habit>(['none', 'early'])('see sections that overlap: %s', async (habit) => {
    const histories = await control(habit, TTL, 200);
    for (const history of histories) {
      expect(faultsOf(history).some((fault) => fault.includes('came in on'))).toBe(true);
    }
  });

  it('see a key that is free for too long', async () => {
    const histories = await control('never', 3_500, 4);
    for (const history of histories) expect(longestGap(history, [])).toBeGreaterThan(HEARTBEAT + MARGIN);
  });
});
