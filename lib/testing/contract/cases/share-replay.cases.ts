/** Replays where a key is shared: the second time changes nothing, as everywhere. */
import { deepEqual, ok } from 'node:assert/strict';
import { like, timeless } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, LONG, READ, SHORT } from '../driver.js';
import type { Driver } from '../driver.js';
import { twiceInARow } from './replay.twice.js';
import type { Prepare } from './replay.twice.js';

/** The second answer is the first once more. */
const SAME_ANSWER: Readonly<Record<string, Prepare>> = {
  'an acquire beside others': async (store, key) => {
    await store.enter(key, READ, READ);
    const token = store.token();
    return () => store.acquire(key, token, LONG, READ);
  },
  'an acquire that waits': async (store, key) => {
    await store.enter(key, atMost(2), atMost(2));
    const token = store.token();
    return () => store.join(key, token, LONG, atMost(2));
  },
  'an acquire that finds the key busy': async (store, key) => {
    await store.enter(key, atMost(2), atMost(2));
    const token = store.token();
    return () => store.acquire(key, token, LONG, atMost(2));
  },
  'an acquire that lets the queue go first': async (store, key, scene) => {
    const { holder } = await store.queue(key, 0);
    await store.line(key, READ, READ, EXCLUSIVE);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    const token = store.token();
    return () => store.join(key, token, LONG, READ);
  },
  'a touch of a holder': async (store, key) => {
    const [reader] = await store.enter(key, READ, READ);
    await store.line(key, EXCLUSIVE, READ);
    return () => store.touch(key, reader!.token);
  },
  'a touch by which several come in': async (store, key, scene) => {
    const { holder } = await store.queue(key, 0);
    const waiting = await store.line(key, READ, READ, READ);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    return () => store.touch(key, waiting[1]!);
  },
  'a touch of a lease that ended': async (store, key, scene) => {
    const [expired] = await store.enter(key, READ, READ);
    await store.touch(key, expired!.token, SHORT);
    await scene.expire();
    return () => store.touch(key, expired!.token);
  },
};

/** The second answer may say that it was done before, or that there was nothing to do. */
const RELEASED_OR_GONE: Readonly<Record<string, Prepare>> = {
  'a release of one of several': async (store, key) => {
    const [reader] = await store.enter(key, READ, READ);
    return () => store.release(key, reader!.token);
  },
  'a release of the last': async (store, key) => {
    const [reader] = await store.enter(key, READ);
    return () => store.release(key, reader!.token);
  },
  'a release that lets the queue in': async (store, key) => {
    const [permit] = await store.enter(key, atMost(2), atMost(2));
    await store.line(key, atMost(2), atMost(2));
    return () => store.release(key, permit!.token);
  },
  'a release of a waiter that kept others out': async (store, key) => {
    await store.enter(key, READ);
    const [writer] = await store.line(key, EXCLUSIVE, READ);
    return () => store.release(key, writer!);
  },
};

/** How a lease among others ended; returns its token. */
const FINISHED: Readonly<Record<string, (store: Driver, key: string) => Promise<string>>> = {
  'given back, beside another': async (store, key) => {
    const [first] = await store.enter(key, READ, READ);
    await store.release(key, first!.token);
    return first!.token;
  },
  'given back, and followed by a waiter': async (store, key) => {
    const [first] = await store.enter(key, atMost(2), atMost(2));
    await store.line(key, atMost(2), atMost(2));
    await store.release(key, first!.token);
    return first!.token;
  },
  'given back as the last, and followed by a writer': async (store, key) => {
    const [first, second] = await store.enter(key, READ, READ);
    await store.line(key, EXCLUSIVE, READ);
    await store.release(key, second!.token);
    await store.release(key, first!.token);
    return second!.token;
  },
  'passed on to a successor': async (store, key) => {
    const [first] = await store.enter(key, atMost(2), atMost(2));
    await store.pass(key, first!.token, first!.fence, store.token(), LONG, atMost(2));
    return first!.token;
  },
};

export function shareReplayCases({ describe, it }: Cases): void {
  describe('twice in a row', () => {
    twiceInARow({ it }, SAME_ANSWER, RELEASED_OR_GONE);

    for (const waits of [false, true])
      it(`nothing changes: a release whose successor ${waits ? 'waits' : 'comes in'}`, async (scene) => {
        const store = await scene.open();
        const [key, successor] = [scene.key(), store.token()];
        const [first] = await store.enter(key, READ, READ);
        const pass = () => store.pass(key, first!.token, first!.fence, successor, LONG, waits ? EXCLUSIVE : READ);
        const { state, successor: answer } = await pass();
        const after = await store.lasting(key);
        const again = await pass();
        deepEqual([state, ['released', 'gone'].includes(again.state)], ['released', true]);
        deepEqual(timeless(again.successor), timeless(answer));
        deepEqual(await store.lasting(key), after);
      });
  });

  for (const [name, finish] of Object.entries(FINISHED))
    it(`late, for a lease that was ${name}: nothing changes`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key);
      const before = await store.lasting(key);
      like(await store.touch(key, token), { state: 'gone' });
      ok(['released', 'gone'].includes(await store.release(key, token)));
      for (const method of ['acquire', 'join'] as const) {
        like(await store[method](key, token, LONG, READ), { state: 'gone' });
      }
      like((await store.pass(key, token, 1, store.token(), LONG, READ)).successor, { state: 'gone' });
      deepEqual(await store.lasting(key), before);
    });
}
