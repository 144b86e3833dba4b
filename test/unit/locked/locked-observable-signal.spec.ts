/** The signal that cancels the wait of a method that returns an Observable: heard while it waits, and forgotten then. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { NEVER, Observable, of } from 'rxjs';
import { bindLocks } from '../../../lib/locked/bind-locks.js';
import { Locked } from '../../../lib/locked/locked.decorator.js';
import { openLocks } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../support/fakes/fake-clock.js';

const fallback = jest.fn(() => of('fallback'));

class Feed {
  calls = 0;

  @Locked('key', { returns: 'observable', signal: (_source: Observable<string>, signal: AbortSignal) => signal })
  watch(source: Observable<string>, _signal: AbortSignal): Observable<string> {
    this.calls += 1;
    return source;
  }

  @Locked('key', { returns: 'observable', wait: 100, onBusy: fallback })
  replaced(): Observable<string> {
    return of('method');
  }

  @Locked('key', { returns: 'observable', ttl: 200, autoRenew: false })
  shortLived(): Observable<string> {
    return NEVER;
  }
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('the signal of a locked stream', () => {
  useFakeClock();

  function open(): Bench & { feed: Feed; told: unknown[]; observer: object } {
    const bench = openLocks();
    const told: unknown[] = [];
    const tell = (value: unknown): unknown => told.push(value);
    const observer = { next: tell, error: tell, complete: () => tell('complete') };
    return { ...bench, feed: bindLocks(new Feed(), bench.locks), told, observer };
  }

  it.each<[string, (bench: Bench) => Promise<unknown>]>([
    ['gets its lock at once', async () => undefined],
    ['has to wait for it', ({ rival }) => rival.acquire('key', 'rival', 500)],
  ])('is forgotten when the stream %s, though nothing has aborted it', async (_, prepare) => {
    const bench = open();
    await prepare(bench);
    const { signal } = new AbortController();
    const any = jest.spyOn(AbortSignal, 'any');
    bench.feed.watch(of('value'), signal).subscribe(bench.observer);
    expect(listeners(signal)).toBe(1);
    await advance(3_000);
    expect(bench.told).toEqual(['value', 'complete']);
    expect([listeners(signal), any.mock.calls]).toEqual([0, []]);
  });

  it('ends the wait with its reason', async () => {
    const { feed, told, observer, rival, store } = open();
    await rival.acquire('key', 'rival', 60_000);
    const cancel = new AbortController();
    feed.watch(of('value'), cancel.signal).subscribe(observer);
    await advance(100);
    cancel.abort('enough');
    await flush();
    expect([told, feed.calls, listeners(cancel.signal)]).toEqual([['enough'], 0, 0]);
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('ends the wait before it begins when it was aborted before', async () => {
    const { feed, told, observer, store } = open();
    const signal = AbortSignal.abort('before');
    feed.watch(of('value'), signal).subscribe(observer);
    await flush();
    expect([told, listeners(signal), store.calls]).toEqual([['before'], 0, []]);
  });

  it('ends nothing any more once the stream has its lock', async () => {
    const { feed, told, observer, locks } = open();
    const cancel = new AbortController();
    const subscription = feed.watch(NEVER, cancel.signal).subscribe(observer);
    await flush();
    cancel.abort();
    await flush();
    expect([told, (await locks.inspect('key')).holders.length]).toEqual([[], 1]);
    subscription.unsubscribe();
    await flush();
    expect((await locks.inspect('key')).holders).toEqual([]);
  });

  it('is forgotten when nobody is subscribed any more', async () => {
    const { feed, told, observer, rival } = open();
    await rival.acquire('key', 'rival', 60_000);
    const { signal } = new AbortController();
    const subscription = feed.watch(of('value'), signal).subscribe(observer);
    await advance(100);
    subscription.unsubscribe();
    await flush();
    expect([told, listeners(signal)]).toEqual([[], 0]);
  });

  it('that is none is refused', async () => {
    const { feed, told, observer } = open();
    feed.watch(of('value'), {} as AbortSignal).subscribe(observer);
    await flush();
    expect(told).toEqual([expect.objectContaining({ code: 'LOCK_OPTIONS' })]);
  });

  it('runs no fallback for somebody who has left', async () => {
    const { feed, told, observer, rival, locks } = open();
    await rival.acquire('key', 'rival', 60_000);
    const subscription = feed.replaced().subscribe(observer);
    // At the very moment at which the wait ends.
    locks.events$.subscribe(({ type }) => type === 'refused' && subscription.unsubscribe());
    await advance(200);
    expect(subscription.closed).toBe(true);
    expect([told, fallback.mock.calls]).toEqual([[], []]);
  });

  it('tells of a loss where the stream was subscribed to', async () => {
    const { feed } = open();
    const requests = new AsyncLocalStorage<string>();
    const told: unknown[] = [];
    requests.run('a request', () =>
      feed.shortLived().subscribe({ error: ({ code }) => told.push([code, requests.getStore()]) }),
    );
    await advance(300);
    expect(told).toEqual([['LOCK_LOST', 'a request']]);
  });
});
