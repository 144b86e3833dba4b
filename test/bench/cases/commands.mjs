/**
 * How many commands reach the server for one pair, alone and in company, for one grant of a hot key, and for one more
 * reader of a key that its process reads already.
 */
import { readWrite, withFormer } from '../contestants/index.mjs';
import { openCounter } from '../measure/commands.mjs';
import { withEntries } from '../measure/entries.mjs';
import { median } from '../measure/statistics.mjs';
import { KEYS_IN_FLIGHT, WAITERS } from '../settings.mjs';

const WARM_UP_MS = 100;
const COUNTED_MS = 400;
/** So many readers come and go while the first one reads, and so often that is looked at. */
const MORE_READERS = 10;
const READINGS = 50;
const SLICES = 3;

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
    { key: 'reader', label: 'one more local reader', digits: 2 },
    { key: 'which', label: 'a pair is' },
  ],

  measure: ({ entries, redisUrl, open }) =>
    withEntries([() => openCounter(redisUrl)], async ([counter]) => {
      const rows = [];
      for (const entry of entries) rows.push(await countAll(entry, counter));
      const readers = withFormer([readWrite]).map((contestant) => () => open(contestant));
      await withEntries(readers, async (sharing) => {
        for (const entry of sharing) {
          const row = await countAll(entry, counter);
          rows.push(row.failure === undefined ? await countReaders(row, counter) : row);
        }
      });
      return { rows, notes: [] };
    }),

  async work(session, milliseconds, kind) {
    if (kind.more !== undefined) return read(session, kind.more);
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

/** What comes on top when more readers come: less what the first costs alone, which is seen in slices of its own. */
async function countReaders(row, counter) {
  const { entry } = row;
  const count = async (more) => {
    const sent = await counter.during(() => entry.work('commands', 0, { more }));
    return Object.values(sent).reduce((sum, each) => sum + each, 0);
  };
  try {
    const differences = [];
    for (let i = 0; i < SLICES; i++) differences.push((await count(MORE_READERS)) - (await count(0)));
    return { ...row, reader: median(differences) / (READINGS * MORE_READERS) };
  } catch (error) {
    return { entry, failure: error.message };
  }
}

/** One reads, and while it does, more come and go: from outside its section, or they would only enter it again. */
async function read(session, more) {
  const key = 'commandsRead';
  for (let i = 0; i < READINGS; i++) {
    let first;
    let leave;
    await new Promise((enter, fail) => {
      first = session.read(key, () => new Promise((end) => enter((leave = end))));
      first.catch(fail);
    });
    for (let other = 0; other < more; other++) await session.read(key, async () => {});
    leave();
    await first;
  }
  return {};
}
