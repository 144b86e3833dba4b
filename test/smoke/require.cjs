/** Every entry of the package loads with `require`. */
const { strictEqual } = require('node:assert/strict');

const { Locked, LockService, MemoryLockStore } = require('nestjs-distributed-lock');
const { LockTestingModule } = require('nestjs-distributed-lock/testing');
const { describeLockStore } = require('nestjs-distributed-lock/testing/contract');

const items = [Locked, LockService, MemoryLockStore, LockTestingModule, describeLockStore];
for (const item of items) strictEqual(typeof item, 'function');
console.log('require: every entry loads');
