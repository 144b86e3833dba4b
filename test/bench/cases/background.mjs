/** The pair again, with sections that do not wait for the answer of their release. */
import { background, raw, withLock } from '../contestants/index.mjs';
import { columnsOf, nearAndFar } from '../measure/near-and-far.mjs';
import { pair } from './pair.mjs';

const CONTESTANTS = [raw, withLock, background];

export const backgroundRelease = {
  name: 'background',
  ownEntries: true,
  title: "Acquire + release, nobody else: release: 'background'",
  columns: columnsOf('raw'),
  measure: async (bench) => ({ rows: await nearAndFar(bench, CONTESTANTS, 'background'), notes: [] }),
  work: pair.work,
};
