/** For `node --test`: waits for a lock as a user's test would. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Test } from '@nestjs/testing';
import { LockService } from '../../../lib/index.js';
import { LockTestingModule } from '../../../lib/testing/index.js';

test('two callers of one key', async () => {
  const moduleRef = await Test.createTestingModule({ imports: [LockTestingModule.forRoot()] }).compile();
  const locks = moduleRef.get(LockService);
  await locks.acquire('key', { ttl: 300, autoRenew: false });
  const lock = await locks.acquire('key', { wait: '1m' });
  assert.equal(lock.isHeld, true);
  await lock.release();
});
