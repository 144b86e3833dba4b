/** A unit test of the kind that `node --test` runs: no server, no timer of its own. */
import 'reflect-metadata';

import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';

@Injectable()
class Orders {
  running = 0;
  most = 0;

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<boolean> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise(setImmediate);
    this.running--;
    return this.locks.holds(`order:${id}`);
  }
}

let module: TestingModule;
let orders: Orders;

beforeEach(async () => {
  module = await Test.createTestingModule({ imports: [LockTestingModule.forRoot()], providers: [Orders] }).compile();
  await module.init();
  orders = module.get(Orders);
});

afterEach(() => module.close());

test('@Locked runs one at a time', async () => {
  const held = await Promise.all([orders.ship('1'), orders.ship('1'), orders.ship('1')]);
  deepStrictEqual(held, [true, true, true]);
  strictEqual(orders.most, 1);
});

test('a wait that nothing else keeps alive ends with its own error', async () => {
  const lock = await orders.locks.acquire('order:2');
  await rejects(orders.locks.acquire('order:2', { wait: '150ms' }), { code: 'LOCK_TIMEOUT' });
  await lock.release();
});

test('the lock of a holder that is gone ends with its ttl', async () => {
  await orders.locks.acquire('order:3', { ttl: '150ms', autoRenew: false });
  const next = await orders.locks.acquire('order:3');
  strictEqual(next.isHeld, true);
  await next.release();
});
