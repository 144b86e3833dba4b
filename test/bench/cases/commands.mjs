/** How many commands reach the server for one pair, alone and in company, and for one grant of a hot key. */
import { openCounter } from '../measure/commands.mjs';
import { KEYS_IN_FLIGHT, WAITERS } from '../settings.mjs';

const WARM_UP_MS = 100;
const COUNTED_MS = 400;

/** So many callers at once, over and over, on keys of their own or all on one. */
const CALLERS = {
  pair: { label: 'a pair, alone', callers: 1 },
  keys: { label: `a pair, ${KEYS_IN_FLIGHT} keys`, callers: KEYS_IN_FLIGHT },
  hot: { label: `a grant, ${WAITERS} waiters`, callers: WAITERS, oneKey: true },
};

export const commands = {
  name: 'commands',
  title: 'Commands that clients send, per operation (what scripts run inside the server is not counted)',
  columns: [
    ...Object.entries(CALLERS).map(([key, { label }]) => ({ key, label, digits: 2 })),
    { key: 'which', label: 'a pair is' },
  ],

  async measure({ entries, redisUrl }) {
    const counter = await openCounter(redisUrl);
    const rows = [];
    for (const entry of entries) rows.push(await countAll(entry, counter));
    await counter.close();
    return { rows, notes: [] };
  },

  async work(session, milliseconds, kind) {
    const { callers, oneKey = false } = CALLERS[kind];
    let operations = 0;
    const section = async () => void operations++;
    const end = performance.now() + milliseconds;
    async function caller(id) {
      const key = `commands${kind}${oneKey ? '' : id}`;
      while (performance.now() < end) await session.run(key, section);
    }
    await Promise.all(Array.from({ length: callers }, (_, id) => caller(id)));
    return { operations };
  },
};

async function countAll(entry, counter) {
  if (entry.failure !== undefined) return { entry, failure: entry.failure };
  try {
    const row = { entry, sent: {} };
    for (const kind of Object.keys(CALLERS)) {
      await entry.work('commands', WARM_UP_MS, kind); // scripts are loaded, channels are subscribed
      let operations;
      const sent = await counter.during(async () => {
        ({ operations } = await entry.work('commands', COUNTED_MS, kind));
      });
      row[kind] = Object.values(sent).reduce((sum, count) => sum + count, 0) / operations;
      row.sent[kind] = { operations, ...sent };
      if (kind === 'pair') row.which = Object.keys(sent).join(' + ');
    }
    return row;
  } catch (error) {
    return { entry, failure: error.message };
  }
}
