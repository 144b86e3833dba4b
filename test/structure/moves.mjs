/**
 * How far a reader has to travel to follow one free `@Locked` call: which functions of `lib/` it enters, in order, and how
 * often the next one is in another file. `node test/structure/moves.mjs` says it for Redis and for the memory store;
 * with `--trace` each step as well, with `--json` all of it for programs.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { countMoves } from './count-moves.mjs';
import { buildWithProbes } from './probed-build.mjs';

/** The first calls open connections and fill tables. */
const WARM_UP = 50;
/** A timer may fire in the middle of a call, or make the next one set it anew: the shortest trace of many calls counts. */
const TRACED = 50;

let steps = [];
globalThis.entered = (file, name) => void steps.push({ file, name });
// So that what was built and started ends with this program.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const { values } = parseArgs({ options: { trace: { type: 'boolean' }, json: { type: 'boolean' } } });
const { startApp } = await import(buildWithProbes('test/structure/probed-app.ts'));
const server = process.env.REDIS_URL ? null : await startRedis();
try {
  const url = server?.url ?? process.env.REDIS_URL;
  const report = { redis: await measure(url), memory: await measure('memory') };
  if (values.json) console.log(JSON.stringify(report));
  else for (const store in report) print(store, report[store]);
} finally {
  await server?.stop();
}

async function measure(connection) {
  const app = await startApp(connection, `moves-${randomUUID()}`);
  try {
    for (let i = 0; i < WARM_UP; i++) await app.call();
    const traces = [];
    for (let i = 0; i < TRACED; i++) {
      await turn();
      steps = [];
      await app.call();
      traces.push({ ...countMoves(steps.map(({ file }) => file)), trace: steps });
    }
    return traces.reduce((least, each) => (each.moves < least.moves ? each : least));
  } finally {
    await app.close();
  }
}

function print(store, { moves, backs, functions, files, trace }) {
  console.log(`${store}: ${moves} moves, ${backs} of them back; ${functions} functions entered, in ${files} files`);
  if (!values.trace) return;
  for (const { file, name } of trace) console.log(`  ${file}:${name}`);
}
