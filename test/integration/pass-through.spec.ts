/** `PassThroughLockService`: for it every key is free, and all else is as with the real service, of which it is one. */
import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { lastValueFrom, Observable, of } from 'rxjs';
import {
  bindLocks,
  getLockServiceToken,
  InjectLockService,
  Locked,
  LockKeyError,
  LockLostError,
  LockNotHeldError,
  LockOptionsError,
  LockService,
} from 'nestjs-distributed-lock';
import type { LockEvent } from 'nestjs-distributed-lock';
import { PassThroughLockService } from 'nestjs-distributed-lock/testing';
import { closeAfterTest } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

@Injectable()
class Orders {
  constructor(readonly locks: LockService) {}

  @Locked('order:<0>', { wait: 0 })
  async ship(id: string): Promise<string> {
    return `shipped ${id} ${this.locks.holds(`order:${id}`)}`;
  }

  @Locked('order:<0>', { wait: 0 })
  watch(id: string): Observable<string> {
    return of(`watched ${id} ${this.locks.holds(`order:${id}`)}`);
  }

  @Locked('order:<0>', { wait: 0 })
  async *steps(id: string): AsyncGenerator<string> {
    yield `step of ${id} ${this.locks.holds(`order:${id}`)}`;
  }

  @Locked('order:<0>', { wait: 0, instance: 'billing' })
  async bill(id: string): Promise<string> {
    return `billed ${id}`;
  }
}

@Injectable()
class Billing {
  constructor(@InjectLockService('billing') readonly locks: LockService) {}
}

let locks: PassThroughLockService;

beforeEach(() => {
  locks = new PassThroughLockService();
});

