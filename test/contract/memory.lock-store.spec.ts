/** The contract of `LockStore`, kept by the store in memory, on a clock that only the tests move. */
import { afterEach, beforeEach, describe, it, jest } from '@jest/globals';
import { MemoryLeases, MemoryLockStore } from 'nestjs-distributed-lock';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import type { LockStoreHarness } from 'nestjs-distributed-lock/testing/contract';
import { describeOwnStore } from './own-stores.cases.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function harness(): LockStoreHarness {
  let leases: MemoryLeases | undefined;
  return {
    hasFakeClock: true,
    open: (timing) => new MemoryLockStore((leases ??= new MemoryLeases(timing))),
    advance: (ms) => void jest.advanceTimersByTime(ms),
  };
}

describeLockStore('memory', harness, { describe, it });
describeOwnStore('memory', harness);
