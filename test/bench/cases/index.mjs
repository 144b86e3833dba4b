/**
 * What is measured, in the order of the report. A case is `{ name, title, columns, measure, work }`:
 *
 * - `work(session, milliseconds, detail?)` runs in the process of a contestant and answers figures;
 * - `measure({ entries, seconds, redisUrl, open })` has the entries work and answers `{ rows, notes }`. An entry is a
 *   contestant in its process (see `measure/remote.mjs`); `open(contestant, url?)` starts another. A row has its entry
 *   and a value for each column, or a `failure`.
 */
import { commands } from './commands.mjs';
import { hot } from './hot.mjs';
import { keys } from './keys.mjs';
import { overhead } from './overhead.mjs';
import { pair } from './pair.mjs';

export const cases = [pair, keys, hot, commands, overhead];
