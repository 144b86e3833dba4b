/** Many callers at once, each with a key of its own, on one connection: the throughput of pairs. */
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, median, quantile } from '../measure/statistics.mjs';
import { KEYS_IN_FLIGHT } from '../settings.mjs';

const nothing = async () => {};

export const keys = {
  name: 'keys',
  title: `${KEYS_IN_FLIGHT} different keys in flight on one connection`,
  columns: [
    { key: 'ratio', label: '× raw', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'perSecond', label: 'pairs/s', digits: 0 },
    { key: 'p50', label: 'p50 µs', digits: 0 },
    { key: 'p99', label: 'p99 µs', digits: 0 },
    { key: 'cpu', label: 'client CPU µs', digits: 0 },
  ],

  async measure({ entries, seconds }) {
    const results = await inRounds(entries, seconds, 'keys');
    const rows = rowsOf(results, (rounds, floor) => {
      const ratio = compare(rounds.map(rate), floor.map(rate));
      const latencies = rounds.flatMap((round) => [...round.latencies]);
      return {
        ratio: ratio.median,
        middle: ratio.middle,
        perSecond: median(rounds.map(rate)),
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        cpu: median(rounds.map((round) => round.cpuMicroseconds / round.latencies.length)),
        rounds: rounds.map(rate),
      };
    });
    return { rows, notes: [] };
  },

  async work(session, milliseconds, callers = KEYS_IN_FLIGHT) {
    const latencies = [];
    const begin = performance.now();
    const end = begin + milliseconds;
    async function caller(key) {
      for (let now = performance.now(); now < end;) {
        const start = now;
        await session.run(key, nothing);
        now = performance.now();
        latencies.push((now - start) * 1_000);
      }
    }
    await Promise.all(Array.from({ length: callers }, (_, i) => caller(`keys${i}`)));
    return { latencies: Float64Array.from(latencies), elapsed: performance.now() - begin };
  },
};

const rate = ({ latencies, elapsed }) => (latencies.length * 1_000) / elapsed;
