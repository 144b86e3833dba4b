/** Every entry of the package loads with `import`. */
import { strictEqual } from 'node:assert/strict';

import { Locked, LockService, MemoryLockStore } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';

const items = [Locked, LockService, MemoryLockStore, LockTestingModule, describeLockStore];
for (const item of items) strictEqual(typeof item, 'function');
console.log('import: every entry loads');
