/** What a lock that is held, and a caller that waits, take of the heap: the difference that many of them make. */
import { acquire, raw, redisSemaphore, redlock5, withFormer, withLock } from '../contestants/index.mjs';
import { withEntries } from '../measure/entries.mjs';
import { workHolding } from '../measure/holding.mjs';
import { MANY, MANY_KEYS } from '../settings.mjs';

const SETTLE_MS = 500;

export const memory = {
  name: 'memory',
  ownEntries: true,
  title: 'Bytes of heap',
  columns: [
    { key: 'held', label: 'a held lock', digits: 0 },
    { key: 'waiting', label: 'a waiter', digits: 0 },
  ],

  async measure({ open }) {
    const rows = [];
    for (const contestant of withFormer([raw, withLock, acquire, redlock5, redisSemaphore])) {
      rows.push({ entry: { contestant }, ...(await attempt(open, contestant)) });
    }
    return { rows, notes: [NOTE] };
  },

  work: workHolding,
};

const NOTE =
  `Over ${MANY} of them; waiters on ${MANY_KEYS} keys that another process holds. What the same callers take without ` +
  'a lock is subtracted.';

async function attempt(open, contestant) {
  const start = () => open(contestant, { nodeOptions: ['--expose-gc'] });
  try {
    return await withEntries([start, start, start], async ([holder, other, waiter]) => {
      const failure = [holder, other, waiter].find((entry) => entry.failure !== undefined)?.failure;
      if (failure !== undefined) throw new Error(failure);
      const held = await bytesEach(holder, { step: 'take', name: 'held', count: MANY });
      await other.work('memory', 0, { step: 'take', name: 'wanted', count: MANY_KEYS });
      const waiting = await bytesEach(waiter, { step: 'ask', name: 'wanted', count: MANY, keys: MANY_KEYS });
      await waiter.kill();
      return { held, waiting };
    });
  } catch (error) {
    return { failure: error.message };
  }
}

/** What one of them takes, beyond what it takes without a lock. */
async function bytesEach(entry, detail) {
  const heap = async () => (await entry.work('memory', 0, { step: 'heap' })).bytes;
  const growth = async (how) => {
    const before = await heap();
    await entry.work('memory', 0, { ...detail, ...how });
    await entry.work('memory', SETTLE_MS, { step: 'rest' });
    return ((await heap()) - before) / MANY;
  };
  const bare = await growth({ bare: true });
  return (await growth({})) - bare;
}
