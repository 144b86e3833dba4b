/** What a pair costs with nobody else there: latency beside the first contestant's, and processor time of the client, all threads. */
import { withFormer } from '../contestants/index.mjs';
import { withEntries } from './entries.mjs';
import { inRounds, rowsOf } from './rounds.mjs';
import { compare, median } from './statistics.mjs';

/** The columns of such a case. */
export const costColumns = [
  { key: 'ratio', label: '× raw', digits: 2 },
  { key: 'middle', label: 'middle half of rounds' },
  { key: 'p50', label: 'p50 µs', digits: 0 },
  { key: 'cpu', label: 'client CPU µs', digits: 0 },
];

/** The rows of the case `name`; contestants in `also` have no former build. */
export function costs({ seconds, open }, [floor, ...contestants], also, name) {
  const starts = [floor, ...withFormer(contestants), ...also].map((each) => () => open(each));
  return withEntries(starts, async (entries) => {
    const results = await inRounds(entries, seconds, name);
    return rowsOf(results, (rounds, ofFloor) => {
      const typicals = rounds.map(typical);
      const ratio = compare(typicals, ofFloor.map(typical));
      const latencies = rounds.flatMap((round) => [...round.latencies]);
      const cpu = median(rounds.map((round) => round.cpuMicroseconds / round.latencies.length));
      return { ratio: ratio.median, middle: ratio.middle, p50: median(latencies), cpu, rounds: typicals };
    });
  });
}

const typical = ({ latencies }) => median(latencies);
