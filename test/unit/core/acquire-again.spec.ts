/** A section begins only while its lock is held, whatever kept the event loop busy since the grant. */
import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, Observable, of } from 'rxjs';
import type { WithLockOptions } from '../../../lib/acquire.options.js';
import { LOCK_CHANNELS } from '../../../lib/lock.channels.js';
import type { LockAcquireMessage, LockHoldMessage } from '../../../lib/lock.channels.js';
import { LockTimeoutError, LockUnavailableError } from '../../../lib/lock.errors.js';
import type { LockService } from '../../../lib/lock.service.js';
import { lockAsyncGenerator } from '../../../lib/locked/locked-async-generator.js';
import type { LockedCall } from '../../../lib/locked/locked-call.js';
import { lockObservable } from '../../../lib/locked/locked-observable.js';
import { lockPromise } from '../../../lib/locked/locked-promise.js';
import { hearChannel } from '../../support/fakes/heard.js';
import { lockOf, openLocks, outcomeOf } from '../../support/fakes/locks.js';
import { advance, blockEventLoop, flush, useFakeClock } from '../../support/fakes/fake-clock.js';

type Body = () => void;
type Section = (locks: LockService, key: string, options: WithLockOptions, body: Body) => Promise<unknown>;

/** A call of a locked method. */
function call(locks: LockService, key: string, options: WithLockOptions, body: () => unknown): LockedCall {
  return { method: 'Test.run', locks, keys: () => [key], options: () => options, body, onBusy: 'throw' };
}

/** Every way to a section. */
const SECTIONS: readonly (readonly [string, Section])[] = [
  ['withLock', (locks, key, options, body) => locks.withLock(key, options, body)],
  ['withLock of two keys', (locks, key, options, body) => locks.withLock([key, `${key}'`], options, body)],
  ['a method that returns a promise', (...args) => lockPromise(call(...args))],
  [
    'a method that returns an Observable',
    (locks, key, options, body) => {
      const stream = new Observable((subscriber) => {
        body();
        subscriber.next(1);
        subscriber.complete();
      });
      return lastValueFrom(lockObservable(call(locks, key, options, () => stream)));
    },
  ],
  [
    'a method that begins before it returns an Observable',
    (locks, key, options, body) =>
      lastValueFrom(
        lockObservable(
          call(locks, key, options, () => {
            body();
            return of(1);
          }),
        ),
      ),
  ],
  [
    'a method that is an async generator',
    async (locks, key, options, body) => {
      async function* steps() {
        body();
        yield 1;
      }
      for await (const step of lockAsyncGenerator(call(locks, key, options, steps))) void step;
    },
  ],
];

describe.each(SECTIONS)('%s', (_, section) => {
  useFakeClock();

  /** So many sections whose grants arrive together, each of which blocks the event loop at its beginning. */
  function together(count: number, blocked: number, options: WithLockOptions) {
    const bench = openLocks({ ttl: 300 });
    const begun: boolean[] = [];
    const asked = Array.from({ length: count }, (__, i) =>
      outcomeOf(
        // A lease may also end while its section runs, or before it is given back; that is another matter.
        section(bench.locks, `key ${i}`, { ...options, onLost: 'ignore' }, () => {
          begun.push(bench.locks.holds(`key ${i}`));
          blockEventLoop(blocked);
        }),
      ),
    );
    return { ...bench, begun, asked };
  }

  it('begins only while its lock is held, though others block the event loop: it asks again within the wait', async () => {
    const { begun, asked, store } = together(15, 50, { wait: '10s' });
    await advance(1_000);
    expect(asked.map(({ state }) => state)).not.toContain('pending');
    expect(begun).toEqual(Array.from({ length: 15 }, () => true));
    for (let i = 0; i < 15; i++) expect(await store.look(`key ${i}`)).toMatchObject({ holders: [], waiting: [] });
  });

  it('is not begun once the wait is over', async () => {
    const { begun, asked, store } = together(3, 400, { wait: 500 });
    await advance(2_000);
    expect(begun).toEqual([true, true]);
    expect(asked[2]!.value).toBeInstanceOf(LockTimeoutError);
    expect(await store.look('key 2')).toMatchObject({ holders: [], waiting: [] });
  });

  it('is not begun by one who does not wait', async () => {
    const { begun, asked } = together(2, 400, { wait: 0 });
    await advance(2_000);
    expect(begun).toEqual([true]);
    expect(asked[1]!.value).toBeInstanceOf(LockUnavailableError);
  });

  it('waits no longer than it was to, however often it asks', async () => {
    const { locks, rival } = openLocks({ ttl: 300, wait: 2_000 });
    const blocking = locks.withLock('first', { onLost: 'ignore' }, () => {
      blockEventLoop(1_000);
      void rival.acquire('key', 'rival', 60_000);
      void rival.acquire("key'", 'rival', 60_000);
    });
    const late = outcomeOf(section(locks, 'key', {}, () => undefined));
    await blocking;
    await advance(999);
    expect(late.state).toBe('pending');
    await advance(1);
    expect(late.value).toBeInstanceOf(LockTimeoutError);
  });

  it('is not begun by one who has left meanwhile', async () => {
    const controller = new AbortController();
    const begun: boolean[] = [];
    const { locks } = openLocks({ ttl: 300 });
    const blocking = locks.withLock('first', { onLost: 'ignore' }, () => {
      controller.abort(new Error('left'));
      blockEventLoop(400);
    });
    const left = outcomeOf(section(locks, 'key', { signal: controller.signal }, () => begun.push(true)));
    await blocking;
    await flush();
    expect(left.value).toBe(controller.signal.reason);
    expect(begun).toEqual([]);
  });
});

