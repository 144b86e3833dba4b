/** The contract suite in Vitest, on the store in memory, which follows fake timers. */
import { MemoryLeases, MemoryLockStore } from 'nestjs-distributed-lock';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describeLockStore(
  'memory',
  () => {
    let leases: MemoryLeases | undefined;
    return {
      hasFakeClock: true,
      open: (timing) => new MemoryLockStore((leases ??= new MemoryLeases(timing))),
      advance: (ms) => void vi.advanceTimersByTime(ms),
    };
  },
  { describe, it },
);
