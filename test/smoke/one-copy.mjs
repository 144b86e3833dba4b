/** `import` and `require` in one process give one copy of the classes, and `./testing` uses that copy, too. */
import { strictEqual } from 'node:assert/strict';
import { createRequire } from 'node:module';

import * as imported from 'nestjs-distributed-lock';
import * as importedTesting from 'nestjs-distributed-lock/testing';
import * as importedContract from 'nestjs-distributed-lock/testing/contract';

const require = createRequire(import.meta.url);
const required = require('nestjs-distributed-lock');
const requiredTesting = require('nestjs-distributed-lock/testing');
const requiredContract = require('nestjs-distributed-lock/testing/contract');

for (const name of Object.keys(imported)) strictEqual(imported[name], required[name], `two copies of ${name}`);
strictEqual(importedTesting.LockTestingModule, requiredTesting.LockTestingModule, 'two copies of LockTestingModule');
strictEqual(importedContract.describeLockStore, requiredContract.describeLockStore, 'two copies of the contract');
strictEqual(
  importedTesting.LockTestingModule.forRoot().module,
  imported.DistributedLockModule,
  'two copies of the module',
);
console.log(`one copy: ${Object.keys(imported).length} exports are the same for import and require`);
