/** Objects that Nest does not create, services that are replaced, and what must fail before the body runs. */
import { Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { jest } from '@jest/globals';
import { bindLocks, getLockServiceToken, Locked, LockOptionsError, LockService } from 'nestjs-distributed-lock';
import { lockModule, start } from '../../support/apps/apps.js';
import { rejection } from '../../support/waiting.js';

class Orders {
  calls = 0;

  constructor(readonly locks?: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<boolean | undefined> {
    this.calls++;
    return this.locks?.holds(`order:${id}`);
  }
}

class Invoices {
  @Locked('invoice:<0>', { instance: 'billing' })
  async pay(id: string): Promise<string> {
    return id;
  }

  @Locked('invoice:<0>')
  async print(id: string): Promise<string> {
    return id;
  }
}

const throwing = (): never => {
  throw new Error('used outside of its context');
};

/**
 * As the proxies of nestjs-cls, which throw outside of their context, except for what Nest itself asks of every provider:
 * `then`, and hooks by their names.
 */
function strict(allowed: ProxyHandler<object> = {}, target: object = {}): object {
  const get = (object: object, name: string | symbol): unknown =>
    typeof name === 'string' ? (Reflect.get(object, name) as unknown) : throwing();
  const handler = { get, has: throwing, isExtensible: throwing, set: throwing, defineProperty: throwing };
  return new Proxy(target, { ...handler, ...allowed });
}

describe('objects of factories and values', () => {
  it('are bound at start-up, whatever they are provided as', async () => {
    class Orders2 extends Orders {}
    const value = new Orders();
    const app = await start({
      imports: [lockModule()],
      providers: [
        { provide: Orders, useFactory: (locks: LockService) => new Orders(locks), inject: [LockService] },
        { provide: 'ASYNC', useFactory: async (locks: LockService) => new Orders2(locks), inject: [LockService] },
        { provide: 'VALUE', useValue: value },
        { provide: 'ALIAS', useExisting: 'ASYNC' },
      ],
    });
    expect(await app.get(Orders).ship('1')).toBe(true);
    expect(await app.get<Orders>('ASYNC').ship('1')).toBe(true);
    expect(app.get('ALIAS')).toBe(app.get('ASYNC'));
    expect(await value.ship('1')).toBeUndefined();
    expect(value.calls).toBe(1);
  });

  it('with methods of several instances get each its service', async () => {
    const invoices = new Invoices();
    await start({
      imports: [lockModule(), lockModule({ name: 'billing' })],
      providers: [{ provide: 'INVOICES', useValue: invoices }],
    });
    expect(await invoices.pay('1')).toBe('1');
    expect(await invoices.print('1')).toBe('1');
  });

  it('leave alone what is none of theirs: frozen objects, primitives, proxies', async () => {
    const frozen = Object.freeze(new Orders());
    const answersAnything = new Proxy({}, { get: (_, name) => (typeof name === 'symbol' ? 'anything' : undefined) });
    await start({
      imports: [lockModule()],
      providers: [
        { provide: 'FROZEN', useValue: frozen },
        { provide: 'PROXY', useValue: answersAnything },
        { provide: 'TEXT', useValue: 'text' },
        { provide: 'NULL', useValue: null },
        { provide: 'BARE', useValue: Object.create(null) },
      ],
    });
    expect(await rejection(frozen.ship('1'))).toBeInstanceOf(LockOptionsError);
    expect(frozen.calls).toBe(0);
  });

  it.each([
    ['whatever is asked', strict()],
    ['whatever is asked, with locked methods inside', strict({}, new Orders())],
    ['to be given a service', strict({ get: Reflect.get }, new Orders())],
    ['to be given a service, though extensible', strict({ get: Reflect.get, isExtensible: () => true }, new Orders())],
    [
      'a service quietly',
      strict({ get: Reflect.get, isExtensible: () => true, defineProperty: () => false }, new Orders()),
    ],
  ])('do not keep an application from starting when they refuse %s', async (_, object) => {
    const app = await start({
      imports: [lockModule(), lockModule({ name: 'billing' })],
      providers: [
        { provide: 'VALUE', useValue: object },
        { provide: 'MADE', useFactory: () => object },
        { provide: 'ORDERS', useFactory: () => new Orders() },
      ],
    });
    expect(app.get('MADE')).toBe(object);
    await app.get<Orders>('ORDERS').ship('1');
  });

  it('that come too late for that say what to do', async () => {
    @Module({ providers: [{ provide: 'ORDERS', useFactory: () => new Orders() }] })
    class LazyModule {}
    const perRequest = { provide: 'PER_REQUEST', scope: Scope.REQUEST, useFactory: () => new Orders() };
    const app = await start({ imports: [lockModule()], providers: [perRequest] });
    const lazy = await app.get(LazyModuleLoader).load(() => LazyModule);
    for (const orders of [await app.resolve<Orders>('PER_REQUEST'), lazy.get<Orders>('ORDERS')]) {
      expect(await rejection(orders.ship('1'))).toMatchObject({
        code: 'LOCK_OPTIONS',
        message: expect.stringContaining('bindLocks'),
      });
      expect(orders.calls).toBe(0);
    }
  });
});

describe('objects made with new', () => {
  it('do not run their locked methods, and say which and what to do', async () => {
    const orders = new Orders();
    const error = await rejection(orders.ship('1'));
    expect(error).toBeInstanceOf(LockOptionsError);
    expect(error.message).toMatch(/Orders\.ship.*bindLocks/s);
    expect(orders.calls).toBe(0);
  });

  it('work once they are bound; again to another application when bound again', async () => {
    const orders = new Orders();
    for (const calls of [1, 2]) {
      const app = await start({ imports: [lockModule()] });
      expect(bindLocks(orders, app.get(LockService))).toBe(orders);
      await orders.ship('1');
      expect(orders.calls).toBe(calls);
      await app.close();
    }
    expect(Object.keys(orders).sort()).toEqual(['calls', 'locks']);
    expect(JSON.parse(JSON.stringify(orders))).toEqual({ calls: 2 });
  });

  it.each([[{}], [null], ['locks'], [() => undefined], [{ acquire: () => undefined }]])(
    'are bound to a LockService only: %p',
    (locks) => {
      expect(() => bindLocks(new Orders(), locks as never)).toThrow(/`locks`: expected a LockService/);
    },
  );

  it('are bound per instance of the module', async () => {
    const app = await start({ imports: [lockModule({ name: 'billing' })] });
    const invoices = bindLocks(new Invoices(), app.get(getLockServiceToken('billing')), 'billing');
    expect(await invoices.pay('1')).toBe('1');
    expect(await rejection(invoices.print('1'))).toBeInstanceOf(LockOptionsError);
  });
});

describe('a method that cannot have its lock', () => {
  it('called from the constructor fails without running', async () => {
    let calls = 0;
    let early: Promise<unknown> | undefined;
    @Injectable()
    class Eager {
      constructor() {
        early = rejection(this.load());
      }

      @Locked('load')
      async load(): Promise<void> {
        calls++;
      }
    }
    const app = await start({ imports: [lockModule()], providers: [Eager] });
    expect(await early).toBeInstanceOf(LockOptionsError);
    expect(calls).toBe(0);
    await app.get(Eager).load();
    expect(calls).toBe(1);
  });

  it('torn off its object fails without running', async () => {
    const app = await start({
      imports: [lockModule()],
      providers: [{ provide: Orders, useFactory: () => new Orders() }],
    });
    const { ship } = app.get(Orders);
    expect(await rejection(ship('1'))).toBeInstanceOf(LockOptionsError);
    expect(app.get(Orders).calls).toBe(0);
  });

  it('is refused when it is static', () => {
    const decorate = Locked('key') as MethodDecorator;
    expect(() => {
      class Orders {
        @decorate
        static async ship(): Promise<void> {}
      }
      return Orders;
    }).toThrow(expect.objectContaining({ code: 'LOCK_OPTIONS', message: expect.stringContaining('Orders.ship') }));
  });

  it.each([
    ['ttl', { ttl: 'soon' }],
    ['wait', { wait: -1 }],
    ['onBusy', { onBusy: 'ignore' }],
    ['onLost', { onLost: 'skip' }],
    ['returns', { returns: 'stream' }],
    ['signal', { signal: {} }],
    ['instance', { instance: '' }],
  ])('is refused when the option %s is bad', (option, options) => {
    const define = (): unknown => Locked('key', options as object)({}, 'run', { value: async () => undefined });
    expect(define).toThrow(expect.objectContaining({ code: 'LOCK_OPTIONS', message: expect.stringContaining(option) }));
  });
});

describe('overrideProvider(LockService)', () => {
  it('with a mock: the locked methods of classes, factories and values use it', async () => {
    @Injectable()
    class Injected extends Orders {
      constructor(locks: LockService) {
        super(locks);
      }
    }
    const withLock = jest.fn((_keys: unknown, _options: unknown, section: () => unknown) => section());
    const app = await start({
      imports: [lockModule()],
      providers: [Injected, { provide: 'MADE', useFactory: () => new Orders() }],
      configure: (builder) => builder.overrideProvider(LockService).useValue({ withLock, holds: () => true }),
    });
    expect(await app.get(Injected).ship('1')).toBe(true);
    await app.get<Orders>('MADE').ship('2');
    expect(withLock.mock.calls.map(([keys]) => keys)).toEqual([['order:1'], ['order:2']]);
  });
});
