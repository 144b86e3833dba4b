/**
 * What the library itself costs: the same pairs on its memory store, where no server and no network hides it, and what
 * the decorator adds to that.
 */
import { withFormer } from '../contestants/index.mjs';
import { memoryLocked, memoryWithLock } from '../contestants/library.mjs';
import { withEntries } from '../measure/entries.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { compare, median } from '../measure/statistics.mjs';

const nothing = async () => {};
const BATCH = 50; // a pair is too short for the clock

export const overhead = {
  name: 'overhead',
  ownEntries: true,
  title: 'This library without a server: a pair on its memory store',
  columns: [
    { key: 'p50', label: 'µs a pair', digits: 2 },
    { key: 'difference', label: 'more than withLock', digits: 2, isDifference: true },
    { key: 'middle', label: 'middle half of rounds' },
  ],

  async measure({ seconds, open }) {
    const starts = withFormer([memoryWithLock, memoryLocked]).map((contestant) => () => open(contestant));
    const results = await withEntries(starts, (entries) => inRounds(entries, seconds, 'overhead'));
    const rows = rowsOf(results, (rounds, withLock) => {
      const times = rounds.map(({ perPair }) => perPair);
      const base = withLock.map(({ perPair }) => perPair);
      const difference = compare(times, base, (one, other) => one - other);
      return { p50: median(times), difference: difference.median, middle: difference.middle, rounds: times };
    });
    return { rows, notes: [] };
  },

  async work(session, milliseconds) {
    const perPair = [];
    const end = performance.now() + milliseconds;
    for (let now = performance.now(); now < end;) {
      const start = now;
      for (let i = 0; i < BATCH; i++) await session.run('overhead', nothing);
      now = performance.now();
      perPair.push(((now - start) * 1_000) / BATCH);
    }
    return { perPair: median(perPair) };
  },
};
