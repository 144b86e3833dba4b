/**
 * `npm run bench`: this library beside hand-written commands and other lock libraries, all in one run, as ratios.
 * Nothing is measured before it has been seen to exclude. See `--help`, `cases/index.mjs` and `contestants/index.mjs`.
 */
import { writeFile } from 'node:fs/promises';

import { startRedis } from '../support/redis-server.mjs';
import { connect } from './client.mjs';
import { contestants } from './contestants/index.mjs';
import { openRemote } from './measure/remote.mjs';
import { readOptions } from './options.mjs';
import { ensurePeers } from './peers.mjs';
import { formatTable } from './table.mjs';
import { environment } from './versions.mjs';

const { seconds, chosen, json } = readOptions();
ensurePeers();
const server = process.env.REDIS_URL ? null : await startRedis();
const redisUrl = server?.url ?? process.env.REDIS_URL;
const open = (contestant, url = redisUrl) => openRemote(contestant, url);
const entries = [];
try {
  const machine = await describe();
  for (const contestant of contestants) entries.push(await open(contestant));
  console.log(`${entries.map(line).join('\n')}\n`);

  const report = { ...machine, secondsEach: seconds, contestants: entries.map(summary), cases: [] };
  for (const { name, title, columns, measure } of chosen) {
    const { rows, notes } = await measure({ entries, seconds, redisUrl, open });
    console.log(`${formatTable({ title, columns, rows, notes })}\n`);
    report.cases.push({ name, title, notes, rows: rows.map(figures) });
    if (rows.some(({ entry, failure }) => entry.contestant.own && failure !== undefined)) process.exitCode = 1;
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await Promise.allSettled(entries.map((entry) => entry.close()));
  await server?.stop();
}

async function describe() {
  const client = await connect(redisUrl);
  const machine = await environment(client);
  await client.quit();
  const { node, redis, ioredis, nest, cpu, cores, memoryGiB } = machine;
  console.log(
    `node ${node} · Redis ${redis} · ioredis ${ioredis} · Nest ${nest} · ${cores} × ${cpu}, ${memoryGiB} GiB\n`,
  );
  return machine;
}

function summary({ contestant: { id, name, options, version }, failure }) {
  return { id, name, version: version?.() ?? null, options, failure: failure ?? null };
}

function line(entry) {
  const { name, version, options } = summary(entry);
  return `${name.padEnd(34)} ${(version ?? '').padEnd(14)} ${options}`;
}

function figures({ entry, ...row }) {
  return { contestant: entry.contestant.id, ...row };
}
