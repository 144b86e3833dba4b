/** What it costs to wait, while nothing happens: many waiters on keys that another process holds all the time; and nobody. */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import { inShort, withFormer } from '../contestants/index.mjs';
import { openCounter } from '../measure/commands.mjs';
import { withEntries } from '../measure/entries.mjs';
import { workHolding } from '../measure/holding.mjs';
import { MANY, MANY_KEYS } from '../settings.mjs';

const SETTLE_MS = 1_000;
const COUNTED_MS = 1_000;
const NOTHING_MS = 1_500;
const TIMERS = new URL('../measure/live-timers.mjs', import.meta.url).href;

export const idle = {
  name: 'idle',
  ownEntries: true,
  title: `${MANY} waiters on ${MANY_KEYS} keys of another process, and a process that wants nothing`,
  columns: [
    { key: 'commands', label: 'waiting: commands/s', digits: 0 },
    { key: 'cpu', label: 'client CPU ms/s', digits: 1 },
    { key: 'idleCommands', label: 'wants nothing: commands/s', digits: 1 },
    { key: 'idleCpu', label: 'client CPU ms/s', digits: 1 },
    { key: 'timers', label: 'timers', digits: 0 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => openCounter(redisUrl)], async ([counter]) => {
      const rows = [];
      for (const contestant of withFormer(inShort)) {
        rows.push({ entry: { contestant }, ...(await attempt({ contestant, open, counter, seconds })) });
      }
      return { rows, notes: [NOTE] };
    }),

  work: (session, milliseconds, detail) =>
    detail.step === 'nothing' ? doNothing(milliseconds) : workHolding(session, milliseconds, detail),
};

const NOTE =
  'Commands are those of all clients, the holder’s renewals among them. MONITOR, which counts them, slows a server that ' +
  'is busy: who polls sends more than is shown.';

async function attempt({ contestant, ...tools }) {
  const start = () => tools.open(contestant);
  try {
    const nobody = () => tools.open(contestant, { nodeOptions: ['--import', TIMERS] });
    return {
      ...(await withEntries([nobody], ([entry]) => measureNothing(entry, tools))),
      ...(await withEntries([start, start], ([holder, waiter]) => measureWaiting(holder, waiter, tools))),
    };
  } catch (error) {
    return { failure: error.message };
  }
}

async function measureWaiting(holder, waiter, { counter, seconds }) {
  const failure = holder.failure ?? waiter.failure;
  if (failure !== undefined) throw new Error(failure);
  await holder.work('idle', 0, { step: 'take', name: 'idle', count: MANY_KEYS });
  await waiter.work('idle', 0, { step: 'ask', name: 'idle', count: MANY, keys: MANY_KEYS });
  const rest = (milliseconds) => waiter.work('idle', milliseconds, { step: 'rest' });
  await rest(SETTLE_MS);
  const quiet = await rest(seconds * 1_000);
  const { perSecond: commands } = await counted(counter, () => rest(COUNTED_MS));
  await waiter.kill(); // nobody may get in any more
  return { cpu: quiet.cpuMicroseconds / quiet.elapsed, commands };
}

async function measureNothing(entry, { counter }) {
  if (entry.failure !== undefined) throw new Error(entry.failure);
  await entry.work('pair', 100); // what locks leave behind is to be seen
  await entry.work('hot', 100);
  const nothing = (milliseconds) => entry.work('idle', milliseconds, { step: 'nothing' });
  await nothing(100);
  const { perSecond, elapsed, cpuMicroseconds, timers } = await counted(counter, () => nothing(NOTHING_MS));
  return { idleCommands: perSecond, idleCpu: cpuMicroseconds / elapsed, timers };
}

async function doNothing(milliseconds) {
  const begin = performance.now();
  await delay(milliseconds);
  const elapsed = performance.now() - begin;
  for (let i = 0; i < 3; i++) await turn(); // only then is it known that the timer of this very delay is gone
  return { elapsed, timers: globalThis.liveTimers() };
}

async function counted(counter, work) {
  let figures;
  const sent = await counter.during(async () => (figures = await work()));
  const commands = Object.values(sent).reduce((sum, count) => sum + count, 0);
  return { ...figures, perSecond: (commands * 1_000) / figures.elapsed };
}
