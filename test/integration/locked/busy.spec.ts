/** What a locked method does when somebody else has the key, for each kind of outcome: `onBusy`. */
import { Injectable } from '@nestjs/common';
import { EMPTY, firstValueFrom, lastValueFrom, Observable, of, toArray } from 'rxjs';
import { LockBusyError, Locked, LockService, LockTimeoutError } from 'nestjs-distributed-lock';
import { closeAfterTest, startWith } from '../../support/apps/apps.js';
import { isFree, keyBecomes, rejection } from '../../support/waiting.js';

@Injectable()
class Orders {
  bodies = 0;

  constructor(readonly locks: LockService) {}

  @Locked('key', { wait: 0 })
  async promise(): Promise<string> {
    this.bodies++;
    return 'body';
  }

  @Locked('key', { wait: 0 })
  observable(): Observable<string> {
    this.bodies++;
    return of('body');
  }

  @Locked('key', { wait: 0 })
  async *generator(): AsyncGenerator<string> {
    this.bodies++;
    yield 'body';
  }

  @Locked('key', { wait: 0, onBusy: 'skip' })
  async promiseSkip(): Promise<string | undefined> {
    this.bodies++;
    return 'body';
  }

  @Locked('key', { wait: 0, onBusy: 'skip' })
  observableSkip(): Observable<string> {
    this.bodies++;
    return of('body');
  }

  @Locked('key', { wait: 0, onBusy: 'skip' })
  async *generatorSkip(): AsyncGenerator<string> {
    this.bodies++;
    yield 'body';
  }

  @Locked('key', {
    wait: 0,
    onBusy(this: Orders, error: LockBusyError | LockTimeoutError, name: string) {
      return `${error.code} ${name} ${this.bodies}`;
    },
  })
  async promiseInstead(name: string): Promise<string> {
    this.bodies++;
    return name;
  }

  @Locked('key', { wait: 0, onBusy: (error, name: string) => of(error.code, name) })
  observableInstead(name: string): Observable<string> {
    this.bodies++;
    return of(name);
  }

  @Locked('key', { wait: 0, onBusy: (error, name: string) => `${error.code} ${name}` })
  observableValueInstead(name: string): Observable<string> {
    this.bodies++;
    return of(name);
  }

  @Locked('key', {
    wait: 0,
    onBusy: async function* (error, name: string) {
      yield error.code as string;
      yield name;
    },
  })
  async *generatorInstead(name: string): AsyncGenerator<string> {
    this.bodies++;
    yield name;
  }

  @Locked('key', { wait: 0, onBusy: () => Promise.reject(new RangeError('instead')) })
  async promiseFailsInstead(): Promise<string> {
    return 'body';
  }

  @Locked('key', {
    wait: 0,
    onBusy: () => {
      throw new RangeError('instead');
    },
  })
  observableFailsInstead(): Observable<string> {
    return EMPTY;
  }

  @Locked('own', { wait: 0, onBusy: 'skip' })
  async promiseWithinSkip(): Promise<string | undefined> {
    return this.promise();
  }

  @Locked('own', { wait: 0, onBusy: 'skip' })
  observableWithinSkip(): Observable<string> {
    return this.observable();
  }

  @Locked('own', { wait: 0, onBusy: 'skip' })
  async *generatorWithinSkip(): AsyncGenerator<string> {
    yield* this.generator();
  }
}

/** An application in which somebody holds the key. */
async function busy(): Promise<{ orders: Orders; free: () => Promise<unknown> }> {
  const orders = await startWith(Orders);
  const lock = await orders.locks.acquire('key');
  closeAfterTest({ close: () => lock[Symbol.asyncDispose]() });
  return { orders, free: () => lock.release() };
}

async function all(steps: AsyncGenerator<string>): Promise<string[]> {
  const values: string[] = [];
  for await (const value of steps) values.push(value);
  return values;
}

describe('onBusy', () => {
  it("'throw', the default: LockBusyError that says when to try again", async () => {
    const { orders } = await busy();
    for (const call of [
      () => orders.promise(),
      () => firstValueFrom(orders.observable()),
      () => orders.generator().next(),
    ]) {
      const error = await rejection<LockBusyError>(call());
      expect(error).toBeInstanceOf(LockBusyError);
      expect(error.key).toBe('key');
      expect(error.retryAfterMs).toBeGreaterThan(0);
    }
    expect(orders.bodies).toBe(0);
  });

  it("'skip': undefined, an empty stream, no step", async () => {
    const { orders } = await busy();
    expect(await orders.promiseSkip()).toBeUndefined();
    expect(await lastValueFrom(orders.observableSkip().pipe(toArray()))).toEqual([]);
    expect(await all(orders.generatorSkip())).toEqual([]);
    expect(orders.bodies).toBe(0);
  });

  it("'skip': runs when the key is free", async () => {
    const { orders, free } = await busy();
    await free();
    expect(await orders.promiseSkip()).toBe('body');
    expect(await lastValueFrom(orders.observableSkip().pipe(toArray()))).toEqual(['body']);
    expect(await all(orders.generatorSkip())).toEqual(['body']);
  });

  it('a function: runs instead, with the error, the arguments and `this`', async () => {
    const { orders } = await busy();
    expect(await orders.promiseInstead('a')).toBe('LOCK_BUSY a 0');
    expect(await lastValueFrom(orders.observableInstead('b').pipe(toArray()))).toEqual(['LOCK_BUSY', 'b']);
    expect(await lastValueFrom(orders.observableValueInstead('c'))).toBe('LOCK_BUSY c');
    expect(await all(orders.generatorInstead('d'))).toEqual(['LOCK_BUSY', 'd']);
    expect(orders.bodies).toBe(0);
  });

  it('a function: its own error reaches the caller', async () => {
    const { orders } = await busy();
    expect(await rejection(orders.promiseFailsInstead())).toEqual(new RangeError('instead'));
    expect(await rejection(lastValueFrom(orders.observableFailsInstead()))).toEqual(new RangeError('instead'));
  });

  it('does not swallow what is busy inside the body', async () => {
    const { orders } = await busy();
    for (const call of [
      () => orders.promiseWithinSkip(),
      () => lastValueFrom(orders.observableWithinSkip()),
      () => all(orders.generatorWithinSkip()),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'LOCK_BUSY', key: 'key' });
    }
    await keyBecomes(orders.locks, 'own', isFree);
  });
});
