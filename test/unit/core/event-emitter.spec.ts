/** What `events$` tells of each thing that happens, when, and what it costs without a listener. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, jest } from '@jest/globals';
import { LockEventEmitter } from '../../../lib/core/event-emitter.js';
import { LockLostError, LockUnavailableError } from '../../../lib/lock.errors.js';
import type { LockEvent } from '../../../lib/lock.events.js';
import { outcomeOf, openLocks } from '../../support/fakes/locks.js';
import { advance, flush, turns, useFakeClock, withoutJitter } from '../../support/fakes/fake-clock.js';
import { failing } from '../../support/fakes/fake-store.js';

/** For errors of listeners, of which there are none here. */
const unheard = (error: unknown): never => {
  throw error;
};

const EVENT: LockEvent = {
  type: 'waiting',
  instance: 'default',
  key: 'key',
  token: 'token',
  label: '',
  mode: 'write',
  id: 1,
  holderExpiresInMs: 1,
};

describe('the event stream', () => {
  useFakeClock();

  it('builds an event only when there is a listener', () => {
    const events = new LockEventEmitter(unheard);
    const build = jest.fn(() => EVENT);
    events.audience?.next(build());
    const subscription = events.stream$.subscribe();
    events.audience?.next(build());
    events.audience?.next(build());
    subscription.unsubscribe();
    events.audience?.next(build());
    expect(build).toHaveBeenCalledTimes(2);
  });

  it('tells every listener what happens from then on', async () => {
    const events = new LockEventEmitter(unheard);
    const heard: LockEvent[][] = [[], []];
    events.stream$.subscribe((event) => heard[0]!.push(event));
    events.audience?.next(EVENT);
    events.stream$.subscribe((event) => heard[1]!.push(event));
    events.audience?.next(EVENT);
    await flush();
    expect(heard).toEqual([[EVENT, EVENT], [EVENT]]);
  });

  it('tells nothing while code is running, and then everything in order', async () => {
    const events = new LockEventEmitter(unheard);
    const heard: LockEvent[] = [];
    events.stream$.subscribe((event) => heard.push(event));
    const sent = ['a', 'b', 'c'].map((key) => ({ ...EVENT, key }));
    for (const event of sent) events.audience?.next(event);
    expect(heard).toEqual([]);
    await flush();
    expect(heard).toEqual(sent);
  });

  it('lets the event loop turn, though its listeners cause event after event', async () => {
    const events = new LockEventEmitter(unheard);
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

  it('tells now those who have nothing left to do', () => {
    const events = new LockEventEmitter(unheard);
    const heard: LockEvent[] = [];
    events.stream$.subscribe((event) => heard.push(event));
    events.next(EVENT);
    events.flush();
    expect(heard).toEqual([EVENT]);
  });

  it('has whatever announces itself do so when the running code is done, in order with the events', async () => {
    const events = new LockEventEmitter(unheard);
    const told: string[] = [];
    events.stream$.subscribe(({ key }) => told.push(key));
    events.next({ ...EVENT, key: 'first' });
    events.next({ announce: () => told.push('announced') });
    events.next({ ...EVENT, key: 'last' });
    expect(told).toEqual([]);
    await flush();
    expect(told).toEqual(['first', 'announced', 'last']);
  });

  it('tells nothing in the middle of a listener: what that causes comes behind what there was to tell', async () => {
    const events = new LockEventEmitter(unheard);
    const told: string[] = [];
    events.stream$.subscribe(({ key }) => {
      told.push(`${key} begins`);
      if (key === 'first') events.next({ ...EVENT, key: 'caused' });
      events.flush();
      told.push(`${key} ends`);
    });
    for (const key of ['first', 'second']) events.next({ ...EVENT, key });
    await flush();
    expect(told).toEqual(['first', 'second', 'caused'].flatMap((key) => [`${key} begins`, `${key} ends`]));
  });

  it('goes on telling the others when one that announces itself throws, and writes that down', async () => {
    const log = jest.fn();
    const events = new LockEventEmitter(log);
    const heard: LockEvent[] = [];
    events.stream$.subscribe((event) => heard.push(event));
    const failure = new Error('a bug in a listener');
    events.next({
      announce: () => {
        throw failure;
      },
    });
    events.next(EVENT);
    await flush();
    expect([log.mock.calls, heard]).toEqual([[[failure]], [EVENT]]);
  });

  it('tells outside of the async context of the caller', async () => {
    const context = new AsyncLocalStorage<string>();
    const events = new LockEventEmitter(unheard);
    const seen: unknown[] = [];
    events.stream$.subscribe(() => seen.push(context.getStore()));
    context.run('mine', () => events.next(EVENT));
    await flush();
    context.run('mine', () => {
      events.next(EVENT);
      events.flush();
    });
    expect(seen).toEqual([undefined, undefined]);
  });

  it('tells what there is to tell before it completes', () => {
    const events = new LockEventEmitter(unheard);
    const told: string[] = [];
    events.stream$.subscribe({ next: ({ type }) => told.push(type), complete: () => told.push('complete') });
    events.next(EVENT);
    events.complete();
    expect(told).toEqual(['waiting', 'complete']);
  });

  it('warns once for each key of a re-entry that outlives its section, and only where there is a listener', async () => {
    const events = new LockEventEmitter(unheard);
    events.warnOfOutlived('unheard', 'token', '');
    const heard: LockEvent[] = [];
    events.stream$.subscribe((event) => heard.push(event));
    for (const key of ['a', 'b', 'a', 'unheard']) events.warnOfOutlived(key, 'token', 'label');
    await flush();
    expect(heard).toMatchObject(
      ['a', 'b', 'unheard'].map((key) => ({ type: 'warning', code: 'reentry-outlived-section', key, token: 'token' })),
    );
  });

  it('cannot be fed from outside', () => {
    expect('next' in new LockEventEmitter(unheard).stream$).toBe(false);
  });
});

/** What all events of the first lock of a service have. */
const MINE = { instance: 'default', label: '', mode: 'write', id: 1 };

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
      { type: 'acquired', key, token, ...MINE, fencingToken, how: 'free', waitedMs: 0 },
      { type: 'renewed', key, token, ...MINE, fencingToken, ttl: 1_200 },
      { type: 'released', key, token, ...MINE, fencingToken, heldMs: 500 },
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
      { type: 'waiting', key, token, ...MINE, holderExpiresInMs: 5_000 },
      { type: 'acquired', key, token, ...MINE, fencingToken, how: 'granted', waitedMs: 300 },
      // The claim window of the grant, prolonged to the full ttl.
      { type: 'renewed', key, token, ...MINE, fencingToken, ttl: 1_000 },
    ]);
  });

  it('refused when the wait is over', async () => {
    const { locks, events, rival } = openLocks({ wait: 300 });
    await rival.acquire('key', 'rival');
    outcomeOf(locks.acquire('key'));
    await advance(300);
    expect(events.slice(1)).toEqual([
      { type: 'refused', key: 'key', token: '', ...MINE, reason: 'timeout', waitedMs: 300 },
    ]);
  });

  it('refused when it does not wait and the key is busy', async () => {
    const { locks, events, rival } = openLocks({ wait: 0 });
    await rival.acquire('key', 'rival');
    await locks.tryAcquire('key');
    expect(events).toEqual([{ type: 'refused', key: 'key', token: '', ...MINE, reason: 'busy', waitedMs: 0 }]);
  });

  it('lost, with the error that the signal carries', async () => {
    const { locks, events } = openLocks({ autoRenew: false });
    const { key, token, fencingToken, signal } = await locks.acquire('key');
    await advance(988);
    expect(events.slice(1)).toEqual([{ type: 'lost', key, token, ...MINE, fencingToken, error: signal.reason }]);
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
        instance: 'default',
        label: '',
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

  it('a re-entry as another way to come to the same lock', async () => {
    const { locks, heard } = openLocks();
    await locks.withLock('key', () => locks.withLock('key', () => flush()));
    expect(heard('acquired').map(({ how, id }) => [how, id])).toEqual([
      ['free', 1],
      ['re-entered', 1],
    ]);
    expect(heard('released').map(({ id }) => id)).toEqual([1]);
  });
});
