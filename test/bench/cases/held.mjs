/** Many locks held at once by one process, and nothing else: what their renewal costs, on either side. */
import { acquire, redisSemaphore, withFormer } from '../contestants/index.mjs';
import { openCounter } from '../measure/commands.mjs';
import { withEntries } from '../measure/entries.mjs';
import { workHolding } from '../measure/holding.mjs';
import { measureIdle, measureRenewals } from '../measure/renewals.mjs';
import { openServer } from '../measure/server.mjs';
import { MANY } from '../settings.mjs';

const PASSES = 3;
const SLICES = 3;
const SHORTEST_PASS_MS = 1_000;

export const held = {
  name: 'held',
  ownEntries: true,
  title: `${MANY} locks held at once`,
  columns: [
    { key: 'clientCpu', label: 'client CPU ms a pass', digits: 1 },
    { key: 'serverCpu', label: 'server CPU ms a pass', digits: 1 },
    { key: 'commands', label: 'commands a pass', digits: 0 },
    { key: 'longestMs', label: 'longest script ms', digits: 2 },
    { key: 'over1ms', label: 'over 1 ms', digits: 0 },
    { key: 'loop', label: 'loop delay p99 ms', digits: 2 },
    { key: 'loopMax', label: 'worst', digits: 1 },
    { key: 'loopIdle', label: 'idle p99', digits: 2 },
    { key: 'loopIdleMax', label: 'worst', digits: 1 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => openCounter(redisUrl), () => openServer(redisUrl)], async ([counter, server]) => {
      const pass = Math.max(SHORTEST_PASS_MS, seconds * 1_000);
      const rows = [];
      for (const contestant of withFormer([acquire, redisSemaphore])) {
        const start = () => open(contestant, { settings: { ttl: 3 * pass, renewEvery: pass } });
        rows.push(await withEntries([start], ([entry]) => attempt(entry, { counter, server, pass })));
      }
      return { rows, notes: [NOTE(pass)] };
    }),

  work: workHolding,
};

const NOTE = (pass) =>
  `A pass renews each lock once; ttl ${(3 * pass) / 1_000} s, renewed every third of it by both. CPU is that beyond the ` +
  `idle process and server, the median of ${SLICES} slices of ${PASSES} passes. The other peers do not renew, or only in ` +
  'the last moment. A script shorter than 0.3 ms is not looked for.';

async function attempt(entry, tools) {
  if (entry.failure !== undefined) return { entry, failure: entry.failure };
  try {
    return { entry, ...(await measureHeld(entry, tools)) };
  } catch (error) {
    return { entry, failure: error.message };
  }
}

async function measureHeld(entry, { counter, server, pass }) {
  const step = (name, milliseconds = 0) => entry.work('held', milliseconds, { step: name, name: 'held', count: MANY });
  const idle = await measureIdle({ entry, caseName: 'held', server, milliseconds: pass });
  const { p99: loopIdle, max: loopIdleMax } = await step('watch', pass);
  await step('take');
  await step('rest', pass); // what taking them has left to do is over, and each was renewed once
  const milliseconds = PASSES * pass;
  const tools = { entry, caseName: 'held', name: 'held', held: MANY, counter, server, idle };
  const figures = await measureRenewals({ ...tools, milliseconds, slices: SLICES });
  const { p99: loop, max: loopMax } = await step('watch', milliseconds);
  const { failed } = await step('leave');
  const remark = failed > 0 ? `${failed} of the locks were lost` : undefined;
  return { ...figures, loop, loopMax, loopIdle, loopIdleMax, remark };
}
