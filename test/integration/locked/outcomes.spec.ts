/** What a locked promise does with results, errors and loss, and methods whose outcome is not what it seemed to be. */
import { Injectable } from '@nestjs/common';
import { firstValueFrom, isObservable, lastValueFrom, Observable, of } from 'rxjs';
import { Locked, LockLostError, LockOptionsError, LockService } from 'nestjs-distributed-lock';
import { startWith } from '../../support/apps/apps.js';
import { deferred, isFree, keyBecomes, nextEvent, rejection } from '../../support/waiting.js';

/** For methods that the types of `@Locked` refuse, as plain JavaScript may write them. */
const untyped = (...args: Parameters<typeof Locked>): MethodDecorator => Locked(...args) as MethodDecorator;

@Injectable()
class Orders {
  readonly log: string[] = [];

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>', { ttl: 300 })
  async lost(id: string): Promise<string> {
    await this.lose(id);
    return 'shipped';
  }

  @Locked('order:<0>', { ttl: 300, onLost: 'ignore' })
  async lostHeedlessly(id: string): Promise<string> {
    await this.lose(id);
    return 'shipped';
  }

  @Locked('order:<0>', { ttl: 300 })
  async lostAndFailed(id: string): Promise<string> {
    await this.lose(id);
    throw new RangeError('mine');
  }

  @Locked('order:<0>')
  async handsBack(id: string): Promise<boolean> {
    await this.locks.current().release();
    return this.locks.holds(`order:${id}`);
  }

  @untyped('order:<0>')
  async fails(id: string, error: unknown): Promise<string> {
    if (id) throw error;
    return id;
  }

  private async lose(id: string): Promise<void> {
    const lost = nextEvent(this.locks, 'lost');
    await this.locks.forceRelease(`order:${id}`);
    await lost;
  }
}

describe('a promise', () => {
  it('that finished without its lock rejects with LockLostError, with the result attached', async () => {
    const orders = await startWith(Orders);
    const error = await rejection<LockLostError>(orders.lost('1'));
    expect(error).toBeInstanceOf(LockLostError);
    expect(error).toMatchObject({ key: 'order:1', result: 'shipped' });
  });

  it("that finished without its lock resolves with onLost: 'ignore'", async () => {
    const orders = await startWith(Orders);
    expect(await orders.lostHeedlessly('1')).toBe('shipped');
  });

  it('passes its own error even if its lock was lost', async () => {
    const orders = await startWith(Orders);
    expect(await rejection(orders.lostAndFailed('1'))).toEqual(new RangeError('mine'));
  });

  it('may give the lock back by hand before its end', async () => {
    const orders = await startWith(Orders);
    expect(await orders.handsBack('1')).toBe(false);
    expect((await orders.locks.inspect('order:1')).holders).toEqual([]);
  });

  it.each([undefined, null, 'text', { code: 'LOCK_BUSY' }])('passes %p when that is what it throws', async (thrown) => {
    const orders = await startWith(Orders);
    expect(await rejection(orders.fails('1', thrown))).toBe(thrown);
    await keyBecomes(orders.locks, 'order:1', isFree);
  });
});

@Injectable()
class Odd {
  readonly going = deferred();
  subscribed = 0;
  steps = 0;

  constructor(readonly locks: LockService) {}

  private stream(): Observable<string> {
    return new Observable((subscriber) => {
      this.subscribed++;
      subscriber.next(`holds ${this.locks.holds('odd')}`);
      subscriber.complete();
    });
  }

  private async *generate(): AsyncGenerator<string> {
    this.steps++;
    yield `holds ${this.locks.holds('odd')}`;
  }

  @untyped('odd')
  async observableInPromise(): Promise<unknown> {
    return this.stream();
  }

  @untyped('odd')
  async generatorInPromise(): Promise<unknown> {
    return this.generate();
  }

  @untyped('odd')
  observableUnseen(): unknown {
    return this.stream();
  }

  @untyped('odd', { returns: 'observable' })
  observable(): unknown {
    return this.stream();
  }

  @untyped('odd')
  generatorUnseen(): unknown {
    return this.generate();
  }

  @untyped('odd', { returns: 'asyncGenerator' })
  generator(): unknown {
    return this.generate();
  }

  @untyped('odd')
  sync(): unknown {
    return `holds ${this.locks.holds('odd')}`;
  }

  @untyped('odd', { returns: 'observable' })
  async promiseForObservable(): Promise<void> {
    await this.going.promise;
  }

  @untyped('odd', { returns: 'observable' })
  async failureForObservable(): Promise<void> {
    throw new RangeError('mine');
  }

  @untyped('odd', { returns: 'asyncGenerator' })
  async promiseForGenerator(): Promise<void> {
    await this.going.promise;
  }

  @untyped('odd', { returns: 'asyncGenerator' })
  observableForGenerator(): unknown {
    return this.stream();
  }

  @untyped('odd', { returns: 'observable' })
  generatorForObservable(): unknown {
    return this.generate();
  }

