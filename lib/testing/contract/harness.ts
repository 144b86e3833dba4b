/** What a store under test, and the test runner, have to offer to the contract suite. */
import type { LockStore, StoreTiming } from '../../stores/lock-store.js';

/** How one case gets stores. What a harness opens must not see the data of another harness. */
export interface LockStoreHarness {
  /**
   * Makes a store; the suite starts it. When it is called again in the same case, the other store is to look at the same
   * data, as another process would.
   *
   * @param timing - the numbers that the store is to work with. They may be shorter than the defaults, and longer.
   */
  open(timing: StoreTiming): LockStore | Promise<LockStore>;
  /** Ends a store after the case. Without it the suite calls `stop()`. */
  close?(store: LockStore): void | Promise<void>;
  /**
   * Resolves when at least so many milliseconds have passed for the stores. Without it the suite waits; with it a case
   * needs no longer than its requests.
   */
  advance?(ms: number): void | Promise<void>;
  /**
   * Whether time passes for the stores by {@link advance} alone, to the millisecond. Then random schedules let time pass
   * between their requests, too.
   *
   * @default false
   */
  readonly hasFakeClock?: boolean;
  /** Called at the end of the case, when all stores are closed. */
  dispose?(): void | Promise<void>;
}

/** Called at the beginning of each case. */
export type LockStoreHarnessFactory = () => LockStoreHarness | Promise<LockStoreHarness>;

/** The functions of a test runner that declare tests. Those of Jest, Vitest and `node:test` fit as they are. */
export interface ContractRunner {
  /** Declares a group of cases. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Declares a case, and how long it may take in milliseconds. Runners that take no time limit leave it out. */
  readonly it: (name: string, body: () => Promise<void>, timeout: number) => unknown;
}

/** The test runner, and what a store may leave out. */
export interface LockStoreContractOptions extends ContractRunner {
  /**
   * Whether the store tells listeners of grants. A grant is only a hint: with a store that reports none, a waiter learns
   * by its next heartbeat, within a second, that it was let in.
   *
   * @default true
   */
  readonly reportsGrants?: boolean;
  /**
   * Whether the store lets holders share a key, and has `convert`. A store that treats every request as exclusive keeps
   * the library's promises as well: readers wait for each other, then.
   *
   * @default true
   */
  readonly sharesKeys?: boolean;
  /**
   * Whether the store has `acquireTogether`, and sees any two keys together.
   *
   * @default true
   */
  readonly acquiresTogether?: boolean;
  /**
   * Whether the store has `list`. Without it the keys that are held can't be listed.
   *
   * @default true
   */
  readonly listsKeys?: boolean;
  /**
   * Whether the store has `introduce`, `describe`, `hear` and `tell`, and tells the `notice` of a release. Without them
   * people see tokens in place of processes, and a lock that is taken away is missed at its next renewal.
   *
   * @default true
   */
  readonly tellsProcesses?: boolean;
}
