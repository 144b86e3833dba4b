/** One module for each name in an application, and options that no request can change. */
import { Global, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader, REQUEST } from '@nestjs/core';
import { jest } from '@jest/globals';
import {
  DistributedLockModule,
  getLockServiceToken,
  Locked,
  LockService,
  MemoryLockStore,
} from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions, DistributedLockOptionsFactory, LockStore } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { start } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

const memory = (extras: object = {}) => DistributedLockModule.forRoot({ connection: 'memory', ...extras });
const memoryLater = (extras: object = {}) =>
  DistributedLockModule.forRootAsync({ useFactory: () => ({ connection: 'memory' }), ...extras });

@Injectable()
class Orders {
  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    return id;
  }
}

/** A store that counts how often it is started. */
function countingStore(): { store: LockStore; starts: () => number } {
  const store = new MemoryLockStore();
  const start = jest.spyOn(store, 'start');
  return { store, starts: () => start.mock.calls.length };
}

describe('two modules of one application', () => {
  it.each([
    ['forRoot twice', () => [memory({ ttl: '1s' }), memory({ ttl: '2s' })]],
    ['forRoot and forRootAsync', () => [memory(), memoryLater()]],
    ['neither global', () => [memory({ isGlobal: false, ttl: '1s' }), memory({ isGlobal: false, ttl: '2s' })]],
    ['one global', () => [memory({ ttl: '1s' }), memory({ isGlobal: false })]],
    ['one for tests', () => [memory(), LockTestingModule.forRoot()]],
    ['a subclass', () => [memory(), class Own extends DistributedLockModule {}.forRoot({ connection: 'memory' })]],
  ])('without a name are refused at start-up: %s', async (_, modules) => {
    const [first, second] = modules();
    @Module({ imports: [second!], providers: [Orders] })
    class FeatureModule {}
    const error = await rejection(start({ imports: [first!, FeatureModule] }));
    expect(error).toMatchObject({ code: 'LOCK_OPTIONS' });
    expect(error.message).toMatch(/twice without a name.*root module.*`name`/s);
  });

  it('are refused before either opens a store', async () => {
    const [one, two] = [countingStore(), countingStore()];
    const imports = [
      DistributedLockModule.forRoot({ store: one.store, ttl: '1s' }),
      DistributedLockModule.forRoot({ store: two.store, ttl: '2s' }),
    ];
    expect(await rejection(start({ imports }))).toMatchObject({ code: 'LOCK_OPTIONS' });
    expect([one.starts(), two.starts()]).toEqual([0, 0]);
  });

  it('of the same name are refused, and the name is told', async () => {
    const imports = [memory(), memory({ name: 'billing', ttl: '1s' }), memoryLater({ name: 'billing' })];
    const error = await rejection(start({ imports }));
    expect(error).toMatchObject({ code: 'LOCK_OPTIONS', message: expect.stringContaining('"billing"') });
  });

  it('of different names, and one without, are fine', async () => {
    const app = await start({ imports: [memory(), memory({ name: 'a' }), memoryLater({ name: 'b' })] });
    const services = [LockService, getLockServiceToken('a'), getLockServiceToken('b')].map((token) => app.get(token));
    expect(new Set(services).size).toBe(3);
  });

  it('one of which is loaded lazily are refused when it is', async () => {
    const second = countingStore();
    @Module({ imports: [DistributedLockModule.forRoot({ store: second.store })] })
    class LazyModule {}
    const app = await start({ imports: [memory()] });
    const loaded = app.get(LazyModuleLoader).load(() => LazyModule);
    expect(await rejection(loaded)).toMatchObject({ code: 'LOCK_OPTIONS' });
    expect(second.starts()).toBe(0);
  });
});

