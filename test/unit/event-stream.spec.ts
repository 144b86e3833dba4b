/** What `events$` tells of each thing that happens, and what it costs when nobody listens. */
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { config, filter, map } from 'rxjs';
import type { Observable } from 'rxjs';
import { LockEvents } from '../../lib/event-stream.js';
import { LockLostError, LockUnavailableError } from '../../lib/lock.errors.js';
import type { LockEvent } from '../../lib/lock.events.js';
import { outcomeOf, openLocks } from './support/engine.js';
import { advance, flush, turns, useFakeClock, withoutJitter } from './support/fake-clock.js';
import { failing } from './support/fake-store.js';

const EVENT: LockEvent = { type: 'waiting', key: 'key', token: 'token', holderExpiresInMs: 1 };

describe('the event stream', () => {
  useFakeClock();

  it('builds an event only when somebody listens', () => {
    const events = new LockEvents();
    const build = jest.fn(() => EVENT);
    events.audience?.next(build());
    const subscription = events.stream$.subscribe();
    events.audience?.next(build());
    events.audience?.next(build());
    subscription.unsubscribe();
    events.audience?.next(build());
    expect(build).toHaveBeenCalledTimes(2);
  });

  it('tells everybody who listens what happens from then on', async () => {
    const events = new LockEvents();
    const heard: LockEvent[][] = [[], []];
    events.stream$.subscribe((event) => heard[0]!.push(event));
    events.audience?.next(EVENT);
    events.stream$.subscribe((event) => heard[1]!.push(event));
    events.audience?.next(EVENT);
    await flush();
    expect(heard).toEqual([[EVENT, EVENT], [EVENT]]);
  });

  it('tells nothing while code is running, and then everything in order', async () => {
    const events = new LockEvents();
    const heard: LockEvent[] = [];
    events.stream$.subscribe((event) => heard.push(event));
    const sent = ['a', 'b', 'c'].map((key) => ({ ...EVENT, key }));
    for (const event of sent) events.audience?.next(event);
    expect(heard).toEqual([]);
    await flush();
    expect(heard).toEqual(sent);
  });

  it('lets the event loop turn, though its listeners cause event after event', async () => {
    const events = new LockEvents();
    let count = 0;
    const subscription = events.stream$.subscribe(() => {
      count += 1;
      events.audience?.next(EVENT);
    });
    events.audience?.next(EVENT);
    await turns(3);
    subscription.unsubscribe();
    expect(count).toBeGreaterThan(1);
  });

  describe('with a listener that throws', () => {
    const failure = new Error('a bug in a listener');
    const fail = (): never => {
      throw failure;
    };

    beforeEach(() => {
      config.onUnhandledError = null;
    });

    it.each<[string, (stream$: Observable<LockEvent>) => unknown]>([
      ['a function', (stream$) => stream$.subscribe(fail)],
      ['an observer', (stream$) => stream$.subscribe({ next: fail })],
      ['an async function', (stream$) => stream$.subscribe(async () => fail())],
      ['one behind operators', (stream$) => stream$.pipe(filter(() => true)).subscribe(fail)],
      ['an operator', (stream$) => stream$.pipe(map(fail)).subscribe()],
      ['one of the end', (stream$) => stream$.subscribe({ complete: fail })],
    ])('logs it and goes on telling the others: %s', async (_, listen) => {
      const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const events = new LockEvents();
      const heard: LockEvent[] = [];
      listen(events.stream$);
      events.stream$.subscribe((event) => heard.push(event));
      events.audience?.next(EVENT);
      await flush();
      events.audience?.next(EVENT);
      await flush();
      events.complete();
      expect(heard).toEqual([EVENT, EVENT]);
      expect(log).toHaveBeenCalledWith(expect.stringContaining('events$'), failure.stack);
    });

    it('leaves it to the handler that RxJS was given', async () => {
      const log = jest.spyOn(Logger.prototype, 'error');
      const handler = jest.fn();
      config.onUnhandledError = handler;
      const events = new LockEvents();
      events.stream$.subscribe(fail);
      events.audience?.next(EVENT);
      await flush();
      expect(handler.mock.calls).toEqual([[failure]]);
      expect(log).not.toHaveBeenCalled();
      config.onUnhandledError = null;
    });
  });

  it('cannot be fed from outside', () => {
    expect('next' in new LockEvents().stream$).toBe(false);
  });
});

