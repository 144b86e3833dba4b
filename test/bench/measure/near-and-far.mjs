/** A case that is measured twice: directly, and over a network that makes round trips dear. */
import { withFormer } from '../contestants/index.mjs';
import { PAIR_DELAY_MS } from '../settings.mjs';
import { withEntries } from './entries.mjs';
import { processors } from './processors.mjs';
import { startProxy } from './proxy.mjs';
import { inRounds, rowsOf } from './rounds.mjs';
import { compare, median } from './statistics.mjs';

const BUSY_MS = 1_000;

/** The columns of such a case; `ofWhat` is what the first contestant does, which the others are compared with. */
export const columnsOf = (ofWhat) => [
  { key: 'ratio', label: `× ${ofWhat}`, digits: 2 },
  { key: 'middle', label: 'middle half of rounds' },
  { key: 'p50', label: 'p50 µs', digits: 0 },
  { key: 'farRatio', label: `${2 * PAIR_DELAY_MS} ms of network: × ${ofWhat}`, digits: 2 },
  { key: 'farMiddle', label: 'middle half', digits: 2 },
  { key: 'farP50', label: 'p50 ms', digits: 2 },
];

/** The rows of the case `name`. */
export const nearAndFar = ({ seconds, open, redisUrl }, contestants, name) =>
  withEntries([() => startProxy(redisUrl, PAIR_DELAY_MS)], async ([{ url }]) => {
    const near = await measureWith(open, {});
    const far = await measureWith(open, { url, processor: processors.clientBehindNetwork });
    return near.map((row, i) => merge(row, far[i]));

    function measureWith(opener, options) {
      const starts = withFormer(contestants).map((contestant) => () => opener(contestant, options));
      return withEntries(starts, async (entries) => {
        for (const entry of entries) await becomeFast(entry);
        const results = await inRounds(entries, seconds, name, { warmUp: 200 });
        return rowsOf(results, (rounds, floor) => {
          const typicals = rounds.map(typical);
          const ratio = compare(typicals, floor.map(typical));
          return { ratio: ratio.median, middle: ratio.middle, p50: median(typicals), rounds: typicals };
        });
      });
    }
  });

/** Over a network there would not be enough pairs, one after the other, to have code compiled and optimised. */
async function becomeFast(entry) {
  if (entry.failure === undefined) await entry.work('keys', BUSY_MS).catch(({ message }) => (entry.failure = message));
}

const typical = ({ latencies }) => median(latencies);

function merge(near, far) {
  if (near.failure !== undefined || far.failure !== undefined) return { ...near, failure: near.failure ?? far.failure };
  return { ...near, farRatio: far.ratio, farMiddle: far.middle, farP50: far.p50 / 1_000, farRounds: far.rounds };
}
