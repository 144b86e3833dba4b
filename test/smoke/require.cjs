/** Both entries of the package load with `require`. */
const { strictEqual } = require('node:assert/strict');

const { Locked, LockService, MemoryLockStore } = require('nestjs-distributed-lock');
const { LockTestingModule } = require('nestjs-distributed-lock/testing');

for (const item of [Locked, LockService, MemoryLockStore, LockTestingModule]) strictEqual(typeof item, 'function');
console.log('require: both entries load');
