/** The pair again: what it costs that somebody might listen (beside the build before, with `--before`), and that somebody does. */
import { metered, raw, traced, withFormer, withLock } from '../contestants/index.mjs';
import { withEntries } from '../measure/entries.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, median } from '../measure/statistics.mjs';
import { pair } from './pair.mjs';

export const observed = {
  name: 'observed',
  ownEntries: true,
  title: 'Acquire + release, nobody else: heard by nobody, by traces, by metrics',
  columns: [
    { key: 'ratio', label: '× raw', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'p50', label: 'p50 µs', digits: 0 },
    { key: 'cpu', label: 'client CPU µs', digits: 0 },
  ],

  measure: ({ seconds, open }) => {
    const starts = [raw, ...withFormer([withLock]), traced, metered].map((each) => () => open(each));
    return withEntries(starts, async (entries) => {
      const results = await inRounds(entries, seconds, 'observed');
      const rows = rowsOf(results, (rounds, floor) => {
        const typicals = rounds.map(typical);
        const ratio = compare(typicals, floor.map(typical));
        const latencies = rounds.flatMap((round) => [...round.latencies]);
        const cpu = median(rounds.map((round) => round.cpuMicroseconds / round.latencies.length));
        return { ratio: ratio.median, middle: ratio.middle, p50: median(latencies), cpu, rounds: typicals };
      });
      return { rows, notes: [NOTE] };
    });
  },

  work: pair.work,
};

const NOTE = 'Heard through the API of OpenTelemetry, without an SDK behind it: what its exporters cost is their own.';

const typical = ({ latencies }) => median(latencies);
