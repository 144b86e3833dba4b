/** `@Locked` on methods that return an Observable: the lock lasts from each subscription to its end. */
import { Injectable } from '@nestjs/common';
import {
  defer,
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  Observable,
  of,
  Subject,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { Locked, LockLostError, LockService } from 'nestjs-distributed-lock';
import { startWith } from '../../support/apps/apps.js';
import { deferred, isFree, keyBecomes, nextEvent, rejection } from '../../support/waiting.js';

@Injectable()
class Feed {
  readonly source = new Subject<string>();
  readonly produced: number[] = [];
  calls = 0;
  cleanups = 0;

  constructor(readonly locks: LockService) {}

  @Locked('feed:<0>')
  watch(id: string): Observable<string> {
    this.calls++;
    return new Observable<string>((subscriber) => {
      subscriber.next(`holds ${this.locks.holds(`feed:${id}`)}`);
      const subscription = this.source.subscribe(subscriber);
      return () => {
        this.cleanups++;
        subscription.unsubscribe();
      };
    });
  }

  /** Waits in the server's line, as the waiters of other processes do. */
  @Locked('feed:<0>', { fair: true })
  queued(_id: string): Observable<string> {
    this.calls++;
    return this.source;
  }

  @Locked('feed:<0>')
  numbers(_id: string): Observable<number> {
    return of(1, 2, 3, 4, 5).pipe(tap((number) => this.produced.push(number)));
  }

  @Locked('feed:<0>')
  current(id: string): Observable<string> {
    return defer(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await this.locks.renew();
      return this.locks.current(`feed:${id}`).key;
    });
  }

  @Locked('feed:<0>')
  async asPromise(id: string): Promise<boolean> {
    return this.locks.holds(`feed:${id}`);
  }

  @Locked('feed:<0>', { ttl: 300 })
  shortLived(_id: string): Observable<string> {
    return this.source.pipe(tap({ finalize: () => this.cleanups++ }));
  }

  @Locked('feed:<0>', { ttl: 300, onLost: 'ignore' })
  heedless(_id: string): Observable<string> {
    return this.source;
  }

  @Locked('feed:<0>')
  failing(_id: string): Observable<never> {
    throw new RangeError('before the stream');
  }

  @Locked('feed:<0>')
  broken(_id: string): Observable<never> {
    return throwError(() => new RangeError('in the stream'));
  }

  @Locked('feed:<0>')
  handsBack(_id: string): Observable<string> {
    return defer(async () => {
      await this.locks.current().release();
      return 'released by hand';
    });
  }

  @Locked('feed:<0>')
  nothing(_id: string): Observable<never> {
    return EMPTY;
  }
}

