/** How long a locked method waits for somebody else: `wait`, and `signal` to cancel it. */
import { Injectable } from '@nestjs/common';
import { EMPTY, lastValueFrom, Observable } from 'rxjs';
import { Locked, LockService, LockTimeoutError } from 'nestjs-distributed-lock';
import { closeAfterTest, startWith } from '../../support/apps/apps.js';
import { keyBecomes, nextEvent, rejection } from '../../support/waiting.js';

const controller = new AbortController();
let asked = 0;

@Injectable()
class Orders {
  bodies = 0;

  constructor(readonly locks: LockService) {}

  @Locked('key', { wait: 300 })
  async impatient(): Promise<void> {
    this.bodies++;
  }

  @Locked('key', { wait: 300, onBusy: 'skip' })
  async impatientSkip(): Promise<string | undefined> {
    this.bodies++;
    return 'body';
  }

  @Locked('key', { signal: controller.signal, onBusy: 'skip' })
  async cancelledWithAll(): Promise<void> {
    this.bodies++;
  }

  @Locked('key', {
    signal: (_name: string, signal?: AbortSignal) => {
      asked++;
      return signal;
    },
  })
  async cancellable(_name: string, _signal?: AbortSignal): Promise<void> {
    this.bodies++;
  }

  @Locked('key', { signal: (signal: AbortSignal) => signal })
  watch(_signal: AbortSignal): Observable<void> {
    this.bodies++;
    return EMPTY;
  }

  @Locked('key', {
    signal: () => {
      asked++;
      return undefined;
    },
  })
  async *steps(): AsyncGenerator<number> {
    yield 1;
    yield 2;
  }
}

/** An application in which somebody holds the key. */
async function busy(): Promise<{ orders: Orders; free: () => Promise<unknown> }> {
  const orders = await startWith(Orders);
  const lock = await orders.locks.acquire('key');
  closeAfterTest({ close: () => lock[Symbol.asyncDispose]() });
  return { orders, free: () => lock.release() };
}

describe('wait', () => {
  it('that ends: LockTimeoutError or what onBusy says, and no place in line', async () => {
    const { orders } = await busy();
    const error = await rejection<LockTimeoutError>(orders.impatient());
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(await orders.impatientSkip()).toBeUndefined();
    await keyBecomes(orders.locks, 'key', ({ waiting }) => waiting.length === 0);
    expect(orders.bodies).toBe(0);
  });

  it('that is long enough: the method runs when it is its turn', async () => {
    const { orders, free } = await busy();
    const waiting = nextEvent(orders.locks, 'waiting');
    const done = orders.cancellable('patient');
    await waiting;
    await free();
    await done;
    expect(orders.bodies).toBe(1);
  });
});

describe('signal', () => {
  it('found among the arguments cancels the wait with its reason', async () => {
    const { orders } = await busy();
    for (const call of [
      (signal: AbortSignal) => orders.cancellable('name', signal),
      (signal: AbortSignal) => lastValueFrom(orders.watch(signal)),
    ]) {
      const cancel = new AbortController();
      const waiting = nextEvent(orders.locks, 'waiting');
      const cancelled = rejection(call(cancel.signal));
      await waiting;
      const reason = new RangeError('changed my mind');
      cancel.abort(reason);
      expect(await cancelled).toBe(reason);
      await keyBecomes(orders.locks, 'key', ({ waiting }) => waiting.length === 0);
    }
    expect(orders.bodies).toBe(0);
  });

  it('aborted beforehand: nothing is asked of the server', async () => {
    const orders = await startWith(Orders);
    const reason = new RangeError('too late');
    expect(await rejection(orders.cancellable('name', AbortSignal.abort(reason)))).toBe(reason);
    expect((await orders.locks.inspect('key')).lastFencingToken).toBeNull();
  });

  it('is looked for once in each call', async () => {
    const orders = await startWith(Orders);
    asked = 0;
    await orders.cancellable('name');
    expect(asked).toBe(1);
    for await (const _ of orders.steps());
    expect(asked).toBe(2);
  });

  it('given once cancels every wait, which is not the same as busy', async () => {
    const { orders } = await busy();
    const waiting = nextEvent(orders.locks, 'waiting');
    const cancelled = [rejection(orders.cancelledWithAll()), rejection(orders.cancelledWithAll())];
    await waiting;
    const reason = new RangeError('all of you');
    controller.abort(reason);
    expect(await Promise.all(cancelled)).toEqual([reason, reason]);
    expect(orders.bodies).toBe(0);
  });
});
