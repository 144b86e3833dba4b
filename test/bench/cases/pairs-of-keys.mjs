/** Two keys that nobody else wants, all or none, beside one key: directly, and over a network that makes trips dear. */
import { acquire, inTurn, redlock5, redlockPair, together, withFormer } from '../contestants/index.mjs';
import { withEntries } from '../measure/entries.mjs';
import { processors } from '../measure/processors.mjs';
import { startProxy } from '../measure/proxy.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, median } from '../measure/statistics.mjs';
import { PAIR_DELAY_MS } from '../settings.mjs';
import { pair } from './pair.mjs';

const BUSY_MS = 1_000;

export const pairsOfKeys = {
  name: 'pairs-of-keys',
  ownEntries: true,
  title: 'Two keys at once, acquire + release, one after the other, nobody else',
  columns: [
    { key: 'ratio', label: '× one key', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'p50', label: 'p50 µs', digits: 0 },
    { key: 'farRatio', label: `${2 * PAIR_DELAY_MS} ms of network: × one key`, digits: 2 },
    { key: 'farMiddle', label: 'middle half', digits: 2 },
    { key: 'farP50', label: 'p50 ms', digits: 2 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => startProxy(redisUrl, PAIR_DELAY_MS)], async ([{ url }]) => {
      const near = await measureWith(open, {}, seconds);
      const far = await measureWith(open, { url, processor: processors.clientBehindNetwork }, seconds);
      return { rows: near.map((row, i) => merge(row, far[i])), notes: [NOTE] };
    }),

  work: pair.work,
};

const NOTE = 'One key: acquire/release of this library.';

/** The first is what the others are compared with. */
const CONTESTANTS = [acquire, together, inTurn, redlock5, redlockPair];

function measureWith(open, options, seconds) {
  const starts = withFormer(CONTESTANTS).map((contestant) => () => open(contestant, options));
  return withEntries(starts, async (entries) => {
    for (const entry of entries) await becomeFast(entry);
    const results = await inRounds(entries, seconds, 'pairs-of-keys', { warmUp: 200 });
    return rowsOf(results, (rounds, oneKey) => {
      const typicals = rounds.map(typical);
      const ratio = compare(typicals, oneKey.map(typical));
      return { ratio: ratio.median, middle: ratio.middle, p50: median(typicals), rounds: typicals };
    });
  });
}

/** Over a network there would not be enough pairs, one after the other, to have code compiled and optimised. */
async function becomeFast(entry) {
  if (entry.failure === undefined) await entry.work('keys', BUSY_MS).catch(({ message }) => (entry.failure = message));
}

const typical = ({ latencies }) => median(latencies);

function merge(near, far) {
  if (near.failure !== undefined || far.failure !== undefined) return { ...near, failure: near.failure ?? far.failure };
  return { ...near, farRatio: far.ratio, farMiddle: far.middle, farP50: far.p50 / 1_000, farRounds: far.rounds };
}