  @untyped('odd')
  async touchy(): Promise<unknown> {
    return TOUCHY;
  }

  @untyped('odd', { returns: 'observable' })
  valueForObservable(): unknown {
    return of.name;
  }
}

/** As an object of another package that allows what `await` asks of it, and nothing else. */
const TOUCHY = new Proxy(
  {},
  {
    get: (_, name) => {
      if (name === 'then') return undefined;
      throw new Error(`${String(name)} was asked outside of its context`);
    },
  },
);

describe('a method that returns something else than its lock was made for', () => {
  it.each(['observableInPromise', 'generatorInPromise', 'observableUnseen', 'generatorUnseen'] as const)(
    '%s: LockOptionsError that names the option, and what was returned is not begun',
    async (method) => {
      const odd = await startWith(Odd);
      const error = await rejection(odd[method]() as Promise<unknown>);
      expect(error).toBeInstanceOf(LockOptionsError);
      expect(error.message).toMatch(new RegExp(`Odd\\.${method}.*returns: '(observable|asyncGenerator)'`, 's'));
      expect([odd.subscribed, odd.steps]).toEqual([0, 0]);
      await keyBecomes(odd.locks, 'odd', isFree);
    },
  );

  it('the option `returns` says what cannot be seen', async () => {
    const odd = await startWith(Odd);
    const stream = odd.observable();
    expect(isObservable(stream)).toBe(true);
    expect(await lastValueFrom(stream as Observable<string>)).toBe('holds true');
    expect(await (odd.generator() as AsyncGenerator).next()).toEqual({ value: 'holds true', done: false });
  });

  it('a plain value becomes a promise of it, under the lock', async () => {
    const odd = await startWith(Odd);
    expect(await odd.sync()).toBe('holds true');
  });

  it('a plain value where an Observable was promised', async () => {
    const odd = await startWith(Odd);
    const outcome = firstValueFrom(odd.valueForObservable() as Observable<unknown>);
    expect(await rejection(outcome)).toBeInstanceOf(LockOptionsError);
    await keyBecomes(odd.locks, 'odd', isFree);
  });

  const begin = {
    promiseForObservable: (odd: Odd) => firstValueFrom(odd.promiseForObservable() as unknown as Observable<unknown>),
    promiseForGenerator: (odd: Odd) => (odd.promiseForGenerator() as unknown as AsyncGenerator).next(),
  };
  it.each(['promiseForObservable', 'promiseForGenerator'] as const)(
    '%s: LockOptionsError, and the lock outlives what was begun',
    async (method) => {
      const odd = await startWith(Odd);
      const acquired = nextEvent(odd.locks, 'acquired');
      const failed = rejection(begin[method](odd));
      await acquired;
      for (let i = 0; i < 5; i++) expect((await odd.locks.inspect('odd')).holders).not.toEqual([]);
      odd.going.resolve();
      expect(await failed).toBeInstanceOf(LockOptionsError);
      await keyBecomes(odd.locks, 'odd', isFree);
    },
  );

  it.each([
    ['observableInPromise', 'a promise, but it returned an Observable, which would go on', 'observable'],
    ['generatorInPromise', 'a promise, but it returned an async generator, which would go on', 'asyncGenerator'],
    ['observableForGenerator', 'an async generator, but it returned an Observable, which would go on', 'observable'],
    [
      'generatorForObservable',
      'an Observable, but it returned an async generator, which would go on',
      'asyncGenerator',
    ],
    ['valueForObservable', 'an Observable, but it returned something else.', 'promise'],
    ['promiseForObservable', 'an Observable, but it returned a promise.', 'promise'],
    ['promiseForGenerator', 'an async generator, but it returned a promise.', 'promise'],
  ] as const)('%s: is told what was expected and what came', async (method, told, returns) => {
    const odd = await startWith(Odd);
    odd.going.resolve();
    const outcome = odd[method]() as unknown;
    const used = isObservable(outcome)
      ? firstValueFrom(outcome)
      : outcome instanceof Promise
        ? outcome
        : (outcome as AsyncGenerator).next();
    const { message } = await rejection(used);
    expect(message).toContain(`Odd.${method} was locked as a method that returns ${told}`);
    expect(message).toContain(`Set \`returns: '${returns}'\``);
  });

  it('a result that may not be asked anything is given back as it is', async () => {
    const odd = await startWith(Odd);
    expect(await odd.touchy()).toBe(TOUCHY);
    await keyBecomes(odd.locks, 'odd', isFree);
  });

  it('a promise that fails where an Observable was promised is not left unhandled', async () => {
    const odd = await startWith(Odd);
    await rejection(firstValueFrom(odd.failureForObservable() as unknown as Observable<unknown>));
    // By now Node has told of a rejection that nobody handled, and Jest has failed the test.
    await new Promise((resolve) => setImmediate(resolve));
    await keyBecomes(odd.locks, 'odd', isFree);
  });
});