describe('a lock tells', () => {
  useFakeClock();

  it('acquired, renewed and released', async () => {
    withoutJitter();
    const { locks, events } = openLocks({ ttl: 1_200 });
    const lock = await locks.acquire('key');
    await advance(500);
    await lock.release();
    const { key, token, fencingToken } = lock;
    expect(events).toEqual([
      { type: 'acquired', key, token, fencingToken, waitedMs: 0 },
      { type: 'renewed', key, token, fencingToken, ttl: 1_200 },
      { type: 'released', key, token, fencingToken, heldMs: 500 },
    ]);
  });

  it('waiting, and how long it waited', async () => {
    const { locks, events, rival } = openLocks();
    await rival.acquire('key', 'rival', 5_000);
    const asked = locks.acquire('key');
    await advance(300);
    await rival.release('key', 'rival');
    const { key, token, fencingToken } = await asked;
    await flush();
    expect(events).toEqual([
      { type: 'waiting', key, token, holderExpiresInMs: 5_000 },
      { type: 'acquired', key, token, fencingToken, waitedMs: 300 },
      // The claim window of the grant, prolonged to the full ttl.
      { type: 'renewed', key, token, fencingToken, ttl: 1_000 },
    ]);
  });

  it('timeout when the wait is over', async () => {
    const { locks, events, rival } = openLocks({ wait: 300 });
    await rival.acquire('key', 'rival');
    outcomeOf(locks.acquire('key'));
    await advance(300);
    const [{ token }] = events as [LockEvent];
    expect(events.slice(1)).toEqual([{ type: 'timeout', key: 'key', token, waitedMs: 300 }]);
  });

  it('timeout when it does not wait and the key is busy', async () => {
    const { locks, events, rival } = openLocks({ wait: 0 });
    await rival.acquire('key', 'rival');
    await locks.tryAcquire('key');
    expect(events).toEqual([{ type: 'timeout', key: 'key', token: expect.any(String), waitedMs: 0 }]);
  });

  it('lost, with the error that the signal carries', async () => {
    const { locks, events } = openLocks({ autoRenew: false });
    const { key, token, fencingToken, signal } = await locks.acquire('key');
    await advance(988);
    expect(events.slice(1)).toEqual([{ type: 'lost', key, token, fencingToken, error: signal.reason }]);
    expect(signal.reason).toBeInstanceOf(LockLostError);
  });

  it('failed, during what, and why', async () => {
    const { locks, heard, store } = openLocks();
    store.next('acquire', failing).next('release', failing);
    await locks.acquire('key').catch(() => undefined);
    const lock = await locks.acquire('key');
    store.next('touch', failing).next('release', failing);
    await lock.renew().catch(() => undefined);
    await lock.release();
    expect(heard('failed').map(({ during }) => during)).toEqual(['acquire', 'release', 'renew', 'release']);
    for (const event of heard('failed')) {
      expect(event).toEqual({
        type: 'failed',
        key: 'key',
        token: expect.any(String),
        during: event.during,
        error: expect.any(LockUnavailableError),
      });
    }
  });

  it('a foreign error of a store as unavailable, with its cause', async () => {
    const { locks, heard, store } = openLocks();
    const cause = new TypeError('a bug in a store');
    store.next('acquire', () => Promise.reject(cause));
    await expect(locks.acquire('key')).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', cause });
    expect(heard('failed')).toMatchObject([{ error: { code: 'LOCK_UNAVAILABLE', cause } }]);
  });

  it('each key of several', async () => {
    const { locks, heard } = openLocks();
    await locks.withLock(['b', 'a'], async () => undefined);
    expect(heard('acquired').map(({ key }) => key)).toEqual(['a', 'b']);
    expect(heard('released').map(({ key }) => key)).toEqual(['b', 'a']);
  });

  it('nothing of re-entries', async () => {
    const { locks, events } = openLocks();
    await locks.withLock('key', () => locks.withLock('key', () => flush()));
    expect(events.map(({ type }) => type)).toEqual(['acquired', 'released']);
  });
});