describe('an Observable', () => {
  it('takes no lock until it is subscribed to, then holds it to the end', async () => {
    const feed = await startWith(Feed);
    const stream = feed.watch('1');
    expect(feed.calls).toBe(0);
    expect((await feed.locks.inspect('feed:1')).holders).toEqual([]);
    const first = deferred<string>();
    const seen = lastValueFrom(stream.pipe(tap(first.resolve), toArray()));
    expect(await first.promise).toBe('holds true');
    expect(await feed.locks.tryAcquire('feed:1')).toBeNull();
    feed.source.next('a');
    feed.source.complete();
    expect(await seen).toEqual(['holds true', 'a']);
    expect(await feed.locks.inspect('feed:1')).toMatchObject({ holders: [], waiting: [] });
  });

  it('takes the lock for each subscription', async () => {
    const feed = await startWith(Feed);
    const stream = feed.watch('1').pipe(take(1));
    expect(await Promise.all([lastValueFrom(stream), lastValueFrom(stream)])).toEqual(['holds true', 'holds true']);
    expect(feed.calls).toBe(2);
    expect(feed.cleanups).toBe(2);
    await keyBecomes(feed.locks, 'feed:1', isFree);
  });

  it('that completes, or completes empty, while it is being subscribed to', async () => {
    const feed = await startWith(Feed);
    expect(await lastValueFrom(feed.numbers('1').pipe(toArray()))).toEqual([1, 2, 3, 4, 5]);
    expect(await lastValueFrom(feed.nothing('1'), { defaultValue: 'empty' })).toBe('empty');
    expect(await feed.locks.inspect('feed:1')).toMatchObject({ holders: [], waiting: [] });
  });

  it('that is left while it emits on subscription produces no more', async () => {
    const feed = await startWith(Feed);
    expect(await firstValueFrom(feed.numbers('1').pipe(take(2), toArray()))).toEqual([1, 2]);
    expect(feed.produced).toEqual([1, 2]);
    await keyBecomes(feed.locks, 'feed:1', isFree);
  });

  it('gives back when it is unsubscribed', async () => {
    const feed = await startWith(Feed);
    const first = deferred<string>();
    const subscription = feed.watch('1').subscribe(first.resolve);
    await first.promise;
    subscription.unsubscribe();
    expect(feed.cleanups).toBe(1);
    expect(feed.source.observed).toBe(false);
    await keyBecomes(feed.locks, 'feed:1', isFree);
  });

  it('unsubscribed while it waits: no place in line, no call, no error', async () => {
    const feed = await startWith(Feed);
    const lock = await feed.locks.acquire('feed:1');
    const waiting = nextEvent(feed.locks, 'waiting');
    const errors: unknown[] = [];
    const subscription = feed.queued('1').subscribe({ error: (error: unknown) => errors.push(error) });
    await waiting;
    expect((await feed.locks.inspect('feed:1')).waiting).toHaveLength(1);
    subscription.unsubscribe();
    await keyBecomes(feed.locks, 'feed:1', ({ waiting }) => waiting.length === 0);
    await lock.release();
    await keyBecomes(feed.locks, 'feed:1', isFree);
    expect([feed.calls, errors]).toEqual([0, []]);
  });

  it('unsubscribed before the answer is there: nothing stays behind', async () => {
    const feed = await startWith(Feed);
    feed.watch('1').subscribe().unsubscribe();
    await keyBecomes(feed.locks, 'feed:1', isFree);
    expect(await feed.asPromise('1')).toBe(true);
    await keyBecomes(feed.locks, 'feed:1', isFree);
    expect(feed.calls).toBe(0);
  });

  it('unsubscribed at the moment of the grant: no call, and nothing stays behind', async () => {
    const feed = await startWith(Feed);
    const released = nextEvent(feed.locks, 'released');
    const subscription = feed.watch('1').subscribe();
    feed.locks.events$.subscribe(({ type }) => type === 'acquired' && subscription.unsubscribe());
    await released;
    expect(feed.calls).toBe(0);
    await keyBecomes(feed.locks, 'feed:1', isFree);
  });

  it('has given the lock back when its subscriber hears of the end', async () => {
    const feed = await startWith(Feed);
    const log: string[] = [];
    feed.locks.events$.subscribe(({ type }) => log.push(type));
    const end = { complete: () => log.push('complete'), error: () => log.push('error') };
    for (const stream of [feed.nothing('1'), feed.failing('1'), feed.broken('1')]) {
      await rejection(lastValueFrom(stream.pipe(tap(end))));
    }
    expect(log).toEqual(['complete', 'error', 'error'].flatMap((how) => ['acquired', 'released', how]));
  });

  it('passes its own error, and that of a method that throws, with the key free by then', async () => {
    const feed = await startWith(Feed);
    const error = new RangeError('mine');
    const failed = rejection(lastValueFrom(feed.watch('1').pipe(tap(() => feed.source.error(error)))));
    expect(await failed).toBe(error);
    expect((await feed.locks.inspect('feed:1')).holders).toEqual([]);
    expect(await rejection(lastValueFrom(feed.failing('1')))).toEqual(new RangeError('before the stream'));
    expect((await feed.locks.inspect('feed:1')).holders).toEqual([]);
  });

  it('has the lock as the current one inside the stream', async () => {
    const feed = await startWith(Feed);
    expect(await lastValueFrom(feed.current('1'))).toBe('feed:1');
  });

  it('may give the lock back by hand before its end', async () => {
    const feed = await startWith(Feed);
    expect(await lastValueFrom(feed.handsBack('1'))).toBe('released by hand');
  });

  it('that loses its lock ends with LockLostError, and stops', async () => {
    const feed = await startWith(Feed);
    const acquired = nextEvent(feed.locks, 'acquired');
    const lost = rejection(lastValueFrom(feed.shortLived('1')));
    await acquired;
    expect(await feed.locks.forceRelease('feed:1')).toBe(true);
    expect(await lost).toBeInstanceOf(LockLostError);
    expect(feed.cleanups).toBe(1);
    expect(feed.source.observed).toBe(false);
  });

  it("that loses its lock goes on with onLost: 'ignore'", async () => {
    const feed = await startWith(Feed);
    const acquired = nextEvent(feed.locks, 'acquired');
    const seen = lastValueFrom(feed.heedless('1').pipe(toArray()));
    await acquired;
    const lost = nextEvent(feed.locks, 'lost');
    expect(await feed.locks.forceRelease('feed:1')).toBe(true);
    await lost;
    feed.source.next('after the loss');
    feed.source.complete();
    expect(await seen).toEqual(['after the loss']);
  });
});
