/** Spans are nested as the code is: what runs with a lock is a child of the time for which it is held. */
import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { lastValueFrom, Observable, of } from 'rxjs';
import { start } from '../support/apps/apps.js';
import { deferred, nextEvent } from '../support/waiting.js';
import { instrument } from './telemetry.js';
import type { Spans } from './telemetry.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What the methods trace with; each test has another. */
let spans: Spans;

@Injectable()
class Orders {
  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(_id: string): Promise<void> {
    await turn();
    await spans.trace('ship', turn);
  }

  @Locked('customer:<0>')
  async invoice(_customer: string, id: string): Promise<void> {
    await this.ship(id);
  }

  @Locked('stream:<0>')
  watch(_id: string): Observable<number> {
    return new Observable((subscriber) => {
      void spans
        .trace('watch', turn)
        .then(() => subscriber.next(1))
        .then(() => subscriber.complete());
    });
  }

  @Locked('pages:<0>')
  async *pages(_id: string): AsyncGenerator<number> {
    await spans.trace('first page', turn);
    yield 1;
    await spans.trace('second page', turn);
    yield 2;
  }

  @Locked('seen:<0>')
  seen(_id: string): Observable<string> {
    return of('at once');
  }
}

async function open(): Promise<Orders> {
  ({ spans } = instrument());
  return (await start({ imports: [LockTestingModule.forRoot()], providers: [Orders] })).get(Orders);
}

describe('spans of a lock', () => {
  it('are both children of what the caller was doing, the way to the lock and the time it is held', async () => {
    const orders = await open();
    await spans.trace('request', () => orders.ship('42'));
    expect(spans.pathOf('acquire order:<0>')).toEqual(['request', 'acquire order:<0>']);
    expect(spans.pathOf('ship')).toEqual(['request', 'hold order:<0>', 'ship']);
  });

  it('follow each other: the lock is held from when it is acquired', async () => {
    const orders = await open();
    await orders.ship('42');
    expect(spans.ended.map(({ name }) => name)).toEqual(['acquire order:<0>', 'ship', 'hold order:<0>']);
  });

  it('are nested where locks are', async () => {
    const orders = await open();
    await spans.trace('request', () => orders.invoice('7', '42'));
    const outer = ['request', 'hold customer:<0>'];
    expect(spans.pathOf('acquire order:<0>')).toEqual([...outer, 'acquire order:<0>']);
    expect(spans.pathOf('ship')).toEqual([...outer, 'hold order:<0>', 'ship']);
  });

  it('hold the subscription of an Observable', async () => {
    const orders = await open();
    await spans.trace('request', () => lastValueFrom(orders.watch('42')));
    expect(spans.pathOf('watch')).toEqual(['request', 'hold stream:<0>', 'watch']);
    expect(spans.ended.at(-2)?.name).toBe('hold stream:<0>');
  });

  it('hold each step of an async generator, whoever asks for it', async () => {
    const orders = await open();
    await spans.trace('request', async () => {
      for await (const page of orders.pages('42')) await spans.trace(`read ${page}`, turn);
    });
    for (const page of ['first page', 'second page'])
      expect(spans.pathOf(page)).toEqual(['request', 'hold pages:<0>', page]);
    // Between the steps the caller goes on with what it did.
    for (const read of ['read 1', 'read 2']) expect(spans.pathOf(read)).toEqual(['request', read]);
  });

  it('are those of the caller that waited, not of the one that handed the lock on', async () => {
    const orders = await open();
    const { locks } = orders;
    const leave = deferred();
    const first = spans.trace('first', () => locks.withLock('key', { label: 'one' }, () => leave.promise));
    const waiting = nextEvent(locks, 'waiting');
    const second = spans.trace('second', () =>
      locks.withLock('key', { label: 'two' }, () => spans.trace('inside', turn)),
    );
    await waiting;
    leave.resolve();
    await Promise.all([first, second]);
    expect(spans.pathOf('acquire two')).toEqual(['second', 'acquire two']);
    expect(spans.pathOf('inside')).toEqual(['second', 'hold two', 'inside']);
    expect(spans.get('acquire two').attributes).toMatchObject({ 'distributed_lock.how': 'handed-on' });
  });

  it('leave re-entry alone: the caller waits for nothing, and the lock is held anyway', async () => {
    const orders = await open();
    await orders.locks.withLock('order:42', { label: 'outer' }, () => orders.ship('42'));
    expect(spans.pathOf('ship')).toEqual(['hold outer', 'ship']);
    expect(spans.ended).toHaveLength(3);
  });

  it('are the same for a lock by hand, of which a section is run later', async () => {
    const orders = await open();
    const { locks } = orders;
    await spans.trace('request', async () => {
      const lock = await locks.acquire('key', { label: 'by hand' });
      await spans.trace('beside', turn);
      await locks.run(lock, () => spans.trace('inside', turn));
      await lock.release();
    });
    expect(spans.pathOf('beside')).toEqual(['request', 'beside']);
    expect(spans.pathOf('inside')).toEqual(['request', 'hold by hand', 'inside']);
  });

  it('are called after the method where a function finds the key, and are never called after the key', async () => {
    const orders = await open();
    await orders.locks.withLock('secret:42', turn);
    expect(spans.ended.map(({ name }) => name)).toEqual(['acquire', 'hold']);
    await lastValueFrom(orders.seen('42'));
    expect(spans.get('hold seen:<0>').attributes['distributed_lock.name']).toBe('seen:<0>');
  });
});
