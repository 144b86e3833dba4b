/** The pair again, over a network: behind a proxy that adds a delay. There a library is as slow as its round trips. */
import { inShort, ping, withFormer } from '../contestants/index.mjs';
import { withEntries } from '../measure/entries.mjs';
import { processors } from '../measure/processors.mjs';
import { startProxy } from '../measure/proxy.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, median, quantile } from '../measure/statistics.mjs';
import { PAIR_DELAY_MS } from '../settings.mjs';
import { pair } from './pair.mjs';

export const latency = {
  name: 'latency',
  ownEntries: true,
  title: `Acquire + release, ${2 * PAIR_DELAY_MS} ms of network, nobody else`,
  columns: [
    { key: 'ratio', label: '× raw', digits: 3 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'p50', label: 'p50 ms', digits: 3 },
    { key: 'p99', label: 'p99 ms', digits: 3 },
    { key: 'trips', label: 'round trips', digits: 2 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => startProxy(redisUrl, PAIR_DELAY_MS)], ([{ url }]) => {
      const processor = processors.clientBehindNetwork;
      const starts = withFormer([ping, ...inShort]).map((contestant) => () => open(contestant, { url, processor }));
      return withEntries(starts, async (entries) => {
        for (const entry of entries) await becomeFast(entry);
        const results = await inRounds(entries, seconds, 'latency');
        const trips = results[0].rounds.map(typical);
        return { rows: rowsOf(results, (rounds, floor) => figures(rounds, floor, trips)), notes: [NOTE] };
      });
    }),

  work: pair.work,
};

const NOTE = 'A round trip is what a PING took through the same proxy in the same rounds.';

const BUSY_MS = 1_500;

/** One pair after the other would not be enough of them in a second to have code compiled and optimised; many at once are. */
async function becomeFast(entry) {
  if (entry.failure === undefined) await entry.work('keys', BUSY_MS).catch(({ message }) => (entry.failure = message));
}

const typical = ({ latencies }) => median(latencies);

function figures(rounds, floor, trips) {
  const typicals = rounds.map(typical);
  const ratio = compare(typicals, floor.map(typical), undefined, 3);
  const milliseconds = rounds.flatMap((round) => [...round.latencies]).map((microseconds) => microseconds / 1_000);
  return {
    ratio: ratio.median,
    middle: ratio.middle,
    p50: quantile(milliseconds, 0.5),
    p99: quantile(milliseconds, 0.99),
    trips: compare(typicals, trips).median,
    rounds: typicals,
  };
}