describe('one module that is imported several times', () => {
  it.each([
    ['global', () => memory()],
    ['not global', () => memory({ isGlobal: false })],
    ['async', () => memoryLater()],
    ['for tests', () => LockTestingModule.forRoot({ isGlobal: false })],
  ])('is one: %s', async (_, register) => {
    const locks = register();
    @Module({ imports: [locks], providers: [Orders], exports: [Orders] })
    class FirstModule {}
    @Module({ imports: [locks, FirstModule], exports: [locks] })
    class SecondModule {}
    @Module({ imports: [locks] })
    class LazyModule {}
    const app = await start({ imports: [locks, FirstModule, SecondModule] });
    expect(await app.get(Orders, { strict: false }).ship('1')).toBe('1');
    await app.get(LazyModuleLoader).load(() => LazyModule);
    expect(await app.get(Orders, { strict: false }).ship('2')).toBe('2');
  });

  it('starts in one application after the other, and in two at once', async () => {
    const locks = memory();
    const [first, second] = [await start({ imports: [locks] }), await start({ imports: [locks] })];
    expect(first.get(LockService)).not.toBe(second.get(LockService));
    await first.close();
    await start({ imports: [locks] });
  });

  it('may be replaced in a test', async () => {
    const locks = DistributedLockModule.forRoot({ connection: 'redis://127.0.0.1:1' });
    @Module({ imports: [locks] })
    class AppModule {}
    const app = await start({
      imports: [AppModule],
      providers: [Orders],
      configure: (builder) => builder.overrideModule(locks).useModule(LockTestingModule.forRoot()),
    });
    expect(await app.get(Orders).ship('1')).toBe('1');
  });

  it('is loaded lazily where it is the only one', async () => {
    @Module({ imports: [memory()], providers: [Orders] })
    class LazyModule {}
    const app = await start({});
    const lazy = await app.get(LazyModuleLoader).load(() => LazyModule);
    expect(await lazy.get(Orders).ship('1')).toBe('1');
  });
});

describe('options that depend on a request', () => {
  let stores = 0;
  const options = (): DistributedLockModuleOptions => {
    stores++;
    return { store: countingStore().store };
  };
  beforeEach(() => void (stores = 0));

  @Injectable({ scope: Scope.REQUEST })
  class Tenant {}
  @Injectable({ scope: Scope.REQUEST, durable: true })
  class DurableTenant {}
  @Injectable()
  class NeedsTenant {
    constructor(readonly tenant: Tenant) {}
  }
  @Injectable()
  class NeedsRequest implements DistributedLockOptionsFactory {
    constructor(@Inject(REQUEST) readonly request: unknown) {}
    createLockOptions = options;
  }
  @Injectable({ scope: Scope.REQUEST })
  class ScopedFactory implements DistributedLockOptionsFactory {
    createLockOptions = options;
  }
  const provided = [Tenant, DurableTenant, NeedsTenant, ScopedFactory];
  @Module({ providers: provided, exports: provided })
  class TenantModule {}
  const imports = [TenantModule];

  const scoped = {
    'a request-scoped provider': { imports, inject: [Tenant], useFactory: options },
    'a durable provider': { imports, inject: [DurableTenant], useFactory: options },
    'a provider that needs one': { imports, inject: [NeedsTenant], useFactory: options },
    'the request': { inject: [REQUEST], useFactory: options },
    'useClass that needs the request': { useClass: NeedsRequest },
    'useClass of that scope': { useClass: ScopedFactory },
    'useExisting of that scope': { imports, useExisting: ScopedFactory },
  };

  it.each(
    Object.entries(scoped).flatMap(([what, each]) =>
      [undefined, 'billing'].map(
        (name) => [`${what}, ${name ? 'with' : 'without'} a name`, { name, ...each }] as const,
      ),
    ),
  )('are refused at start-up: %s', async (_, registration) => {
    const started = start({
      imports: [memory({ name: 'another' }), DistributedLockModule.forRootAsync(registration)],
      providers: registration.name ? [] : [Orders],
    });
    const error = await rejection(started);
    expect(error).toMatchObject({
      code: 'LOCK_OPTIONS',
      message: expect.stringMatching(/request-scoped.*useFactory/s),
    });
    expect(stores).toBe(0);
  });

  it('are refused when the module is loaded lazily', async () => {
    @Module({ imports: [DistributedLockModule.forRootAsync(scoped['the request'])], providers: [Orders] })
    class LazyModule {}
    const app = await start({});
    const loaded = app.get(LazyModuleLoader).load(() => LazyModule);
    expect(await rejection(loaded)).toMatchObject({ code: 'LOCK_OPTIONS' });
  });

  it('are no other than those of transient providers, which are fine', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Reader {
      readonly connection = 'memory';
    }
    @Global()
    @Module({ providers: [Reader], exports: [Reader] })
    class ReaderModule {}
    const useFactory = ({ connection }: Reader) => ({ connection }) as const;
    const locks = DistributedLockModule.forRootAsync({ inject: [Reader], useFactory });
    const app = await start({ imports: [ReaderModule, locks], providers: [Orders] });
    expect(await app.get(Orders).ship('1')).toBe('1');
  });

  it('do not forbid request-scoped providers with locked methods', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Orders {
      constructor(readonly tenant: Tenant) {
        super();
      }
    }
    const one = countingStore();
    const app = await start({
      imports: [TenantModule, DistributedLockModule.forRoot({ store: one.store })],
      providers: [PerRequest],
    });
    for (let i = 0; i < 5; i++) expect(await (await app.resolve(PerRequest)).ship(String(i))).toBe(String(i));
    expect(one.starts()).toBe(1);
  });
});
