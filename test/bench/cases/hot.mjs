/**
 * One key that many callers of one process want, each over and over: how often it changes hands. Who lets the caller
 * that just released come in again at once shows many grants, few of them to another caller, and an uneven share; so
 * all three are told.
 */
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, evenness, median, quantile } from '../measure/statistics.mjs';
import { WAITERS } from '../settings.mjs';

export const hot = {
  name: 'hot',
  title: `One key, ${WAITERS} waiters in one process`,
  columns: [
    { key: 'handOffs', label: 'hand-offs/s', digits: 0 },
    { key: 'ratio', label: '× raw', digits: 2 },
    { key: 'middle', label: 'middle half of rounds' },
    { key: 'grants', label: 'grants/s', digits: 0 },
    { key: 'p50', label: 'wait p50 ms', digits: 2 },
    { key: 'p99', label: 'wait p99 ms', digits: 2 },
    { key: 'evenness', label: 'evenness', digits: 3 },
  ],

  async measure({ entries, seconds }) {
    const results = await inRounds(entries, seconds, 'hot');
    const rows = rowsOf(results, (rounds, floor) => {
      const ratio = compare(rounds.map(rate), floor.map(rate));
      const waits = rounds.flatMap((round) => [...round.waits]);
      return {
        handOffs: median(rounds.map(rate)),
        ratio: ratio.median,
        middle: ratio.middle,
        grants: median(rounds.map((round) => (round.waits.length * 1_000) / round.milliseconds)),
        p50: quantile(waits, 0.5),
        p99: quantile(waits, 0.99),
        evenness: evenness(rounds[0].counts.map((_, i) => rounds.reduce((sum, { counts }) => sum + counts[i], 0))),
        rounds: rounds.map(rate),
      };
    });
    return { rows, notes: ['A hand-off is a grant to another caller than the one before; raw has no line, it polls.'] };
  },

  async work(session, milliseconds) {
    const counts = Array.from({ length: WAITERS }, () => 0);
    const waits = [];
    let handOffs = 0;
    let last = -1;
    const end = performance.now() + milliseconds;
    async function waiter(id) {
      for (let asked = performance.now(); asked < end; asked = performance.now()) {
        await session.run('hot', async () => {
          const now = performance.now();
          if (now >= end) return; // whoever is still in line at the end is let through, and not counted
          waits.push(now - asked);
          counts[id]++;
          if (last !== id) handOffs++;
          last = id;
        });
      }
    }
    await Promise.all(counts.map((_, id) => waiter(id)));
    return { counts, waits: Float64Array.from(waits), handOffs, milliseconds };
  },
};

const rate = ({ handOffs, milliseconds }) => (handOffs * 1_000) / milliseconds;
