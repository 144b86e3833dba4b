/**
 * A unit test in Vitest, which compiles with esbuild: decorators work, the types of parameters and results are not
 * emitted. So what is injected is named, as with any provider there, and a method that returns a stream says so.
 */
import 'reflect-metadata';

import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { defer, lastValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

@Injectable()
class Orders {
  running = 0;
  most = 0;

  constructor(@Inject(LockService) readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<boolean> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise(setImmediate);
    this.running--;
    return this.locks.holds(`order:${id}`);
  }

  @Locked('order:<0>', { returns: 'observable' })
  watch(id: string): Observable<boolean> {
    return defer(() => this.ship(id));
  }
}

let orders: Orders;
let close: () => Promise<void>;

beforeEach(async () => {
  const builder = Test.createTestingModule({ imports: [LockTestingModule.forRoot()], providers: [Orders] });
  const module = await builder.compile();
  await module.init();
  orders = module.get(Orders);
  close = () => module.close();
});

afterEach(() => close());

it('compiles decorators without the types of parameters', () => {
  expect(Reflect.getMetadata('design:paramtypes', Orders)).toBeUndefined();
});

it('runs a locked method one at a time', async () => {
  expect(await Promise.all([orders.ship('1'), orders.ship('1'), orders.ship('1')])).toEqual([true, true, true]);
  expect(orders.most).toBe(1);
});

it('locks a stream that says what it is', async () => {
  const lock = await orders.locks.acquire('order:2');
  const seen = lastValueFrom(orders.watch('2'));
  expect(orders.most).toBe(0);
  await lock.release();
  expect(await seen).toBe(true);
});

it('follows fake timers', async () => {
  vi.useFakeTimers();
  try {
    const lock = await orders.locks.acquire('order:3');
    const refused = expect(orders.locks.acquire('order:3', { wait: '1m' })).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await refused;
    await lock.release();
  } finally {
    vi.useRealTimers();
  }
});
