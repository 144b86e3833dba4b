/** Seen in the field: decorators that broke what they decorated. The rest of this list is in `../integration`. */
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import type { LockedDecorator } from 'nestjs-distributed-lock';
import { startWith } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

/** Applied as JavaScript would, with templates that the compiler refuses. */
function locked(template: string): MethodDecorator {
  return Locked(template as never) as LockedDecorator<never> as unknown as MethodDecorator;
}

it("property name clobbers the user's field", async () => {
  @Injectable()
  class Orders {
    readonly lockService = 'mine';
    readonly locks = 'mine';
    readonly redis = 'mine';

    @Locked('order')
    async ship(): Promise<string[]> {
      return Object.entries(this).map(([name, value]) => `${name}: ${String(value)}`);
    }
  }
  const orders = await startWith(Orders);
  const own = ['lockService: mine', 'locks: mine', 'redis: mine'];
  expect(await orders.ship()).toEqual(own);
  expect(Object.keys(orders)).toEqual(['lockService', 'locks', 'redis']);
  expect(JSON.parse(JSON.stringify(orders))).toEqual({ lockService: 'mine', locks: 'mine', redis: 'mine' });
});

describe('placeholders that name nothing', () => {
  const keys: string[] = [];

  @Injectable()
  class Orders {
    constructor(private readonly lockService: LockService) {}

    @Locked('user:<0.user.id>')
    async nested(_request: { user: { id: number } }): Promise<void> {
      keys.push(this.lockService.current().key);
    }

    @locked('user:<0.user>')
    async object(_request: object): Promise<void> {
      keys.push(this.lockService.current().key);
    }

    @locked('user:<0.user.id>')
    async missing(_request: object): Promise<void> {
      keys.push(this.lockService.current().key);
    }
  }

  it.each(['object', 'missing'] as const)(
    'an object becomes [object Object], undefined becomes undefined: %s',
    async (name) => {
      const orders = await startWith(Orders);
      expect(await rejection(orders[name]({ user: {} }))).toMatchObject({ code: 'LOCK_KEY' });
      expect(keys).toEqual([]);
    },
  );

  it('{0.user.id} stays literal', async () => {
    const orders = await startWith(Orders);
    for (const id of [7, 8]) await orders.nested({ user: { id } });
    expect(keys.splice(0)).toEqual(['user:7', 'user:8']);
  });
});

it('parameter names parsed from source text break under minifiers and other decorators', async () => {
  /** Another decorator, which puts a function of its own in the place of the method. */
  function wrapped(_target: object, _property: string | symbol, descriptor: PropertyDescriptor): void {
    const method = descriptor.value as (...args: unknown[]) => unknown;
    descriptor.value = function (this: unknown, ...a: unknown[]) {
      return method.apply(this, a);
    };
  }

  @Injectable()
  class Orders {
    constructor(private readonly lockService: LockService) {}

    @Locked('order:<0>:<1.id>')
    @wrapped
    async below(kind: string, { id }: { id: number }, ...rest: number[]): Promise<[string, number, number]> {
      return [this.lockService.current().key, id, rest.length + kind.length];
    }

    @wrapped
    @Locked('order:<0>:<1.id>')
    async above(kind: string, /* a, b = {} */ { id }: { id: number }): Promise<[string, number, number]> {
      return [this.lockService.current().key, id, kind.length];
    }
  }
  const orders = await startWith(Orders);
  expect(await orders.below('a', { id: 7 }, 1)).toEqual(['order:a:7', 7, 2]);
  expect(await orders.above('a', { id: 7 })).toEqual(['order:a:7', 7, 1]);
});
