/** `nestjs-distributed-lock/testing`: real locks for users' unit tests, without Redis, at the speed of a fake clock. */
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { jest } from '@jest/globals';
import {
  DistributedLockModule,
  getLockServiceToken,
  Locked,
  LockLostError,
  LockService,
  LockTimeoutError,
} from 'nestjs-distributed-lock';
import type { LockEvent } from 'nestjs-distributed-lock';
import { LockTestingModule, useMemoryLocks } from 'nestjs-distributed-lock/testing';
import { closeAfterTest, start } from '../support/apps/apps.js';
import { REDIS_URL } from '../support/servers/run-server.js';
import { deferred, rejection } from '../support/waiting.js';

@Injectable()
class Orders {
  entered = deferred();
  leave = deferred();

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>', { ttl: '30s', wait: '10s' })
  async ship(id: string): Promise<string> {
    this.entered.resolve();
    await this.leave.promise;
    return `shipped ${id} ${this.locks.holds(`order:${id}`)}`;
  }

  @Locked('order:<0>', { ttl: '30s', autoRenew: false })
  async shipUnrenewed(id: string): Promise<string> {
    this.entered.resolve();
    await this.leave.promise;
    return `shipped ${id}`;
  }
}

/** An application as a user would have it; there is no such Redis. */
@Module({
  imports: [DistributedLockModule.forRoot({ connection: 'redis://127.0.0.1:1', ttl: '7s' })],
  providers: [Orders],
})
class AppModule {}

/** What a user may share between tests. */
@Module({ imports: [LockTestingModule.forRoot()], providers: [Orders] })
class SharedModule {}

describe('LockTestingModule', () => {
  it('closes a second after a test that forgot to release a lock', async () => {
    const app = await start({ imports: [LockTestingModule.forRoot()], providers: [Orders] });
    const lock = await app.get(LockService).acquire('key');
    const began = performance.now();
    await app.close();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(lock.isHeld).toBe(false);
  });

  it('excludes, and needs no server', async () => {
    const app = await start({ imports: [LockTestingModule.forRoot({ wait: 0 })], providers: [Orders] });
    const orders = app.get(Orders);
    const shipped = orders.ship('1');
    await orders.entered.promise;
    expect(await orders.locks.tryAcquire('order:1')).toBeNull();
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1 true');
    expect(await orders.locks.inspect('order:1')).toMatchObject({ holders: [], waiting: [] });
  });

  it('has keys of its own in each module', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async () => (await start({ imports: [LockTestingModule.forRoot()] })).get(LockService)),
    );
    await using lock = await first!.acquire('key');
    await using same = await second!.acquire('key', { wait: 0 });
    expect([lock.isHeld, same.isHeld]).toEqual([true, true]);
  });

  it('may be named, and has the defaults it is given', async () => {
    const app = await start({ imports: [LockTestingModule.forRoot({ name: 'billing', ttl: '3s' })] });
    await using lock = await app.get<LockService>(getLockServiceToken('billing')).acquire('key');
    expect(lock.ttl).toBe(3_000);
  });

  it.each(['first', 'second'])('may stand in a module that several tests start, and close: %s', async () => {
    const app = await start({ imports: [SharedModule] });
    const orders = app.get(Orders);
    orders.leave.resolve();
    expect(await orders.ship('1')).toBe('shipped 1 true');
    await app.close();
  });
});

describe('useMemoryLocks', () => {
  it.each(['first', 'second'])('starts an application without its Redis, keeping its options: %s', async () => {
    const app = await start({ imports: [AppModule], configure: (builder) => useMemoryLocks(builder) });
    const orders = app.get(Orders);
    orders.leave.resolve();
    expect(await orders.ship('1')).toBe('shipped 1 true');
    await using lock = await orders.locks.acquire('key');
    expect(lock.ttl).toBe(7_000);
  });

  it('takes the place of a named instance only', async () => {
    const imports = [
      DistributedLockModule.forRoot({ connection: REDIS_URL }),
      DistributedLockModule.forRoot({ connection: 'redis://127.0.0.1:1', name: 'billing' }),
    ];
    const app = await start({ imports, configure: (builder) => useMemoryLocks(builder, 'billing') });
    await app.get<LockService>(getLockServiceToken('billing')).withLock('key', () => undefined);
  });
});

describe('with fake timers', () => {
  afterEach(() => jest.useRealTimers());

  /** With a clock that stands still before anything starts. */
  async function fake(): Promise<{ app: TestingModule; orders: Orders; events: LockEvent[] }> {
    jest.useFakeTimers();
    const app = await Test.createTestingModule({
      imports: [LockTestingModule.forRoot({ shutdownGrace: 0 } as object)],
      providers: [Orders],
    }).compile();
    closeAfterTest(app);
    await app.init();
    const orders = app.get(Orders);
    const events: LockEvent[] = [];
    orders.locks.events$.subscribe((event) => events.push(event));
    return { app, orders, events };
  }

  it('a long job keeps its lock', async () => {
    const { orders, events } = await fake();
    const shipped = orders.ship('1');
    await orders.entered.promise;
    await jest.advanceTimersByTimeAsync(600_000);
    expect(await orders.locks.tryAcquire('order:1')).toBeNull();
    expect(events.filter(({ type }) => type === 'renewed').length).toBeGreaterThan(20);
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1 true');
  });

  it('a lock that nobody renews is lost after its ttl, and the next gets it', async () => {
    const { orders } = await fake();
    const shipped = rejection<LockLostError>(orders.shipUnrenewed('1'));
    await orders.entered.promise;
    expect(await orders.locks.tryAcquire('order:1')).toBeNull();
    await jest.advanceTimersByTimeAsync(30_001);
    const lock = await orders.locks.acquire('order:1', { wait: 0 });
    orders.leave.resolve();
    const error = await shipped;
    expect(error).toBeInstanceOf(LockLostError);
    expect(error.result).toBe('shipped 1');
    await lock.release();
  });

  it('a wait ends when its time is over', async () => {
    const { orders } = await fake();
    const lock = await orders.locks.acquire('order:1');
    let settled = false;
    const timedOut = rejection(orders.ship('1')).finally(() => (settled = true));
    await jest.advanceTimersByTimeAsync(9_999);
    expect(settled).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await timedOut).toBeInstanceOf(LockTimeoutError);
    await lock.release();
  });

  it('a waiter gets the key as soon as it is free, with no time passing', async () => {
    const { orders } = await fake();
    const lock = await orders.locks.acquire('order:1');
    const shipped = orders.ship('1');
    await jest.advanceTimersByTimeAsync(5_000);
    await lock.release();
    await orders.entered.promise;
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1 true');
  });

  it('that begin after the application has started', async () => {
    const app = await start({ imports: [LockTestingModule.forRoot()], providers: [Orders] });
    const orders = app.get(Orders);
    await orders.locks.withLock('order:1', () => undefined);
    jest.useFakeTimers();
    const shipped = rejection(orders.shipUnrenewed('1'));
    await orders.entered.promise;
    await jest.advanceTimersByTimeAsync(30_001);
    const lock = await orders.locks.acquire('order:1', { wait: 0 });
    orders.leave.resolve();
    expect(await shipped).toBeInstanceOf(LockLostError);
    await lock.release();
  });

  it('leave no timer behind', async () => {
    const { app, orders } = await fake();
    orders.leave.resolve();
    await Promise.all(['1', '1', '2'].map((id) => orders.ship(id)));
    await app.close();
    expect(jest.getTimerCount()).toBe(0);
  });
});
