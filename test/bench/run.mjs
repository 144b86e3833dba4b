/**
 * `npm run bench`: this library beside hand-written commands and other lock libraries, all in one run, as ratios.
 * Nothing is measured before it has been seen to exclude. See `--help`, `cases/index.mjs` and `contestants/index.mjs`.
 */
import { writeFile } from 'node:fs/promises';

import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { barTable, judge } from './bars.mjs';
import { connect } from './client.mjs';
import { VARIABLE, withFormer } from './contestants/former.mjs';
import { contestants as everybody } from './contestants/index.mjs';
import { withEntries } from './measure/entries.mjs';
import { pin, processors } from './measure/processors.mjs';
import { openRemote } from './measure/remote.mjs';
import { readOptions } from './options.mjs';
import { ensurePeers } from './peers.mjs';
import { RATIO_NOTE, withRatios } from './ratios.mjs';
import { formatTable } from './table.mjs';
import { environment } from './versions.mjs';

const { seconds, chosen, json, before } = readOptions();
if (before !== undefined) process.env[VARIABLE] = before;
const contestants = withFormer(everybody);
ensurePeers();
const server = process.env.REDIS_URL ? null : await startRedis();
if (server) pin(server.pid, processors.server);
const redisUrl = server?.url ?? process.env.REDIS_URL;
const open = (contestant, { url = redisUrl, ...options } = {}) => openRemote(contestant, url, options);
const begun = performance.now();
try {
  const machine = await describe();
  console.log(`${contestants.map(line).join('\n')}\n`);
  const report = { ...machine, secondsEach: seconds, contestants: contestants.map(summary), cases: [] };

  const shared = chosen.some(({ ownEntries }) => !ownEntries) ? contestants : [];
  await withEntries(
    shared.map((contestant) => () => open(contestant)),
    async (entries) => {
      for (const each of chosen) report.cases.push(await run(each, entries));
    },
  );

  report.bars = judge(report);
  if (report.bars.length > 0) console.log(`${formatTable(barTable(report.bars))}\n`);
  console.log(`${Math.round(secondsSince(begun))} s in all.`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await server?.stop();
}

/** One case that breaks does not take the figures of the others along. */
async function run({ name, title, columns, measure }, entries) {
  const start = performance.now();
  try {
    const measured = await measure({ entries, seconds, redisUrl, open });
    const rows = withRatios(measured.rows, columns);
    const notes = rows.length > measured.rows.length ? [...measured.notes, RATIO_NOTE] : measured.notes;
    console.log(`${formatTable({ title, columns, rows, notes })}\n`);
    if (rows.some(({ entry, failure }) => entry.contestant.own && failure !== undefined)) process.exitCode = 1;
    return { name, title, columns, notes, rows: rows.map(figures), seconds: secondsSince(start) };
  } catch (error) {
    console.error(`The case "${name}" broke: ${error.stack}\n`);
    process.exitCode = 1;
    return { name, title, columns, notes: [`It broke: ${error.message}`], rows: [], seconds: secondsSince(start) };
  }
}

async function describe() {
  const client = await connect(redisUrl);
  const machine = { ...(await environment(client)), processors };
  await client.quit();
  const { node, redis, ioredis, nest, cpu, cores, memoryGiB } = machine;
  console.log(
    `node ${node} · Redis ${redis} · ioredis ${ioredis} · Nest ${nest} · ${cores} × ${cpu}, ${memoryGiB} GiB\n`,
  );
  return machine;
}

function summary({ id, name, options, version, own = false, byHand = false }) {
  return { id, name, version: version?.() ?? null, options, own, byHand };
}

function line(contestant) {
  const { name, version, options } = summary(contestant);
  return `${name.padEnd(34)} ${(version ?? '').padEnd(14)} ${options}`;
}

function figures({ entry, ...row }) {
  return { contestant: entry.contestant.id, ...row };
}

function secondsSince(start) {
  return (performance.now() - start) / 1_000;
}
