/** The contract of `LockStore`, kept by the store in memory, on a clock that only the tests move. */
import { afterEach, beforeEach, jest } from '@jest/globals';
import { MemoryLeases } from '../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../lib/stores/memory/memory-lock-store.js';
import { describeLockStore } from './lock-store.contract.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describeLockStore('memory', () => {
  const open = async (leases: MemoryLeases): Promise<MemoryLockStore> => {
    const store = new MemoryLockStore(leases);
    await store.start();
    return store;
  };
  let leases: MemoryLeases;
  return {
    realTime: false,
    create: (timing) => open((leases = new MemoryLeases(timing))),
    createPeer: () => open(leases),
    dispose: (store) => store.stop(),
    advance: async (ms) => {
      jest.advanceTimersByTime(ms);
    },
  };
});
