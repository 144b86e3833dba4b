/** One caller that acquires and releases, over and over, while nobody else wants its keys: the latency of a pair. */
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, median, quantile } from '../measure/statistics.mjs';

const KEYS = Array.from({ length: 64 }, (_, i) => `pair${i}`);
const nothing = async () => {};

export const pair = {
  name: 'pair',
  title: 'Acquire + release, one after the other, nobody else',
  columns: [
    { key: 'ratio', label: '× raw', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'p50', label: 'p50 µs', digits: 0 },
    { key: 'p99', label: 'p99 µs', digits: 0 },
    { key: 'cpu', label: 'client CPU µs', digits: 0 },
  ],

  async measure({ entries, seconds }) {
    const results = await inRounds(entries, seconds, 'pair');
    const rows = rowsOf(results, (rounds, floor) => {
      const ratio = compare(rounds.map(typical), floor.map(typical));
      const latencies = rounds.flatMap((round) => [...round.latencies]);
      return {
        ratio: ratio.median,
        middle: ratio.middle,
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        cpu: median(rounds.map((round) => round.cpuMicroseconds / round.latencies.length)),
        rounds: rounds.map(typical),
      };
    });
    return { rows, notes: decoratorNote(rows) };
  },

  async work(session, milliseconds) {
    const latencies = [];
    let now = performance.now();
    const end = now + milliseconds;
    for (let i = 0; now < end; i++) {
      const start = now;
      await session.run(KEYS[i % KEYS.length], nothing);
      now = performance.now();
      latencies.push((now - start) * 1_000);
    }
    return { latencies: Float64Array.from(latencies) };
  },
};

const typical = ({ latencies }) => median(latencies);

function decoratorNote(rows) {
  const [locked, withLock] = ['locked', 'with-lock'].map((id) => rows.find(({ entry }) => entry.contestant.id === id));
  if (!locked?.rounds || !withLock?.rounds) return [];
  const difference = compare(locked.rounds, withLock.rounds, (one, other) => one - other, 1);
  return [`@Locked minus withLock: ${difference.median.toFixed(1)} µs a pair (middle half ${difference.middle}).`];
}
