/** Both entries of the package load with `import`. */
import { strictEqual } from 'node:assert/strict';

import { Locked, LockService, MemoryLockStore } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';

for (const item of [Locked, LockService, MemoryLockStore, LockTestingModule]) strictEqual(typeof item, 'function');
console.log('import: both entries load');
