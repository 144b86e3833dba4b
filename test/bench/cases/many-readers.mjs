/**
 * A key that very many read at once, each with a lease of its own: what one more reader costs beside the same where few
 * read, how long the server is busy with one script meanwhile, and what renewing all of them costs.
 */
import { readFair, readWrite, withFormer } from '../contestants/index.mjs';
import { openCounter } from '../measure/commands.mjs';
import { withEntries } from '../measure/entries.mjs';
import { workHolding } from '../measure/holding.mjs';
import { measureIdle, measureRenewals } from '../measure/renewals.mjs';
import { openServer } from '../measure/server.mjs';
import { compare, median } from '../measure/statistics.mjs';
import { FEW, MANY } from '../settings.mjs';

const ROUNDS = 6;
const PASSES = 2;
const SHORTEST_PASS_MS = 1_000;
const nothing = async () => {};

export const manyReaders = {
  name: 'many-readers',
  ownEntries: true,
  title: `A key with ${MANY} readers, each with a lease of its own`,
  columns: [
    { key: 'few', label: `one more to ${FEW}: p50 µs`, digits: 0 },
    { key: 'many', label: `to ${MANY}: p50 µs`, digits: 0 },
    { key: 'ratio', label: 'ratio', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'serverFew', label: 'server CPU µs', digits: 1 },
    { key: 'serverMany', label: 'with many', digits: 1 },
    { key: 'longestMs', label: 'longest script ms', digits: 2 },
    { key: 'over1ms', label: 'over 1 ms', digits: 0 },
    { key: 'clientCpu', label: 'client CPU ms a pass', digits: 1 },
    { key: 'serverCpu', label: 'server CPU ms a pass', digits: 1 },
    { key: 'commands', label: 'commands a pass', digits: 0 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => openCounter(redisUrl), () => openServer(redisUrl)], async ([counter, server]) => {
      const pass = Math.max(SHORTEST_PASS_MS, seconds * 1_000);
      const rows = [];
      for (const contestant of withFormer([readFair])) {
        const holder = () => open(contestant, { settings: { ttl: 3 * pass } });
        // One more reader is one more request with this one, too: the lease of the one before is gone.
        const reader = () => open(readWrite);
        rows.push(
          await withEntries([holder, reader], ([...entries]) => attempt(entries, { counter, server, pass, seconds })),
        );
      }
      return { rows, notes: [NOTE(pass)] };
    }),

  work: (session, milliseconds, detail) =>
    detail.step === 'pairs'
      ? readAndLeave(session, milliseconds, detail.key)
      : workHolding({ run: session.read }, milliseconds, detail),
};

const NOTE = (pass) =>
  `One more: a reader of another process that comes and goes, over and over. The longest script is that of everything that ` +
  `was done, taking all leases and giving them back too; one shorter than 0.3 ms is not looked for. A pass renews each ` +
  `lease once; ttl ${(3 * pass) / 1_000} s.`;

async function attempt([holder, reader], tools) {
  const failure = holder.failure ?? reader.failure;
  if (failure !== undefined) return { entry: holder, failure };
  try {
    return { entry: holder, ...(await measureReaders(holder, reader, tools)) };
  } catch (error) {
    return { entry: holder, failure: error.message };
  }
}

async function measureReaders(holder, reader, { counter, server, pass, seconds }) {
  const slow = [];
  async function watched(work) {
    const spent = await server.during(work);
    slow.push(spent);
    return spent;
  }
  const step = (name, detail) => holder.work('many-readers', 0, { step: name, keys: 1, ...detail });
  const rest = { entry: holder, caseName: 'many-readers', counter, server };

  await step('take', { name: FEW_KEY, count: FEW });
  const idleBefore = await measureIdle({ ...rest, milliseconds: pass });
  await watched(() => step('take', { name: MANY_KEY, count: MANY }));
  const idle = await measureIdle({ ...rest, milliseconds: pass });
  const added = await measurePairs(reader, { watched, idle, seconds });
  const renewing = { ...rest, name: MANY_KEY, held: MANY, ofOneKey: true, idle: idleBefore };
  const renewals = await measureRenewals({ ...renewing, milliseconds: PASSES * pass });
  const left = await watched(() => step('leave'));
  const remark = left.result.failed > 0 ? `${left.result.failed} of the leases were lost` : undefined;
  slow.push(renewals);
  const longestMs = Math.max(...slow.map((one) => one.longestMs));
  const over1ms = slow.reduce((sum, one) => sum + one.over1ms, 0);
  return { ...renewals, ...added, longestMs, over1ms, remark };
}

const FEW_KEY = 'few';
const MANY_KEY = 'many';

/** In turns, so that whatever else the machine does hits both alike. */
async function measurePairs(reader, { watched, idle, seconds }) {
  const sides = { few: [], many: [] };
  const milliseconds = (seconds * 1_000) / ROUNDS;
  const pairs = (key, ms) => reader.work('many-readers', ms, { step: 'pairs', key: `${key}0` });
  for (const key of [FEW_KEY, MANY_KEY]) await pairs(key, 300);
  for (let round = 0; round < ROUNDS; round++) {
    for (const key of round % 2 === 0 ? [FEW_KEY, MANY_KEY] : [MANY_KEY, FEW_KEY]) {
      const { result, cpuMs } = await watched(() => pairs(key, milliseconds));
      const { latencies, elapsed } = result;
      const server = ((cpuMs - idle.server * elapsed) * 1_000) / latencies.length;
      sides[key].push({ typical: median(latencies), server });
    }
  }
  const typicals = (key) => sides[key].map(({ typical }) => typical);
  const server = (key) => median(sides[key].map(({ server: microseconds }) => microseconds));
  const [few, many] = [FEW_KEY, MANY_KEY].map(typicals);
  const ratio = compare(many, few);
  return {
    few: median(few),
    many: median(many),
    ratio: ratio.median,
    middle: ratio.middle,
    serverFew: server(FEW_KEY),
    serverMany: server(MANY_KEY),
    rounds: many.map((value, i) => value / few[i]),
  };
}

async function readAndLeave(session, milliseconds, key) {
  const latencies = [];
  const begin = performance.now();
  for (let now = begin; now < begin + milliseconds;) {
    const start = now;
    await session.read(key, nothing);
    now = performance.now();
    latencies.push((now - start) * 1_000);
  }
  return { latencies: Float64Array.from(latencies), elapsed: performance.now() - begin };
}
