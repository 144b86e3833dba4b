/** Whatever runs with a lock as its current one runs as those want it that trace the lock; and its holding ends once. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import { firstValueFrom, Observable, toArray } from 'rxjs';
import { LOCK_CHANNELS } from '../../../../lib/lock.channels.js';
import type { LockHoldMessage } from '../../../../lib/lock.channels.js';
import { bindLocks } from '../../../../lib/locked/bind-locks.js';
import { Locked } from '../../../../lib/locked/locked.decorator.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { hearChannel } from '../../../support/fakes/heard.js';
import type { Heard } from '../../../support/fakes/heard.js';
import { Gate } from '../../../support/fakes/fake-store.js';
import { openLocks } from '../../../support/fakes/locks.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { aborted, until } from '../../../support/waiting.js';

const span = new AsyncLocalStorage<string>();

/** Runs each section in a span of the lock's label; answers what is published. */
function traced(): Heard<LockHoldMessage>[] {
  return hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold, ({ part, message }) => {
    if (part === 'start') message.wrap((section) => span.run(message.label, section));
  });
}

const ends = (heard: readonly Heard<LockHoldMessage>[]) =>
  heard.flatMap(({ part, message }) => (part === 'asyncEnd' ? [message.end] : []));

class Feed {
  readonly cleanUp = jest.fn((_span: string | undefined) => undefined);

  @Locked('feed')
  async promise(): Promise<string | undefined> {
    await Promise.resolve();
    return span.getStore();
  }

  @Locked('feed', { returns: 'observable' })
  stream(): Observable<string | undefined> {
    const called = span.getStore();
    return new Observable((subscriber) => {
      subscriber.next(called);
      subscriber.next(span.getStore());
      subscriber.complete();
    });
  }

  @Locked('feed')
  async *steps(): AsyncGenerator<string | undefined, void, unknown> {
    try {
      yield span.getStore();
      await Promise.resolve();
      yield span.getStore();
    } finally {
      this.cleanUp(span.getStore());
    }
  }
}

describe('a section of a lock that is traced', () => {
  it.each<[string, (feed: Feed) => Promise<readonly unknown[]>]>([
    ['a locked method', async (feed) => [await feed.promise()]],
    ['a locked stream, from its call and its subscription', (feed) => firstValueFrom(feed.stream().pipe(toArray()))],
    [
      'each step of a locked generator, and none of its consumer',
      async (feed) => {
        const seen: unknown[] = [];
        for await (const step of feed.steps()) seen.push(step, span.getStore() ?? 'feed');
        expect(span.getStore()).toBeUndefined();
        return [...seen, ...feed.cleanUp.mock.calls.flat()];
      },
    ],
  ])('runs in the span: %s', async (_, call) => {
    const heard = traced();
    const [a] = openNeighbours(1);
    const seen = await call(bindLocks(new Feed(), a!.locks));
    expect(new Set(seen)).toEqual(new Set(['feed']));
    await until(() => ends(heard).length === 1);
    expect(ends(heard)).toEqual(['released']);
  });

  it('runs in the span to its very end, when a generator is left early', async () => {
    const heard = traced();
    const [a] = openNeighbours(1);
    const feed = bindLocks(new Feed(), a!.locks);
    for await (const step of feed.steps()) {
      expect([step, span.getStore()]).toEqual(['feed', undefined]);
      break;
    }
    expect(feed.cleanUp.mock.calls).toEqual([['feed']]);
    await until(() => ends(heard).length === 1);
  });

  it('runs in the span of the innermost lock, and behind it in that of the outer one again', async () => {
    traced();
    const [a] = openNeighbours(1);
    const { locks } = a!;
    await locks.withLock('a', { label: 'outer' }, async (outer) => {
      await locks.withLock('b', { label: 'inner' }, async () => {
        expect(span.getStore()).toBe('inner');
        // To enter again is no holding of its own.
        await locks.withLock('a', { label: 'again' }, async () => expect(span.getStore()).toBe('inner'));
        expect(locks.run(outer, () => span.getStore())).toBe('outer');
      });
      expect(span.getStore()).toBe('outer');
    });
    expect(span.getStore()).toBeUndefined();
  });

  it('passes on what it returns and what it throws', async () => {
    traced();
    const [a] = openNeighbours(1);
    const problem = new Error('own');
    await expect(a!.locks.withLock('key', () => Promise.reject(problem))).rejects.toBe(problem);
    const throwing = (): never => {
      throw problem;
    };
    await expect(a!.locks.withLock('key', throwing)).rejects.toBe(problem);
    expect(await a!.locks.withLock('key', () => 5)).toBe(5);
  });
});

