/** How the module is registered: options from everywhere, global or not, named instances, several applications. */
import { Injectable, Module } from '@nestjs/common';
import { DistributedLockModule, InjectLockService, Locked, LockService } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions, DistributedLockOptionsFactory } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { freshPrefix, REDIS_URL, redisAddress } from '../support/servers/run-server.js';
import { lockModule, start, startWith } from '../support/apps/apps.js';
import { ownClient } from '../support/servers/clients.js';
import { deferred, rejection } from '../support/waiting.js';

@Injectable()
class Orders {
  readonly entered = deferred();
  readonly leave = deferred();

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    this.entered.resolve();
    await this.leave.promise;
    return `shipped ${id}`;
  }
}

@Module({ providers: [Orders], exports: [Orders] })
class OrdersModule {}

const prefix = freshPrefix();

class Settings {
  readonly options: DistributedLockModuleOptions = { connection: REDIS_URL, prefix, ttl: '7s' };
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class LockOptions implements DistributedLockOptionsFactory {
  async createLockOptions(): Promise<DistributedLockModuleOptions> {
    return new Settings().options;
  }
}

@Module({ providers: [LockOptions], exports: [LockOptions] })
class LockOptionsModule {}

describe('forRoot and forRootAsync', () => {
  const options = new Settings().options;
  const registrations = {
    'forRoot with a URL': () => DistributedLockModule.forRoot(options),
    'forRoot with ioredis options': () => DistributedLockModule.forRoot({ ...options, connection: redisAddress() }),
    'forRootAsync with useFactory': () => DistributedLockModule.forRootAsync({ useFactory: () => options }),
    'forRootAsync with useFactory, inject and imports': () =>
      DistributedLockModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => settings.options,
      }),
    'forRootAsync with useClass': () => DistributedLockModule.forRootAsync({ useClass: LockOptions }),
    'forRootAsync with useExisting': () =>
      DistributedLockModule.forRootAsync({ imports: [LockOptionsModule], useExisting: LockOptions }),
  };

  it.each(Object.entries(registrations))('%s: locks with these options, everywhere', async (_, register) => {
    const app = await start({ imports: [register(), OrdersModule] });
    const orders = app.get(Orders);
    const shipped = orders.ship('1');
    await orders.entered.promise;
    expect(await ownClient().exists(`${prefix}:{order:1}`)).toBe(1);
    expect(await app.get(LockService).tryAcquire('order:1')).toBeNull();
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1');
    const lock = await orders.locks.acquire('order:1');
    expect(lock.ttl).toBe(7_000);
    await lock.release();
  });
});

describe('isGlobal', () => {
  it('false: a module that does not import it is refused at start-up, whether it injects or decorates', async () => {
    @Injectable()
    class OnlyDecorated {
      @Locked('key')
      async run(): Promise<void> {}
    }
    @Module({ providers: [OnlyDecorated] })
    class DecoratedModule {}

    for (const feature of [OrdersModule, DecoratedModule]) {
      const started = start({ imports: [LockTestingModule.forRoot({ isGlobal: false }), feature] });
      await expect(started).rejects.toThrow(/resolve dependencies.*(Orders|OnlyDecorated)/s);
    }
  });

  it('false: a module that imports it has it', async () => {
    const locks = lockModule({ isGlobal: false });
    @Module({ imports: [locks], providers: [Orders] })
    class FeatureModule {}

    const app = await start({ imports: [locks, FeatureModule] });
    const orders = app.get(Orders, { strict: false });
    orders.leave.resolve();
    expect(await orders.ship('1')).toBe('shipped 1');
  });

  it('without the module, a class with a locked method does not start', async () => {
    await expect(start({ providers: [Orders] })).rejects.toThrow(/resolve dependencies.*Orders/s);
  });
});

