/** The pair again: what it costs that somebody might listen (beside the build before, with `--before`), and that somebody does. */
import { metered, raw, traced, withLock } from '../contestants/index.mjs';
import { costColumns, costs } from '../measure/costs.mjs';
import { pair } from './pair.mjs';

export const observed = {
  name: 'observed',
  ownEntries: true,
  title: 'Acquire + release, nobody else: heard by nobody, by traces, by metrics',
  columns: costColumns,
  measure: async (bench) => ({
    rows: await costs(bench, [raw, withLock], [traced, metered], 'observed'),
    notes: [NOTE],
  }),
  work: pair.work,
};

const NOTE = 'Heard through the API of OpenTelemetry, without an SDK behind it: what its exporters cost is their own.';