describe('the holding of a lock that is traced', () => {
  it('ends when a section ends, though what that has begun goes on in its span', async () => {
    const heard = traced();
    const [a] = openNeighbours(1);
    let later!: Promise<string | undefined>;
    await a!.locks.withLock('key', { label: 'x' }, async () => {
      later = new Promise<void>((resolve) => setImmediate(resolve)).then(() => span.getStore());
    });
    await until(() => ends(heard).length === 1);
    expect([ends(heard), await later]).toEqual([['released'], 'x']);
  });

  it('ends once for each reader of a lease, and once for several keys of which one is lost', async () => {
    const heard = traced();
    const [a, b] = openNeighbours(2);
    const readers = await Promise.all([1, 2].map((i) => a!.locks.acquire('r', { mode: 'read', label: `reader ${i}` })));
    const pair = await a!.locks.acquire(['a', 'b'], { label: 'pair' });
    await readers[0]!.release();
    await b!.locks.forceRelease('r');
    await b!.locks.forceRelease('a');
    const lost = [readers[1]!, pair];
    await Promise.all(lost.map(({ signal }) => aborted(signal)));
    expect(await Promise.all(lost.map((lock) => lock.release()))).toEqual([false, false]);
    const of = (label: string) => ends(heard.filter(({ message }) => message.label === label));
    await until(() => ends(heard).length >= 3);
    expect(['reader 1', 'reader 2', 'pair'].map(of)).toEqual([['released'], ['forced'], ['forced']]);
  });

  it('ends as lost where the release brings that to light, or the module takes the lock away', async () => {
    const heard = traced();
    const { locks, store, engine } = openLocks({}, 0);
    const gone = await locks.acquire('gone');
    store.next('release', () => Promise.resolve([{ state: 'gone' }]));
    expect(await gone.release()).toBe(false);
    await until(() => ends(heard).length === 1);
    await locks.acquire('kept');
    await engine.close();
    await until(() => ends(heard).length === 2);
    const errors = heard.flatMap(({ part, message }) => (part === 'error' ? [message.error!.reason] : []));
    expect([ends(heard), errors]).toEqual([
      ['lost', 'lost'],
      ['gone', 'shutdown'],
    ]);
  });

  it('goes on when the lock is entered again, renewed or converted, and ends with its own release', async () => {
    const heard = traced();
    const [a] = openNeighbours(1);
    await a!.locks.withLock('key', { mode: 'read' }, async (lock) => {
      await a!.locks.withLock('key', { mode: 'read' }, async () => undefined);
      await lock.upgrade();
      await lock.downgrade();
      await lock.renew();
      expect(ends(heard)).toEqual([]);
    });
    await until(() => ends(heard).length === 1);
    expect(heard.filter(({ part }) => part === 'start')).toHaveLength(1);
  });
});

describe('the time for which a lock that is traced is held', () => {
  useFakeClock();

  it('lasts until the lock is given back, and not until the store has answered that', async () => {
    const heard = traced();
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await advance(50);
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    const released = lock.release();
    await advance(200);
    expect(ends(heard)).toEqual([]);
    gate.open();
    await released;
    await flush();
    expect(heard.at(-1)!.message).toMatchObject({ end: 'released', heldMs: 50 });
  });
});