describe('named instances', () => {
  @Injectable()
  class Billing {
    readonly entered = deferred();
    readonly leave = deferred();

    constructor(
      @InjectLockService('billing') readonly billing: LockService,
      @InjectLockService() readonly unnamed: LockService,
    ) {}

    @Locked('invoice:<0>', { instance: 'billing' })
    async pay(id: string): Promise<boolean[]> {
      this.entered.resolve();
      await this.leave.promise;
      return [this.billing.holds(`invoice:${id}`), this.unnamed.holds(`invoice:${id}`)];
    }

    @Locked('invoice:<0>')
    async print(id: string): Promise<boolean[]> {
      return [this.billing.holds(`invoice:${id}`), this.unnamed.holds(`invoice:${id}`)];
    }
  }

  it('lock apart from each other, each found by its name', async () => {
    const imports = [lockModule({ ttl: '1s' }), lockModule({ name: 'billing', ttl: '2s' })];
    const billing = (await start({ imports, providers: [Billing] })).get(Billing);
    const paid = billing.pay('1');
    await billing.entered.promise;
    expect(await billing.print('1')).toEqual([false, true]);
    expect(await billing.billing.tryAcquire('invoice:1')).toBeNull();
    billing.leave.resolve();
    expect(await paid).toEqual([true, false]);
    const locks = await Promise.all([billing.unnamed.acquire('a'), billing.billing.acquire('a')]);
    expect(locks.map(({ ttl }) => ttl)).toEqual([1_000, 2_000]);
    await Promise.all(locks.map((lock) => lock.release()));
  });

  it('async ones too, each with options of its own', async () => {
    const named = (name: string, ttl: number) =>
      DistributedLockModule.forRootAsync({ name, useFactory: () => ({ connection: REDIS_URL, prefix, ttl }) });
    @Injectable()
    class Both {
      constructor(
        @InjectLockService('a') readonly a: LockService,
        @InjectLockService('b') readonly b: LockService,
      ) {}
    }
    const { a, b } = (await start({ imports: [named('a', 3_000), named('b', 4_000)], providers: [Both] })).get(Both);
    await a.withLock('shared', async ({ ttl }) => {
      expect(ttl).toBe(3_000);
      expect(b.holds('shared')).toBe(false);
      expect(await b.tryAcquire('shared')).toBeNull();
    });
    await b.withLock('shared', async ({ ttl }) => expect(ttl).toBe(4_000));
  });

  it('a name that no module has is refused at start-up', async () => {
    @Injectable()
    class Lost {
      @Locked('key', { instance: 'nowhere' })
      async run(): Promise<void> {}
    }
    // In memory, because Nest closes nothing of an application that does not start.
    await expect(start({ imports: [LockTestingModule.forRoot()], providers: [Lost] })).rejects.toThrow(/nowhere/);
  });
});

describe('several applications in one process', () => {
  it('never mix: each object uses the service of its own application', async () => {
    const [first, second] = [await startWith(Orders), await startWith(Orders)];
    expect(first.locks).not.toBe(second.locks);
    second.leave.resolve();
    const shipped = first.ship('1');
    await first.entered.promise;
    expect(await second.ship('1')).toBe('shipped 1');
    first.leave.resolve();
    expect(await shipped).toBe('shipped 1');
  });

  it('exclude each other where they share a Redis and a prefix, and neither takes the lock of the other for its own', async () => {
    const shared = { prefix: freshPrefix() };
    const [first, second] = [await startWith(Orders, shared), await startWith(Orders, shared)];
    await first.locks.withLock('order:1', async () => {
      expect(second.locks.holds('order:1')).toBe(false);
      expect(await rejection(second.locks.acquire('order:1', { wait: 0 }))).toMatchObject({ code: 'LOCK_BUSY' });
    });
  });

  it('closing one leaves the other at work', async () => {
    const shared = { prefix: freshPrefix() };
    const app = await start({ imports: [lockModule(shared)], providers: [Orders] });
    const other = await startWith(Orders, shared);
    await app.close();
    other.leave.resolve();
    expect(await other.ship('1')).toBe('shipped 1');
    expect(await rejection(app.get(Orders).ship('1'))).toMatchObject({ code: 'LOCK_SHUTDOWN' });
  });

  it('a value that outlives its application works in the next', async () => {
    const orders = new Orders(undefined as never);
    orders.leave.resolve();
    for (const id of ['1', '2']) {
      const app = await start({ imports: [lockModule()], providers: [{ provide: 'ORDERS', useValue: orders }] });
      expect(await orders.ship(id)).toBe(`shipped ${id}`);
      await app.close();
    }
  });
});
