/** What many callers in several processes need at the same time is made once, also where the one who makes it fails or dies. */
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';

const TTL = 500;
const CALLERS = 250;

const observer = new Observer();
afterAll(() => observer.close());

function startFlyers(count: number): Promise<Program[]> {
  const settings = { url: observer.url, prefix: observer.prefix, ttl: TTL };
  return Promise.all(Array.from({ length: count }, () => Program.start('flights', settings)));
}

it('a thousand callers in four processes have one run, and all its result', async () => {
  const programs = await startFlyers(4);
  const got = await Promise.all(programs.map((program) => program.ask<string[]>('fly', 'token', CALLERS)));
  expect(await programs[0]!.ask('runs', 'token')).toBe(1);
  expect(got.flat()).toEqual(Array(4 * CALLERS).fill('made by run 1'));
});

it('a run that is killed is made by one of those behind it, when its lease is over', async () => {
  const [killed, ...others] = (await startFlyers(3)) as [Program, Program, Program];
  void killed.ask('fly', 'killed', 1, { held: true });
  await killed.next('running');
  const flights = others.map((program) => program.ask<string[]>('fly', 'killed', 20));
  await observer.queued('killed', 2);
  await killed.kill();
  expect((await Promise.all(flights)).flat()).toEqual(Array(40).fill('made by run 2'));
});

it('a run that fails tells its own caller only, and the next one runs', async () => {
  const programs = await startFlyers(2);
  const flights = programs.map((program) => program.ask<string[]>('fly', 'failing', 20, { failing: 3 }));
  const got = (await Promise.all(flights)).flat().sort();
  expect(got).toEqual(['FAILED_1', 'FAILED_2', 'FAILED_3', ...Array<string>(37).fill('made by run 4')]);
});