describe('every key is free', () => {
  it('for callers that hold it already, whatever they ask for', async () => {
    const asked = [
      {},
      { wait: 0 },
      { fair: false },
      { mode: 'read' },
      { concurrency: 1 },
      { concurrency: 2, weight: 2 },
    ] as const;
    for (const options of asked) {
      await using first = await locks.acquire('key', options);
      await using second = await locks.acquire('key', options);
      expect([first.isHeld, second.isHeld]).toEqual([true, true]);
      expect(second.fencingToken).toBeGreaterThan(first.fencingToken);
    }
  });

  it('and sections run beside each other', async () => {
    const inside: string[] = [];
    const meet = (name: string) => async (): Promise<string> => {
      inside.push(name);
      // Each waits for the other to be inside.
      while (inside.length < 2) await new Promise((resolve) => setImmediate(resolve));
      return name;
    };
    expect(await Promise.all([locks.withLock('key', meet('a')), locks.withLock('key', meet('b'))])).toEqual(['a', 'b']);
  });

  it('by each of the ways to take it', async () => {
    await using held = await locks.acquire(['a', 'b']);
    expect((await locks.tryAcquire('a'))?.isHeld).toBe(true);
    expect(await locks.tryWithLock(['b', 'a'], async () => 1)).toEqual({ acquired: true, result: 1 });
    expect(await locks.withLock([{ key: 'a', mode: 'read' }, 'b'], { wait: 0 }, (lock) => lock.keys)).toEqual([
      'a',
      'b',
    ]);
    expect(held.fencingTokens.size).toBe(2);
  });

  it('also for one that waits to be alone', async () => {
    await using first = await locks.acquire('key', { mode: 'read' });
    await using second = await locks.acquire('key', { mode: 'read' });
    await second.upgrade({ wait: 0 });
    expect([first.isHeld, second.isHeld, second.mode]).toEqual([true, true, 'write']);
    await second.downgrade();
    expect(second.mode).toBe('read');
  });

  it('for what is wrapped around a lock: each call runs, and each instance leads', async () => {
    const made: number[] = [];
    const make = async (): Promise<number> => made.push(made.length);
    const flight = { read: () => made[2], run: make };
    expect([
      await locks.once('boot', make, { within: '1h' }),
      await locks.once('boot', make, { within: '1h' }),
    ]).toEqual([
      { ran: true, result: 1 },
      { ran: true, result: 2 },
    ]);
    expect([await locks.singleFlight('rate', flight), await locks.singleFlight('rate', flight)]).toEqual([3, 2]);
    const led: AbortSignal[] = [];
    const work = async (signal: AbortSignal): Promise<void> => {
      led.push(signal);
      await once(signal, 'abort', { signal }).catch(() => undefined);
    };
    const leaderships = [locks.lead('leader', work), locks.lead('leader', work)];
    while (led.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(leaderships.map(({ isLeader }) => isLeader)).toEqual([true, true]);
    await Promise.all(leaderships.map((each) => each.resign()));
    expect(led.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('for an adopted lock as well', async () => {
    const text = await (await locks.acquire('key')).detach();
    await using lock = await locks.adopt(text);
    await using other = await locks.acquire('key', { wait: 0 });
    expect([lock.isHeld, other.isHeld]).toEqual([true, true]);
  });
});

describe('all else is as in production', () => {
  it('locks are renewed, released and known to the code that runs under them', async () => {
    const lock = await locks.acquire('key');
    await lock.renew('1m');
    expect(lock.ttl).toBe(60_000);
    expect(
      locks.run(lock, () => [locks.current(), locks.holds('key'), locks.outside(() => locks.holds('key'))]),
    ).toEqual([lock, true, false]);
    await locks.renew(lock);
    await lock.release();
    expect(lock.isHeld).toBe(false);
    expect(() => locks.current()).toThrow(LockNotHeldError);
  });

  it('a lock that is not renewed is lost', async () => {
    jest.useFakeTimers();
    try {
      const later = new PassThroughLockService();
      const lock = await later.acquire('key', { ttl: '1s', autoRenew: false });
      await jest.advanceTimersByTimeAsync(1_001);
      expect(lock.signal.reason).toBeInstanceOf(LockLostError);
      expect(await lock.release()).toBe(false);
      const renewed = await later.acquire('key', { ttl: '1s' });
      await jest.advanceTimersByTimeAsync(60_000);
      expect(renewed.isHeld).toBe(true);
      await renewed.release();
      await jest.runAllTimersAsync();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('a mistake is refused', async () => {
    const section = async (): Promise<void> => undefined;
    expect(await rejection(locks.acquire(''))).toBeInstanceOf(LockKeyError);
    expect(await rejection(locks.acquire('key', { ttl: 5 }))).toBeInstanceOf(LockOptionsError);
    expect(await rejection(locks.acquire('key', { fair: 'yes' as never }))).toBeInstanceOf(LockOptionsError);
    expect(await rejection(locks.acquire('key', new AbortController().signal as never))).toBeInstanceOf(
      LockOptionsError,
    );
    expect(await rejection(locks.withLock('key', 'options' as never, section))).toBeInstanceOf(LockOptionsError);
  });

  it('who looks at a key sees its holders, and may take it away from them', async () => {
    const events: LockEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const lock = await locks.acquire('key');
    const { holders, waiting } = await locks.inspect('key');
    expect([holders.length, waiting.length]).toEqual([1, 0]);
    const listed: string[] = [];
    for await (const { key } of locks.list()) listed.push(key);
    expect(listed).toEqual(['key']);
    expect(await locks.ping()).toBeGreaterThanOrEqual(0);
    expect(await locks.forceRelease('key')).toBe(true);
    expect(lock.isHeld).toBe(false);
    expect(events.map(({ type }) => type)).toContain('acquired');
  });
});

describe('in the place of the lock service', () => {
  it('it is injected, by name too, and locked methods of every kind run', async () => {
    const app = await Test.createTestingModule({
      providers: [
        Orders,
        Billing,
        { provide: LockService, useClass: PassThroughLockService },
        { provide: getLockServiceToken('billing'), useClass: PassThroughLockService },
      ],
    }).compile();
    closeAfterTest(app);
    const orders = app.get(Orders);
    await using held = await orders.locks.acquire('order:1');
    expect(held.isHeld).toBe(true);
    expect(await orders.ship('1')).toBe('shipped 1 true');
    expect(await lastValueFrom(orders.watch('1'))).toBe('watched 1 true');
    expect(await orders.steps('1').next()).toEqual({ done: false, value: 'step of 1 true' });
    expect(await orders.bill('1')).toBe('billed 1');
    expect(app.get(Billing).locks).not.toBe(orders.locks);
  });

  it('a spy on it sees calls, and may answer for it', async () => {
    const orders = bindLocks(new Orders(locks), locks);
    const withLock = jest.spyOn(locks, 'withLock');
    expect(await orders.ship('1')).toBe('shipped 1 true');
    expect(withLock).toHaveBeenCalledWith(['order:1'], expect.objectContaining({ wait: 0 }), expect.any(Function));
    withLock.mockRejectedValueOnce(new Error('no lock'));
    await expect(orders.ship('1')).rejects.toThrow('no lock');
  });
});
