/**
 * Who takes part, in the order of the tables. A contestant is `{ id, name, options, version?(), own?, setup(redisUrl,
 * settings) }`; `setup` opens a session: `run(key, section)` runs `section` while it holds `key`, `close()` ends it;
 * `inLine(key)` tells how many wait, where there is a line to look at.
 * `settings` are those of `settings.mjs` that a case wants otherwise: `ttl`, and how often to renew (`renewEvery`). `own`
 * marks this library, whose failure fails the benchmark; `byHand` what is no library; `floor` what the others are
 * compared with; `formerOf` names the contestant whose former build it is.
 */
import { bareQueue } from './bare-queue.mjs';
import { withFormer } from './former.mjs';
import { acquire, acquireFair, locked, memoryLocked, memoryWithLock, withLock } from './library.mjs';
import { nestRedlock } from './nest-redlock.mjs';
import { ping, raw, rawAgain } from './raw.mjs';
import { redisSemaphore } from './redis-semaphore.mjs';
import { redlockUniversal } from './redlock-universal.mjs';
import { redlock4, redlock5 } from './redlock.mjs';

const peers = [redlock4, redlock5, redisSemaphore, redlockUniversal, nestRedlock];

export const contestants = [raw, rawAgain, withLock, acquire, locked, ...peers];

/** For cases that take long, or many processes: nobody twice. */
export const inShort = [raw, withLock, acquire, ...peers];
export const inShortAndFair = [raw, withLock, acquire, acquireFair, ...peers];

/** Only where a case asks for them. */
export { acquire, acquireFair, bareQueue, ping, raw, redisSemaphore, redlock5, withFormer, withLock };

const all = [...contestants, acquireFair, memoryWithLock, memoryLocked, ping, bareQueue];

export const contestantOf = (id) => withFormer(all).find((contestant) => contestant.id === id);
