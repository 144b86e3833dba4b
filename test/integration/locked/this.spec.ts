/** The functions among the key and the options have the object whose method is called as `this`. */
import { Injectable, Scope } from '@nestjs/common';
import { lastValueFrom, Observable, of } from 'rxjs';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { lockModule, start } from '../../support/apps/apps.js';
import { rejection } from '../../support/waiting.js';

@Injectable({ scope: Scope.TRANSIENT })
class Orders {
  tenant = 'acme';
  readonly stop = new AbortController();

  constructor(readonly locks: LockService) {}

  @Locked(function (this: Orders, id: string) {
    return `${this.tenant}:${id}`;
  })
  async ship(_id: string): Promise<readonly string[]> {
    return this.locks.current().keys;
  }

  @Locked(function (this: Orders, ...ids: string[]) {
    return ids.map((id) => `${this.tenant}:${id}`);
  })
  stream(..._ids: string[]): Observable<readonly string[]> {
    return of(this.locks.current().keys);
  }

  @Locked(function (this: { tenant: string }) {
    return this.tenant;
  })
  async *generate(): AsyncGenerator<readonly string[]> {
    yield this.locks.current().keys;
  }

  @Locked('stopped', {
    wait: Infinity,
    signal(this: Orders) {
      return this.stop.signal;
    },
  })
  async stoppable(): Promise<void> {}

  @Locked('stopped', {
    signal(this: Orders) {
      return this.stop.signal;
    },
  })
  stoppableStream(): Observable<number> {
    return of(1);
  }

  @Locked('busy', {
    wait: 0,
    onBusy(this: Orders) {
      return `${this.tenant} is busy`;
    },
  })
  async busy(): Promise<string> {
    return 'free';
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Returns extends Orders {
  override tenant = 'returns';
}

/** Two objects of one class and one of a subclass. */
async function objects(): Promise<Orders[]> {
  const app = await start({ imports: [lockModule()], providers: [Orders, Returns] });
  const made = [await app.resolve(Orders), await app.resolve(Orders), await app.resolve(Returns)];
  made[1]!.tenant = 'other';
  return made;
}

it('a key function: for promises, Observables and async generators, per object', async () => {
  for (const orders of await objects()) {
    const { tenant } = orders;
    expect(await orders.ship('1')).toEqual([`${tenant}:1`]);
    expect(await lastValueFrom(orders.stream('1', '2'))).toEqual([`${tenant}:1`, `${tenant}:2`]);
    expect((await orders.generate().next()).value).toEqual([tenant]);
  }
});

it('a signal function', async () => {
  const [orders, other] = await objects();
  const lock = await orders!.locks.acquire('stopped');
  const waits = rejection(other!.stoppable());
  orders!.stop.abort(new RangeError('of another object'));
  other!.stop.abort(new RangeError('stopped'));
  expect((await waits).message).toBe('stopped');
  await lock.release();
  expect(await rejection(lastValueFrom(orders!.stoppableStream()))).toMatchObject({ message: 'of another object' });
});

it('an onBusy function', async () => {
  const [orders, other] = await objects();
  const lock = await orders!.locks.acquire('busy');
  expect(await other!.busy()).toBe('other is busy');
  await lock.release();
  expect(await other!.busy()).toBe('free');
});

it('torn off its object, none of them is called', async () => {
  const [{ ship, generate, stoppable }] = (await objects()) as [Orders];
  for (const run of [() => ship('1'), () => generate().next(), () => stoppable()]) {
    expect(await rejection(run() as Promise<unknown>)).toMatchObject({ code: 'LOCK_OPTIONS' });
  }
});