describe('an async generator', () => {
  useFakeClock();

  it('takes no step when the lease was over before the first', async () => {
    const { locks } = openLocks({ ttl: 300 });
    let stepped = false;
    async function* steps() {
      stepped = true;
      yield 1;
    }
    const body = () => {
      blockEventLoop(400);
      return steps();
    };
    await expect(lockAsyncGenerator(call(locks, 'key', {}, body)).next()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(stepped).toBe(false);
  });
});

describe('a hand-off', () => {
  useFakeClock();

  it.each(['released', 'acquired'] as const)(
    'survives slow listeners (%s): the section begins with a lease',
    async (slow) => {
      const { locks, store } = openLocks({ ttl: 300, wait: 60_000 });
      const lock = await locks.acquire('key');
      const begun: boolean[] = [];
      const asked = [1, 2, 3].map(() =>
        outcomeOf(locks.withLock('key', { onLost: 'ignore' }, (held) => void begun.push(held.isHeld))),
      );
      await flush();
      let blocked = 0;
      locks.events$.subscribe(({ type }) => {
        if (type === slow && blocked++ < 3) blockEventLoop(400);
      });
      await lock.release().catch(() => undefined);
      await advance(2_000);
      expect(begun).toEqual([true, true, true]);
      expect(asked.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
      expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
    },
  );
});

describe('keys that are taken one after the other', () => {
  useFakeClock();

  it('are asked for again when the lease of the first is over, and none stays behind when the wait is', async () => {
    const { locks, store, rival } = openLocks({ ttl: 500, autoRenew: false, wait: 3_000 });
    await rival.acquire('b', 'rival', 60_000);
    const [held, late] = [outcomeOf(locks.acquire(['a', 'b'])), outcomeOf(locks.acquire(['a', 'b'], { wait: 1_500 }))];
    await advance(2_000);
    expect([held.state, late.state]).toEqual(['pending', 'rejected']);
    await rival.release('b', 'rival');
    await advance(10);
    expect(held).toMatchObject({ state: 'resolved', value: { isHeld: true } });
    expect((await store.look('a')).holders).not.toEqual([]);
    await advance(1_000);
    expect(await store.look('a')).toMatchObject({ waiting: [] });
  });

  it('are one call for those that observe it, with one id and one end', async () => {
    const ways = hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire);
    const holds = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const { locks, rival, heard } = openLocks({ ttl: 500, autoRenew: false, wait: 3_000 });
    await rival.acquire('b', 'rival', 60_000);
    const taken = outcomeOf(locks.acquire(['a', 'b']));
    await advance(2_000);
    await rival.release('b', 'rival');
    await advance(10);
    await lockOf(taken).release();
    await flush();
    expect(heard('acquired').map(({ key, id }) => [key, id])).toEqual(['a', 'b', 'a', 'b'].map((key) => [key, 1]));
    const parts = ['start', 'end', 'asyncStart', 'asyncEnd'];
    expect(ways.map(({ part, message }) => [part, message.id])).toEqual(parts.map((part) => [part, 1]));
    expect(holds.map(({ part, message }) => [part, message.id])).toEqual(parts.map((part) => [part, 1]));
    expect(holds[0]!.message.end).toBe('released');
  });

  it('are refused once, when the second try fails', async () => {
    const { locks, rival, heard } = openLocks({ ttl: 500, autoRenew: false, wait: 3_000 });
    await rival.acquire('b', 'rival', 60_000);
    const late = outcomeOf(locks.acquire(['a', 'b']));
    await advance(2_000);
    await rival.release('b', 'rival');
    await rival.acquire('a', 'rival', 60_000);
    await advance(5_000);
    expect(late.value).toBeInstanceOf(LockTimeoutError);
    expect(heard('refused')).toMatchObject([{ id: 1, key: 'a', reason: 'timeout', waitedMs: 3_000 }]);
  });
});
