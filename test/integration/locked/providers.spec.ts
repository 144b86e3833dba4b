/** `@Locked` on every kind of provider that Nest creates, and at every time at which Nest may call it. */
import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { lockModule, start, startWith } from '../../support/apps/apps.js';
import { isFree, keyBecomes } from '../../support/waiting.js';

@Injectable()
class Orders {
  @Inject() readonly locks!: LockService;

  @Locked('order:<0>')
  async ship(id: string): Promise<boolean> {
    return this.locks.holds(`order:${id}`);
  }
}

describe('scopes', () => {
  it('singleton: excludes, whoever calls', async () => {
    let [running, most] = [0, 0];
    @Injectable()
    class Counter {
      constructor(readonly locks: LockService) {}

      @Locked('order:<0>')
      async count(_id: string): Promise<string> {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return this.locks.current().key;
      }
    }
    const counter = await startWith(Counter);
    expect(await Promise.all(Array.from({ length: 20 }, () => counter.count('a')))).toEqual(Array(20).fill('order:a'));
    expect(most).toBe(1);
    expect(await keyBecomes(counter.locks, 'order:a', () => true)).toMatchObject({ holders: [], waiting: [] });
  });

  it('transient: every instance', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends Orders {}
    @Injectable()
    class First {
      constructor(readonly orders: Transient) {}
    }
    @Injectable()
    class Second {
      constructor(readonly orders: Transient) {}
    }
    const app = await start({ imports: [lockModule()], providers: [Transient, First, Second] });
    const [first, second] = [app.get(First).orders, app.get(Second).orders];
    expect(first).not.toBe(second);
    expect(await Promise.all([first.ship('1'), second.ship('1')])).toEqual([true, true]);
    expect(await (await app.resolve(Transient)).ship('1')).toBe(true);
  });

  it('request-scoped: every instance of every request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Orders {}
    const app = await start({ imports: [lockModule()], providers: [PerRequest] });
    const request = (): Promise<PerRequest> => app.resolve(PerRequest, ContextIdFactory.create());
    const [first, second] = await Promise.all([request(), request()]);
    expect(first).not.toBe(second);
    expect(await Promise.all([first.ship('1'), second.ship('1')])).toEqual([true, true]);
  });
});

describe('objects made by hand', () => {
  it('through ModuleRef.create()', async () => {
    const app = await start({ imports: [lockModule()] });
    expect(await (await app.get(ModuleRef).create(Orders)).ship('1')).toBe(true);
  });
});

describe('inheritance', () => {
  it('an inherited method', async () => {
    @Injectable()
    class Special extends Orders {}
    expect(await (await startWith(Special)).ship('1')).toBe(true);
  });

  it('an inherited method, where the subclass has injected properties and locked methods of its own', async () => {
    @Injectable()
    class Other {}
    @Injectable()
    class Special extends Orders {
      @Inject() readonly other!: Other;

      @Locked('special:<0>')
      async wrap(id: string): Promise<boolean[]> {
        return [this.locks.holds(`special:${id}`), this.locks.holds(`order:${id}`), await this.ship(id)];
      }
    }
    const special = (await start({ imports: [lockModule()], providers: [Special, Other] })).get(Special);
    expect(special.other).toBeInstanceOf(Other);
    expect(await special.wrap('1')).toEqual([true, false, true]);
  });

  it('an override without decorator runs unlocked until it calls super', async () => {
    @Injectable()
    class Special extends Orders {
      override async ship(id: string): Promise<boolean> {
        expect(this.locks.holds(`order:${id}`)).toBe(false);
        return super.ship(id);
      }
    }
    expect(await (await startWith(Special)).ship('1')).toBe(true);
  });

  it('an override with the same key enters the lock again when it calls super', async () => {
    @Injectable()
    class Special extends Orders {
      @Locked('order:<0>')
      override async ship(id: string): Promise<boolean> {
        const { fencingToken } = this.locks.current();
        const inner = await super.ship(id);
        return inner && this.locks.current().fencingToken === fencingToken && this.locks.holds(`order:${id}`);
      }
    }
    const special = await startWith(Special, { wait: 0 });
    expect(await special.ship('1')).toBe(true);
    await keyBecomes(special.locks, 'order:1', isFree);
  });

  it('an abstract base whose locked method calls what the subclass fills in', async () => {
    @Injectable()
    abstract class Job {
      @Inject() readonly locks!: LockService;

      @Locked('job:<0>')
      async run(name: string): Promise<string> {
        return `${await this.work(name)} ${this.locks.holds(`job:${name}`)}`;
      }

      protected abstract work(name: string): Promise<string>;
    }
    @Injectable()
    class Report extends Job {
      protected async work(name: string): Promise<string> {
        return `${name} ${this.locks.holds(`job:${name}`)}`;
      }
    }
    expect(await (await startWith(Report)).run('daily')).toBe('daily true true');
  });

  it('a mixin', async () => {
    function exclusive(kind: 'a' | 'b') {
      @Injectable()
      class Exclusive {
        @Inject() readonly locks!: LockService;

        @Locked((id: string) => `${kind}:${id}`)
        async run(id: string): Promise<boolean[]> {
          return ['a', 'b'].map((each) => this.locks.holds(`${each}:${id}`));
        }
      }
      return Exclusive;
    }
    @Injectable()
    class A extends exclusive('a') {}
    @Injectable()
    class B extends exclusive('b') {}
    const app = await start({ imports: [lockModule()], providers: [A, B] });
    expect(await app.get(A).run('1')).toEqual([true, false]);
    expect(await app.get(B).run('1')).toEqual([false, true]);
  });
});

describe('modules', () => {
  it('a dynamic module', async () => {
    class OrdersModule {}
    const imports = [lockModule(), { module: OrdersModule, providers: [Orders] }];
    expect(await (await start({ imports })).get(Orders, { strict: false }).ship('1')).toBe(true);
  });

  it('a module that is loaded later', async () => {
    @Module({ providers: [Orders] })
    class LazyModule {}
    const app = await start({ imports: [lockModule()] });
    const lazy = await app.get(LazyModuleLoader).load(() => LazyModule);
    expect(await lazy.get(Orders).ship('1')).toBe(true);
  });
});

describe("Nest's own calls", () => {
  it('in every hook from onModuleInit to onModuleDestroy', async () => {
    const held: Record<string, boolean> = {};
    @Injectable()
    class Warmup extends Orders implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
      async onModuleInit(): Promise<void> {
        held['onModuleInit'] = await this.ship('1');
      }

      async onApplicationBootstrap(): Promise<void> {
        held['onApplicationBootstrap'] = await this.ship('1');
      }

      @Locked('order:1')
      async onModuleDestroy(): Promise<void> {
        held['onModuleDestroy'] = this.locks.holds('order:1');
      }
    }
    const app = await start({ imports: [lockModule()], providers: [Warmup] });
    await app.close();
    expect(held).toEqual({ onModuleInit: true, onApplicationBootstrap: true, onModuleDestroy: true });
  });

  it('in the factory of another provider', async () => {
    const report = { provide: 'REPORT', inject: [Orders], useFactory: (orders: Orders) => orders.ship('1') };
    const app = await start({ imports: [lockModule()], providers: [Orders, report] });
    expect(app.get<boolean>('REPORT')).toBe(true);
  });
});
