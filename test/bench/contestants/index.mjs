/**
 * Who takes part, in the order of the tables. A contestant is `{ id, name, options, version?(), own?, setup(redisUrl,
 * settings) }`; `setup` opens a session: `run(key, section)` runs `section` while it holds `key`, `close()` ends it;
 * `read(key, section)` runs it beside others that read, where the contestant has such a thing; `inLine(key)` tells how
 * many wait, where there is a line to look at.
 * `settings` are those of `settings.mjs` that a case wants otherwise: `ttl`, and how often to renew (`renewEvery`). `own`
 * marks this library, whose failure fails the benchmark; `byHand` what is no library; `floor` what the others are
 * compared with; `formerOf` names the contestant whose former build it is. `shares` marks what a build without shared
 * keys can't do, and `places` says how many `run` lets in at once where that is more than one.
 */
import { bareQueue } from './bare-queue.mjs';
import { withFormer } from './former.mjs';
import {
  acquire,
  acquireFair,
  background,
  locked,
  memoryLocked,
  memoryWithLock,
  metered,
  threaded,
  traced,
  withLock,
} from './library.mjs';
import { nestRedlock } from './nest-redlock.mjs';
import { ping, raw, rawAgain } from './raw.mjs';
import { redisSemaphore, semaphore, semaphoreAtItsBest } from './redis-semaphore.mjs';
import { redlockUniversal } from './redlock-universal.mjs';
import { redlock4, redlock5, redlockPair } from './redlock.mjs';
import { inTurn, permits, permitsFair, readFair, readWrite, together } from './sharing.mjs';

const peers = [redlock4, redlock5, redisSemaphore, redlockUniversal, nestRedlock];

export const contestants = [raw, rawAgain, withLock, acquire, locked, ...peers];

/** For cases that take long, or many processes: nobody twice. */
export const inShort = [raw, withLock, acquire, ...peers];
export const inShortAndFair = [raw, withLock, acquire, acquireFair, ...peers];

/** Only where a case asks for them. */
export {
  acquire,
  acquireFair,
  background,
  bareQueue,
  metered,
  ping,
  raw,
  redisSemaphore,
  redlock5,
  traced,
  withFormer,
  withLock,
};
export {
  inTurn,
  permits,
  permitsFair,
  readFair,
  readWrite,
  redlockPair,
  semaphore,
  semaphoreAtItsBest,
  threaded,
  together,
};

const others = [acquireFair, background, threaded, memoryWithLock, memoryLocked, traced, metered, ping, bareQueue];
const sharing = [readWrite, readFair, permits, permitsFair, semaphore, semaphoreAtItsBest];
const pairs = [together, inTurn, redlockPair];
const all = [...contestants, ...others, ...sharing, ...pairs];

export const contestantOf = (id) => withFormer(all).find((contestant) => contestant.id === id);
