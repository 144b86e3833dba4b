/**
 * The contract of `LockStore` as a test suite, for stores of one's own. It needs no package but Node's `assert`, and runs in
 * Jest, Vitest and `node:test`.
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
 * import { PostgresLockStore } from './postgres.lock-store.js';
 *
 * describeLockStore(
 *   'PostgreSQL',
 *   () => {
 *     const table = `locks_${Math.random().toString(36).slice(2)}`; // no case sees the data of another
 *     return { open: (timing) => new PostgresLockStore({ url: process.env.DATABASE_URL, table, timing }) };
 *   },
 *   { describe, it },
 * );
 * ```
 */
export { describeLockStore } from './describe-lock-store.js';
export type { ContractRunner, LockStoreContractOptions, LockStoreHarness, LockStoreHarnessFactory } from './harness.js';
