/** An application whose key templates can give the same key by accident does not start. */
import { Controller, Injectable, Module, Scope } from '@nestjs/common';
import { Locked } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { start } from '../../support/apps/apps.js';
import { rejection } from '../../support/waiting.js';

const locks = LockTestingModule.forRoot();

@Injectable()
class Orders {
  @Locked('order:<0>')
  async ship(_id: string): Promise<void> {}
}

@Injectable()
class Items {
  @Locked(['order', 'order:<0>/items'])
  async list(_order: string): Promise<void> {}
}

describe('templates that can meet', () => {
  it('in two providers are refused at start-up, with both, and a key', async () => {
    const error = await rejection(start({ imports: [locks], providers: [Orders, Items] }));
    expect(error).toMatchObject({ code: 'LOCK_KEY', key: 'order:x/items' });
    expect(error.message).toMatch(
      /^Items\.list: .*"order:<…>\/items" and "order:<…>" of Orders\.ship.*"order:x\/items"/,
    );
  });

  it('in a controller, a request-scoped provider, a value, a subclass and another module are found too', async () => {
    @Controller()
    class ItemsController extends Items {}
    @Injectable({ scope: Scope.REQUEST })
    class ScopedItems extends Items {}
    @Module({ providers: [Items] })
    class ItemsModule {}
    @Injectable()
    class Both extends Orders {
      @Locked('order:<0>-<1>')
      async move(_id: string, _to: string): Promise<void> {}
    }
    for (const metadata of [
      { controllers: [ItemsController], providers: [Orders] },
      { providers: [ScopedItems, Orders] },
      { providers: [{ provide: 'ITEMS', useValue: new Items() }, Orders] },
      { imports: [ItemsModule], providers: [Orders] },
      { providers: [Both] },
    ]) {
      const started = start({ ...metadata, imports: [locks, ...(metadata.imports ?? [])] });
      expect(await rejection(started)).toMatchObject({ code: 'LOCK_KEY' });
    }
  });

  it('each in an application of its own are fine', async () => {
    await start({ imports: [locks], providers: [Orders] });
    await start({ imports: [locks], providers: [Items] });
  });

  it('each with a service of its own are fine', async () => {
    @Injectable()
    class BillingItems {
      @Locked('order:<0>/items', { instance: 'billing' })
      async list(_order: string): Promise<void> {}
    }
    await start({
      imports: [locks, LockTestingModule.forRoot({ name: 'billing' })],
      providers: [Orders, BillingItems],
    });
  });
});

describe('templates that are meant to meet, or never do', () => {
  it('do not keep an application from starting', async () => {
    @Injectable()
    class Others {
      @Locked('order:<0.id>')
      async same(_order: { id: string }): Promise<void> {}
      @Locked('order:1')
      async first(): Promise<void> {}
      @Locked('order:<0>:items')
      async items(_id: string): Promise<void> {}
      @Locked('invoice:<0>/items')
      async invoice(_id: string): Promise<void> {}
      @Locked((id: string) => `order:${id}/items`)
      async computed(_id: string): Promise<void> {}
      @Locked(['order:<0>', 'order:<1>'])
      async swap(_a: string, _b: string): Promise<void> {}
    }
    await start({ imports: [locks], providers: [Orders, Others] });
  });

  it('because the method is overridden do not either', async () => {
    @Injectable()
    class Overridden extends Orders {
      @Locked('order:<0>/shipment')
      override async ship(_id: string): Promise<void> {}
    }
    await start({ imports: [locks], providers: [Overridden] });
  });
});
