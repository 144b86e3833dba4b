/** Two keys that nobody else wants, all or none, beside one key. */
import { acquire, inTurn, redlock5, redlockPair, together } from '../contestants/index.mjs';
import { columnsOf, nearAndFar } from '../measure/near-and-far.mjs';
import { pair } from './pair.mjs';

/** The first is what the others are compared with. */
const CONTESTANTS = [acquire, together, inTurn, redlock5, redlockPair];

export const pairsOfKeys = {
  name: 'pairs-of-keys',
  ownEntries: true,
  title: 'Two keys at once, acquire + release, one after the other, nobody else',
  columns: columnsOf('one key'),
  measure: async (bench) => ({ rows: await nearAndFar(bench, CONTESTANTS, 'pairs-of-keys'), notes: [NOTE] }),
  work: pair.work,
};

const NOTE = 'One key: acquire/release of this library.';
