/**
 * Who takes part, in the order of the tables. A contestant is `{ id, name, options, version?(), own?, setup(redisUrl) }`;
 * `setup` opens a session: `run(key, section)` runs `section` while it holds `key`, `close()` ends it. The first is the
 * floor that the others are compared with; `own` marks this library, whose failure fails the benchmark.
 */
import { acquire, locked, memoryLocked, memoryWithLock, withLock } from './library.mjs';
import { nestRedlock } from './nest-redlock.mjs';
import { raw, rawAgain } from './raw.mjs';
import { redisSemaphore } from './redis-semaphore.mjs';
import { redlockUniversal } from './redlock-universal.mjs';
import { redlock4, redlock5 } from './redlock.mjs';

export const contestants = [
  raw,
  rawAgain,
  withLock,
  acquire,
  locked,
  redlock4,
  redlock5,
  redisSemaphore,
  redlockUniversal,
  nestRedlock,
];

const all = [...contestants, memoryWithLock, memoryLocked];

export const contestantOf = (id) => all.find((contestant) => contestant.id === id);
