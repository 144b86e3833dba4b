/** A cron job with `minHold` on processes whose clocks differ: each tick once, also where the process that runs it is killed. */
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import { until } from '../support/waiting.js';

/** Clocks that go 140 ms before and behind the middle one. */
const LAGS = [0, 140, 280];
/** Longer than the clocks differ; and the lease of one that died is over before the next tick. */
const TIMES = { ttl: 600, minHold: 500 };

const observer = new Observer();
afterAll(() => observer.close());

it('runs once a tick, and leaves none out', async () => {
  const settings = { url: observer.url, prefix: observer.prefix, ...TIMES };
  const programs = await Promise.all(LAGS.map((lag) => Program.start('ticks', { ...settings, lag })));
  const [first, ...others] = programs as [Program, Program, Program];
  const ticks = (): Promise<number[]> => others[0]!.ask('ticks');
  await until(async () => (await ticks()).length >= 2);

  // Its clock strikes first, so the next tick is its own, and it dies in the middle of it.
  await first.ask('linger');
  const before = first.told.filter(({ event }) => event === 'ran').length;
  await until(() => first.told.filter(({ event }) => event === 'ran').length > before);
  const killed = first.told.filter(({ event }) => event === 'ran').at(-1)!.data as number;
  await first.kill();
  await until(async () => (await ticks()).includes(killed + 1));

  const ran = await ticks();
  expect(ran).toEqual(Array.from(ran, (_, i) => ran[0]! + i));
  expect(ran).toContain(killed);
}, 30_000);
