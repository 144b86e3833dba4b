/** No writer starves: one that waits comes in when the readers that are inside have left, however many come since. */
import { isFree, timed, until } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const PROCESSES = 4;
const READERS = 250;
const TTL = 5_000;
const SECTION = 50;
/** For a machine that is busy with a thousand readers. */
const MOMENT = 3_000;
const TIMES = 5;

const observer = new Observer();
afterAll(() => observer.close());
const { url, prefix } = observer;

async function sum(programs: readonly Program[], method: string): Promise<number> {
  const counts = await Promise.all(programs.map((program) => program.ask<number>(method)));
  return counts.reduce((total, count) => total + count, 0);
}

describe('a writer among a thousand readers of four processes that come and go', () => {
  it.each([
    ['that share leases', false],
    ['each with a lease of its own', true],
  ])('%s: is in after one lease at most, alone, and then lets them in again', async (name, fair) => {
    const settings = { url, prefix, ttl: TTL, key: name, readers: READERS, fair, longest: SECTION };
    const readers = await Promise.all(Array.from({ length: PROCESSES }, () => Program.start('readers', settings)));
    const writer = await Program.start('holder', { url, prefix, ttl: TTL });
    await Promise.all(readers.map((program) => program.ask('begin')));
    for (let i = 0; i < TIMES; i++) {
      const before = await sum(readers, 'sections');
      // Every reader has been inside since the last writer, more or less.
      await until(async () => (await sum(readers, 'sections')) > before + PROCESSES * READERS);
      expect(await timed(() => writer.ask<Held>('acquire', name))).toBeLessThan(TTL + MOMENT);
      expect(await sum(readers, 'inside')).toBe(0);
      await writer.ask('release', name);
    }
    await Promise.all(readers.map((program) => program.ask('finish')));
    await observer.becomes(name, isFree);
  });
});
