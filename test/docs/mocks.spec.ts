/**
 * What docs/testing.md says of mocks: an automock in the place of the lock service is refused by locked methods of every kind,
 * and `LockTestingModule` and `PassThroughLockService` run their bodies beside the mockers that people use.
 */
import 'reflect-metadata';

import { createMock } from '@golevelup/ts-jest';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { describe, expect, it, jest } from '@jest/globals';
import { ModuleMocker } from 'jest-mock';
import type { MockMetadata } from 'jest-mock';
import { from, lastValueFrom, Observable, of } from 'rxjs';

import { bindLocks, Locked, LockOptionsError, LockService } from 'nestjs-distributed-lock';
import type { Lock } from 'nestjs-distributed-lock';
import { LockTestingModule, PassThroughLockService } from 'nestjs-distributed-lock/testing';

@Injectable()
class Warehouse {
  async stock(): Promise<number> {
    return 1;
  }
}

@Injectable()
class Orders {
  bodies = 0;

  constructor(
    readonly locks: LockService,
    readonly warehouse: Warehouse,
  ) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    this.bodies++;
    return `${id} ${this.locks.current().fencingToken > 0}`;
  }

  @Locked('order:<0>')
  watch(id: string): Observable<string> {
    this.bodies++;
    return of(id);
  }

  @Locked('order:<0>')
  async *steps(id: string): AsyncGenerator<string> {
    this.bodies++;
    yield id;
  }

  @Locked('order:<0>', { onBusy: 'skip' })
  async skip(id: string): Promise<string | undefined> {
    this.bodies++;
    return id;
  }
}

/** Each way to call it, and what comes of it. */
const CALLS: readonly (readonly [string, (orders: Orders) => Promise<unknown>, unknown])[] = [
  ['a promise', (orders) => orders.ship('42'), '42 true'],
  ['an Observable', (orders) => lastValueFrom(orders.watch('42')), '42'],
  ['an async generator', (orders) => lastValueFrom(from(orders.steps('42'))), '42'],
  ['a promise that may be skipped', (orders) => orders.skip('42'), '42'],
];

/** As in Nest's documentation. */
const moduleMocker = new ModuleMocker(globalThis as never);
function mockOfClass(token: unknown): object | undefined {
  if (typeof token !== 'function') return undefined;
  const metadata = moduleMocker.getMetadata(token) as MockMetadata<object>;
  const Mock = moduleMocker.generateFromMetadata(metadata) as unknown as new () => object;
  return new Mock();
}

const MOCKERS: readonly (readonly [string, (builder: TestingModuleBuilder) => TestingModuleBuilder])[] = [
  ['createMock', (builder) => builder.useMocker(() => createMock())],
  ['ModuleMocker', (builder) => builder.useMocker(mockOfClass)],
];

describe.each(CALLS)('a locked method that returns %s', (_kind, call, outcome) => {
  it.each([
    ['createMock', () => createMock<LockService>()],
    ['ModuleMocker', () => mockOfClass(LockService)],
    ['jest.fn()', () => ({ withLock: jest.fn(), acquire: jest.fn() })],
    ['answers', () => ({ withLock: jest.fn(async () => 'done'), acquire: jest.fn(async () => ({ key: 'order:42' })) })],
  ])('says that its service is a mock: %s', async (_name, mock) => {
    const locks = mock() as LockService;
    const orders = bindLocks(new Orders(locks, new Warehouse()), locks);
    const error = await call(orders).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LockOptionsError);
    expect((error as Error).message).toMatch(/^Orders\.\w+ .* PassThroughLockService/);
    expect(orders.bodies).toBe(0);
  });

  it.each(MOCKERS)('says so in a module that %s mocks whole', async (_name, mock) => {
    const module = await mock(Test.createTestingModule({ providers: [Orders] })).compile();
    await expect(call(module.get(Orders))).rejects.toBeInstanceOf(LockOptionsError);
    expect(module.get(Orders).bodies).toBe(0);
  });

  it.each(MOCKERS)('runs with LockTestingModule, while %s mocks the rest', async (_name, mock) => {
    const builder = Test.createTestingModule({ imports: [LockTestingModule.forRoot()], providers: [Orders] });
    const module = await mock(builder).compile();
    const orders = module.get(Orders);
    expect(await call(orders)).toBe(outcome);
    expect(orders.bodies).toBe(1);
    expect(await orders.warehouse.stock()).not.toBe(1);
    await module.close();
  });

  it.each(MOCKERS)('runs with PassThroughLockService, while %s mocks the rest', async (_name, mock) => {
    const locks = { provide: LockService, useClass: PassThroughLockService };
    const module = await mock(Test.createTestingModule({ providers: [Orders, locks] })).compile();
    const orders = module.get(Orders);
    expect(await call(orders)).toBe(outcome);
    expect(await orders.warehouse.stock()).not.toBe(1);
  });

  it('runs with a createMock of PassThroughLockService', async () => {
    const locks = createMock<LockService>(new PassThroughLockService() as object);
    const orders = bindLocks(new Orders(locks, new Warehouse()), locks);
    expect(await call(orders)).toBe(outcome);
  });
});

describe('a createMock of PassThroughLockService', () => {
  it('is a spy on every method, and answers as it is told', async () => {
    const locks = createMock<LockService>(new PassThroughLockService() as object);
    const orders = bindLocks(new Orders(locks, new Warehouse()), locks);
    await using held = await locks.acquire('order:42', { wait: 0 });
    await locks.renew(held);
    await orders.ship('42');
    expect(locks.acquire).toHaveBeenCalledWith('order:42', { wait: 0 });
    expect(locks.withLock).toHaveBeenCalledTimes(1);
    locks.withLock.mockRejectedValueOnce(new Error('no lock'));
    await expect(orders.ship('42')).rejects.toThrow('no lock');
  });
});

it('a stub by hand that runs what it is given is as good', async () => {
  const held = { key: 'order:42', fencingToken: 1, isHeld: true, signal: new AbortController().signal } as Lock;
  const stub = {
    withLock: async (...args: unknown[]) => (args.at(-1) as (lock: Lock) => unknown)(held),
    current: () => held,
  } as unknown as LockService;
  expect(await bindLocks(new Orders(stub, new Warehouse()), stub).ship('42')).toBe('42 true');
});
