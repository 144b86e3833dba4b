/** What docs/decorator.md says of the order of decorators, and of `applyDecorators`. */
import 'reflect-metadata';

import { applyDecorators, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from '@jest/globals';

import { Locked, LockService } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';

type Method = (this: Orders, ...args: unknown[]) => Promise<string>;

/** Wraps a method, as a decorator for transactions does, and tells whether the key was held before the method began. */
function Wrapped(): MethodDecorator {
  return (_target, _name, descriptor) => {
    const body = descriptor.value as Method;
    const wrapped: Method = async function (...args) {
      return `${this.locks.holds('order:1') ? 'inside' : 'outside'}, ${await body.apply(this, args)}`;
    };
    Object.assign(descriptor, { value: wrapped });
  };
}

const locked = Locked('order:<0>') as MethodDecorator;

@Injectable()
class Orders {
  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  @Wrapped()
  async above(id: string): Promise<string> {
    return id;
  }

  @Wrapped()
  @Locked('order:<0>')
  async below(id: string): Promise<string> {
    return id;
  }

  @applyDecorators(Wrapped(), locked)
  async last(id: string): Promise<string> {
    return id;
  }

  @applyDecorators(locked, Wrapped())
  async first(id: string): Promise<string> {
    return id;
  }
}

class Express extends Orders {
  override async above(id: string): Promise<string> {
    return `${this.locks.holds('order:1') ? 'locked' : 'not locked'}, ${await super.above(id)}`;
  }
}

it('what stands above is outside; the last argument of applyDecorators is', async () => {
  const imports = [LockTestingModule.forRoot()];
  const module = await Test.createTestingModule({ imports, providers: [Orders, Express] }).compile();
  const orders = module.get(Orders);
  const seen = [await orders.above('1'), await orders.below('1'), await orders.last('1'), await orders.first('1')];
  expect(seen).toEqual(['inside, 1', 'outside, 1', 'inside, 1', 'outside, 1']);
  expect(await module.get(Express).above('1')).toBe('not locked, inside, 1');
  await module.close();
});
