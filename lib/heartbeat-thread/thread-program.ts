/** What the heartbeat thread runs. It ends when it is told to, or with the process. */
import { parentPort, workerData } from 'node:worker_threads';
import { connectionOf } from '../stores/redis/connection-copy.js';
import type { ConnectionCopy } from '../stores/redis/connection-copy.js';
import { RedisLockStore } from '../stores/redis/redis.lock-store.js';
import { Renewals } from './renewals.js';
import { computerClock } from './computer-clock.js';
import type { ThreadOrder, ThreadStart } from './thread-messages.js';

const { clockShift } = workerData as ThreadStart;

const renewals = new Renewals({
  // Both clocks run alike and began at different times.
  clock: { shift: computerClock() - performance.now() + clockShift },
  open: ({ store: number, options }) => {
    const { connection, ...rest } = options;
    const store = new RedisLockStore({ connection: connectionOf(connection as ConnectionCopy), ...rest });
    // Connects now, and not when the first lease is due; whether that worked is seen then.
    const opened = (): void => parentPort!.postMessage(number);
    store.start().then(opened, opened);
    return store;
  },
  tell: (reports) => parentPort!.postMessage(reports),
});

parentPort!.on('message', (order: ThreadOrder) => renewals.carryOut(order));
