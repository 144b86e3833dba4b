/** What docs/testing.md says of mocks: which of them never run the body, and that the stub and the module shown there do. */
import 'reflect-metadata';

import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, jest } from '@jest/globals';

import { bindLocks, Locked, LockService } from 'nestjs-distributed-lock';
import type { Lock } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';

class Warehouse {}

@Injectable()
class Orders {
  constructor(
    readonly locks: LockService,
    readonly warehouse: Warehouse,
  ) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    return `${id} ${this.locks.current().fencingToken > 0}`;
  }
}

/** Answers every call with nothing, as mocks do that are made without being told what of. */
const automock = (): object =>
  new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : jest.fn(async () => undefined)) });

describe('the lock service', () => {
  it.each([
    ['an automock', automock],
    ['withLock: jest.fn()', () => ({ withLock: jest.fn(), current: jest.fn() })],
  ])('%s runs no body', async (_name, mock) => {
    const locks = mock() as LockService;
    const orders = bindLocks(new Orders(locks, new Warehouse()), locks);
    expect(await orders.ship('42')).toBeUndefined();
  });

  it('the stub of the page runs it', async () => {
    const held = { key: 'order:42', fencingToken: 1, isHeld: true, signal: new AbortController().signal } as Lock;
    const stub = {
      withLock: async (...args: unknown[]) => (args.at(-1) as (lock: Lock) => unknown)(held),
      current: () => held,
    } as unknown as LockService;
    expect(await bindLocks(new Orders(stub, new Warehouse()), stub).ship('42')).toBe('42 true');
  });

  it('LockTestingModule runs it beside a mocker', async () => {
    const builder = Test.createTestingModule({ imports: [LockTestingModule.forRoot()], providers: [Orders] });
    const module = await builder.useMocker(automock).compile();
    expect(await module.get(Orders).ship('42')).toBe('42 true');
    expect(module.get(Orders).warehouse).not.toBeInstanceOf(Warehouse);
    await module.close();
  });
});
