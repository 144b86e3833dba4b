/** What a method stays under `@Locked`: its name, length, metadata, `this`, and its place among other decorators. */
import 'reflect-metadata';
import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import type { LockedDecorator } from 'nestjs-distributed-lock';
import { startWith } from '../../support/apps/apps.js';

const run = Symbol('run');

/** A decorator that replaces the method, as those for caching and tracing do. */
function logged(log: string[], name: string, locks: (self: never) => boolean): MethodDecorator {
  return (_target, _property, descriptor) => {
    const original = descriptor.value as (...args: unknown[]) => Promise<unknown>;
    const wrapped = async function (this: never, ...args: unknown[]): Promise<unknown> {
      log.push(`${name}: ${locks(this)}`);
      return Reflect.apply(original, this, args);
    };
    descriptor.value = wrapped as never;
  };
}

/** Remembers what the other decorators of this file see. */
function tagged(name: string): MethodDecorator {
  return (target, property, descriptor) => {
    SetMetadata(name, `${name} of ${String(property)}`)(target, property, descriptor);
    Reflect.defineMetadata(name, `${name} beside ${String(property)}`, target, property);
  };
}

@Injectable()
class Orders {
  readonly suffix = '!';

  constructor(readonly locks: LockService) {}

  @tagged('above')
  @Locked('order:<0>')
  @tagged('below')
  async ship(id: string, count: number, ..._rest: string[]): Promise<string> {
    return `${id} ${count}${this.suffix}`;
  }

  @Locked('symbol:<0>')
  async [run](id: string): Promise<boolean> {
    return this.locks.holds(`symbol:${id}`);
  }

  @Locked(['order:<0>', 'order:<1>'])
  async move(_from: string, _to: string): Promise<readonly string[]> {
    return this.locks.current().keys;
  }

  @Locked('outer')
  @Locked('inner')
  async nested(): Promise<boolean[]> {
    return [this.locks.holds('outer'), this.locks.holds('inner')];
  }
}

describe('a locked method', () => {
  it('keeps its name, its length, and what was set on it', () => {
    const { ship } = Orders.prototype;
    expect(ship.name).toBe('ship');
    expect(ship.length).toBe(2);
    expect(Object.getOwnPropertyDescriptor(Orders.prototype, 'ship')).toMatchObject({ writable: true });
    expect(Object.keys(new Orders(undefined as never)).sort()).toEqual(['locks', 'suffix']);
  });

  it('keeps all metadata, of decorators above and below', () => {
    for (const name of ['above', 'below']) {
      expect(Reflect.getMetadata(name, Orders.prototype.ship)).toBe(`${name} of ship`);
      expect(Reflect.getMetadata(name, Orders.prototype, 'ship')).toBe(`${name} beside ship`);
    }
    expect(Reflect.getMetadata('design:paramtypes', Orders.prototype, 'ship')).toEqual([String, Number, Array]);
    expect(Reflect.getMetadata('design:returntype', Orders.prototype, 'ship')).toBe(Promise);
  });

  it('keeps `this`, its arguments and its result', async () => {
    const orders = await startWith(Orders);
    expect(await orders.ship('1', 2)).toBe('1 2!');
  });

  it('may have a symbol for a name', async () => {
    const orders = await startWith(Orders);
    expect(await orders[run]('1')).toBe(true);
  });

  it('may be decorated twice, and takes the upper lock first', async () => {
    const orders = await startWith(Orders);
    expect(await orders.nested()).toEqual([true, true]);
  });

  it('takes several keys once each', async () => {
    const orders = await startWith(Orders);
    expect(await orders.move('a', 'b')).toEqual(['order:a', 'order:b']);
    expect(await orders.move('a', 'a')).toEqual(['order:a']);
  });

  it('can be spied on and called through', async () => {
    const orders = await startWith(Orders);
    const calls: unknown[] = [];
    const { ship } = orders;
    orders.ship = (...args) => {
      calls.push(args);
      return Reflect.apply(ship, orders, args);
    };
    expect(await orders.ship('1', 1)).toBe('1 1!');
    expect(calls).toEqual([['1', 1]]);
  });

  it('may be decorated through applyDecorators', async () => {
    const exclusive = (key: string): MethodDecorator =>
      applyDecorators(tagged('composed'), Locked(key) as MethodDecorator);
    @Injectable()
    class Composed {
      constructor(readonly locks: LockService) {}

      @exclusive('composed:<0>')
      async run(id: string): Promise<boolean> {
        return this.locks.holds(`composed:${id}`);
      }
    }
    expect(await (await startWith(Composed)).run('1')).toBe(true);
    expect(Reflect.getMetadata('composed', Composed.prototype.run)).toBe('composed of run');
  });

  it('runs decorators below inside the lock and those above outside', async () => {
    const log: string[] = [];
    const holds = ({ locks }: { locks: LockService }): boolean => locks.holds('order:1');
    @Injectable()
    class Logged {
      constructor(readonly locks: LockService) {}

      @logged(log, 'above', holds)
      @(Locked('order:<0>') as LockedDecorator<'order:<0>'>)
      @logged(log, 'below', holds)
      async ship(id: string): Promise<string> {
        return id;
      }
    }
    expect(await (await startWith(Logged)).ship('1')).toBe('1');
    expect(log).toEqual(['above: false', 'below: true']);
  });
});
