/** The pair again, with a thread that renews, which is told of each lock; nothing is held for long enough to be renewed. */
import { raw, threaded, withLock } from '../contestants/index.mjs';
import { costColumns, costs } from '../measure/costs.mjs';
import { pair } from './pair.mjs';

export const heartbeatThread = {
  name: 'heartbeat-thread',
  ownEntries: true,
  title: "Acquire + release, nobody else: heartbeat: 'worker'",
  columns: costColumns,
  measure: async (bench) => ({ rows: await costs(bench, [raw, withLock], [threaded], 'heartbeat-thread'), notes: [] }),
  work: pair.work,
};
