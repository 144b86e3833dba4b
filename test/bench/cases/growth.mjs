/** This library alone, from one to ten thousand: whether anything costs more each when there are more of them. */
import { acquire, bareQueue, withFormer } from '../contestants/index.mjs';
import { callOneKey } from '../measure/callers.mjs';
import { openCounter } from '../measure/commands.mjs';
import { withEntries } from '../measure/entries.mjs';
import { workHolding } from '../measure/holding.mjs';
import { measureIdle, measureRenewals } from '../measure/renewals.mjs';
import { inOneLine, rate } from '../measure/sections.mjs';
import { openServer } from '../measure/server.mjs';
import { SIZES } from '../settings.mjs';
import { keys } from './keys.mjs';

const SLICE_MS = 500; // more where one turn of all takes longer
const DRAIN_MS = 10_000;
const WATCHED_MS = 2_000;

/** Few locks are renewed more often, or an idle process would outweigh them. */
const passOf = (size) => (size <= 100 ? 100 : 1_000);

export const growth = {
  name: 'growth',
  ownEntries: true,
  title: 'This library, acquire/release, from one to many',
  columns: [
    { key: 'pair', label: 'µs a pair, n keys in flight', digits: 1 },
    { key: 'handOffs', label: 'hand-offs/s, n waiters on a key', digits: 0 },
    { key: 'renewal', label: 'client CPU µs a renewal, n held', digits: 2 },
    { key: 'renewalServer', label: 'server CPU µs', digits: 2 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => openCounter(redisUrl), () => openServer(redisUrl)], async ([counter, server]) => {
      const all = [];
      for (const contestant of withFormer([acquire])) {
        const name = contestant.formerOf === undefined ? '' : 'before, ';
        const rows = SIZES.map((size) => ({ entry: { contestant }, label: `${name}n = ${size}`, size }));
        await withEntries([() => open(contestant)], ([entry]) => fillPairs(rows, entry, seconds));
        await withEntries([() => open(contestant)], ([entry]) => fillHandOffs(rows, entry, seconds));
        for (const row of rows) {
          const start = () => open(contestant, { settings: { ttl: 3 * passOf(row.size) } });
          await withEntries([start], ([entry]) => fillRenewals(row, { entry, counter, server }));
        }
        all.push(...rows);
      }
      const alone = SIZES.filter((size) => size > 1).map((size) => ({
        entry: { contestant: bareQueue },
        label: `${bareQueue.name}, n = ${size}`,
        size,
      }));
      await withEntries([() => open(bareQueue)], ([entry]) => fillHandOffs(alone, entry, seconds));
      all.push(...alone);
      return { rows: all, notes: [NOTE] };
    }),

  work(session, milliseconds, detail) {
    if (detail.step === 'keys') return keys.work(session, milliseconds, detail.size);
    if (detail.step === 'hot') return callOneKey(session, 'growth', detail.size, { milliseconds, drain: DRAIN_MS });
    return workHolding(session, milliseconds, detail);
  },
};

const NOTE =
  'All in one process. A pair and a renewal: time of all, divided by how many. One waiter alone hands off to nobody; ' +
  'a renewal without a figure costs too little to be told from an idle process.';

async function fillPairs(rows, entry, seconds) {
  if (entry.failure !== undefined) return fail(rows, entry.failure);
  const step = { step: 'keys' };
  for (const row of rows) {
    await entry.work('growth', SLICE_MS, { ...step, size: row.size });
    const { latencies, elapsed } = await entry.work('growth', seconds * 500, { ...step, size: row.size });
    row.pair = (elapsed * 1_000) / latencies.length;
  }
}

async function fillHandOffs(rows, entry, seconds) {
  if (entry.failure !== undefined) return fail(rows, entry.failure);
  for (const row of rows) {
    if (row.size === 1) continue;
    const round = inOneLine([await entry.work('growth', seconds * 750, { step: 'hot', size: row.size })]);
    row.handOffs = rate(round);
    if (round.stalled === 0) continue;
    row.remark = `${round.stalled} callers still waited ${DRAIN_MS / 1_000} s after the end of the slice`;
    return;
  }
}

async function fillRenewals(row, { entry, counter, server }) {
  if (entry.failure !== undefined) return fail([row], entry.failure);
  const rest = { entry, caseName: 'growth', counter, server, milliseconds: WATCHED_MS };
  const idle = await measureIdle(rest);
  await entry.work('growth', 0, { step: 'take', name: 'growth', count: row.size });
  await entry.work('growth', passOf(row.size), { step: 'rest' });
  const { clientCpu, serverCpu } = await measureRenewals({ ...rest, idle, name: 'growth', held: row.size });
  if (clientCpu > 0) row.renewal = (clientCpu * 1_000) / row.size;
  if (serverCpu > 0) row.renewalServer = (serverCpu * 1_000) / row.size;
  const { failed } = await entry.work('growth', 0, { step: 'leave' });
  if (failed > 0) row.remark = `${failed} of the locks were lost`;
}

function fail(rows, failure) {
  for (const row of rows) row.failure ??= failure;
}
