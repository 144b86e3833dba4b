/**
 * What is measured, in the order of the report. A case is `{ name, title, columns, ownEntries?, measure, work }`:
 *
 * - `work(session, milliseconds, detail?)` runs in the process of a contestant and answers figures;
 * - `measure({ entries, seconds, redisUrl, open })` has the entries work and answers `{ rows, notes }`. An entry is a
 *   contestant in its process (see `measure/remote.mjs`); `open(contestant, { url?, settings?, nodeOptions? }?)` starts another. A row has its entry
 *   and a value for each column, or a `failure`; a `remark` is a footnote to its values. `ownEntries`: it opens all it needs
 *   itself.
 */
import { backgroundRelease } from './background.mjs';
import { budget } from './budget.mjs';
import { commands } from './commands.mjs';
import { crowd } from './crowd.mjs';
import { growth } from './growth.mjs';
import { handoff } from './handoff.mjs';
import { heartbeatThread } from './heartbeat-thread.mjs';
import { held } from './held.mjs';
import { hot } from './hot.mjs';
import { idle } from './idle.mjs';
import { keys } from './keys.mjs';
import { latency } from './latency.mjs';
import { manyReaders } from './many-readers.mjs';
import { memory } from './memory.mjs';
import { overhead } from './overhead.mjs';
import { observed } from './observed.mjs';
import { pair } from './pair.mjs';
import { pairsOfKeys } from './pairs-of-keys.mjs';
import { processes } from './processes.mjs';
import { readers } from './readers.mjs';
import { semaphore } from './semaphore.mjs';
import { writerAmongReaders } from './writer-among-readers.mjs';

export const cases = [
  pair,
  observed,
  backgroundRelease,
  heartbeatThread,
  latency,
  keys,
  hot,
  crowd,
  processes,
  budget,
  handoff,
  readers,
  semaphore,
  writerAmongReaders,
  manyReaders,
  pairsOfKeys,
  commands,
  held,
  idle,
  memory,
  overhead,
  growth,
];
