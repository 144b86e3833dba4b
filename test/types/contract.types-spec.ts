/** The contract suite takes what test runners offer, as it is; `tsc` checks this file. Vitest's is checked with Vitest. */
import * as globals from '@jest/globals';
import * as nodeTest from 'node:test';
import { MemoryLockStore } from 'nestjs-distributed-lock';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';

const harness = () => ({ open: () => new MemoryLockStore() });

describeLockStore('of @jest/globals', harness, { describe: globals.describe, it: globals.it });
describeLockStore('of node:test', harness, { describe: nodeTest.describe, it: nodeTest.it });
describeLockStore('of the globals', harness, { describe, it, reportsGrants: false });
describeLockStore('of a runner without time limits', async () => harness(), {
  describe: (_name: string, body: () => void) => body(),
  it: (_name: string, body: () => Promise<void>) => void body(),
});
// @ts-expect-error -- a runner is needed
describeLockStore('of none', harness, {});
// @ts-expect-error -- a store has all methods
describeLockStore('of nothing', () => ({ open: () => ({ start: async () => undefined }) }), { describe, it });
