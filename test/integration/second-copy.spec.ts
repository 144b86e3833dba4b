/** Two copies of the package in one process, one with names as a minifier makes them: each understands the errors of the other. */
import { jest } from '@jest/globals';
import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  isLockError,
  Locked,
  LockBusyError,
  LockError,
  LockExceptionFilter,
  LockLostError,
  LockService,
  LockUnavailableError,
  MemoryLockStore,
} from 'nestjs-distributed-lock';
import { SecondCopy } from '../support/apps/second-copy.js';
import { ADAPTERS, lockModule, start, startHttp } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

const copy = new SecondCopy('9.9.9');
const other = await copy.load();
afterAll(() => copy.remove());

const CLASSES = [
  ['LockBusyError', 'LOCK_BUSY'],
  ['LockTimeoutError', 'LOCK_TIMEOUT'],
  ['LockLostError', 'LOCK_LOST'],
  ['LockKeyError', 'LOCK_KEY'],
  ['LockOptionsError', 'LOCK_OPTIONS'],
  ['LockUnavailableError', 'LOCK_UNAVAILABLE'],
  ['LockNotHeldError', 'LOCK_NOT_HELD'],
  ['LockShutdownError', 'LOCK_SHUTDOWN'],
] as const;
for (const [name] of CLASSES) Object.defineProperty(other[name], 'name', { value: 'a' });

describe.each(CLASSES)('%s of a minified copy', (name, code) => {
  const error = new other[name]('What happened.', { key: 'key' });

  it('has its name and code, and its class has not', () => {
    expect(other[name]).not.toBe(LockBusyError);
    expect([error.name, error.code, String(error)]).toEqual([name, code, `${name}: What happened.`]);
    expect(Object.keys(error)).not.toContain('name');
  });

  it('is a lock error of its kind, and of no other', () => {
    expect(isLockError(error)).toBe(true);
    expect(isLockError(error, code)).toBe(true);
    expect(error instanceof LockError).toBe(true);
    for (const [each, itsCode] of CLASSES) {
      const lib = { LockBusyError, LockLostError, LockUnavailableError } as Record<string, unknown>;
      const known = lib[each] as typeof LockBusyError | undefined;
      if (known) expect([each, error instanceof known]).toEqual([each, each === name]);
      expect([each, isLockError(error, itsCode)]).toEqual([each, each === name]);
    }
  });
});

it('instanceof goes on as it was for everything else', () => {
  class Impatient extends LockBusyError {}
  const theirs = new other.LockBusyError('busy');
  expect(new Impatient('busy') instanceof LockBusyError).toBe(true);
  expect(new LockBusyError('busy') instanceof Impatient).toBe(false);
  expect(theirs instanceof Impatient).toBe(false);
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('not to be asked');
      },
    },
  );
  const foreign = Object.assign(new Error('of another package'), { code: 'LOCK_TIMEOUT' });
  for (const each of [null, undefined, 'LOCK_BUSY', 5, {}, new Error('x'), foreign, { code: 'LOCK_BUSY' }, hostile]) {
    expect(each instanceof LockError).toBe(false);
    expect(isLockError(each)).toBe(false);
  }
});

it('tryAcquire, onBusy and the fallback know that a store of another copy is busy or closing', async () => {
  @Injectable()
  class Orders {
    @Locked('order:<0>', { wait: 0, onBusy: 'skip' })
    async skip(_id: string): Promise<string | undefined> {
      return 'ran';
    }

    @Locked('order:<0>', { wait: 0, onBusy: () => 'instead' })
    async instead(_id: string): Promise<string> {
      return 'ran';
    }
  }
  const moduleRef = await start({ imports: [lockModule()], providers: [Orders] });
  const orders = moduleRef.get(Orders);
  const locks = moduleRef.get(LockService);
  // As an application whose @Locked comes from one copy and whose module from another.
  const engine = (locks as unknown as { engine: { acquire(): Promise<unknown> } }).engine;
  const refuse = (error: Error): unknown => jest.spyOn(engine, 'acquire').mockRejectedValue(error);
  for (const name of ['LockBusyError', 'LockTimeoutError'] as const) {
    refuse(new other[name]('busy'));
    expect(await locks.tryAcquire('order:1')).toBeNull();
    expect(await orders.skip('1')).toBeUndefined();
    expect(await orders.instead('1')).toBe('instead');
  }
  refuse(new other.LockShutdownError('closing'));
  expect(await orders.skip('1')).toBeUndefined();
  expect(await rejection(orders.instead('1'))).toMatchObject({ code: 'LOCK_SHUTDOWN' });
});

it('a store of another copy says that a request was not sent, and is believed', async () => {
  const store = new MemoryLockStore();
  const released = jest.spyOn(store, 'release');
  jest.spyOn(store, 'acquire').mockRejectedValue(new other.LockUnavailableError('down', { wasSent: false }));
  const moduleRef = await start({ imports: [lockModule({ connection: undefined, store })] });
  const error = await rejection(moduleRef.get(LockService).acquire('order:1'));
  expect(error).toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'order:1', message: 'down', wasSent: false });
  expect(released).not.toHaveBeenCalled();
});

it.each(ADAPTERS)('the filter answers errors of the other copy: %s', async (adapter) => {
  @Controller()
  class OrdersController {
    @Get(':name')
    async throw(@Param('name') name: (typeof CLASSES)[number][0]): Promise<void> {
      throw new other[name]('secret', { key: 'secret' });
    }
  }
  const providers = [{ provide: APP_FILTER, useClass: LockExceptionFilter }];
  const { url } = await startHttp({ controllers: [OrdersController], providers }, adapter);
  const statuses = await Promise.all(CLASSES.map(async ([name]) => (await fetch(`${url}/${name}`)).status));
  expect(statuses).toEqual([409, 423, 500, 500, 500, 503, 500, 503]);
});
