/** The contract suite in Node's own runner, on the store in memory, whose clock is moved. */
import { describe, it, mock } from 'node:test';

import { MemoryLeases, MemoryLockStore } from 'nestjs-distributed-lock';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';

let ahead = 0;
const now = performance.now.bind(performance);
mock.method(performance, 'now', () => now() + ahead);

describeLockStore(
  'memory',
  () => {
    let leases: MemoryLeases | undefined;
    return {
      open: (timing) => new MemoryLockStore((leases ??= new MemoryLeases(timing))),
      advance: (ms) => void (ahead += ms),
    };
  },
  { describe, it },
);
