/** What the guards of release and pass are there for. */
import { expect } from '@jest/globals';
import { FENCE_BLOCK } from '../../../lib/stores/protocol.js';
import { fenceOf, LONG } from '../../../lib/testing/contract/driver.js';
import { holderOf, pass } from './promises.js';
import type { Promised } from './promises.js';

export const RELEASE_PROMISES = {
  'nobody but its owner releases a lease': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    expect(await store.release(key, store.token())).toBe('gone');
    expect(await holderOf(store, key)).toBe(holder);
  },
  'nobody but its owner releases a lease that others wait for': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 1);
    const stranger = store.token();
    expect(await store.release(key, stranger)).toBe('gone');
    expect(await holderOf(store, key)).toBe(holder);
    // It has left nothing, and so nothing is remembered of it.
    expect(await store.join(key, stranger)).toMatchObject({ state: 'waiting' });
  },
  'a release is answered released, and frees the key': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    expect(await store.release(key, holder)).toBe('released');
    expect(await holderOf(store, key)).toBeNull();
  },
  'a release admits the first in the queue': async ({ key, open }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    expect(await store.inspect(key)).toMatchObject({ holders: [{ token: waiting[0] }], waiting: [waiting[1]] });
  },
  'the queue outlives a grant': async ({ key, open }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    await store.release(key, waiting[0]!);
    expect(await holderOf(store, key)).toBe(waiting[1]);
  },
  'a release frees the key when all have left the queue': async ({ key, open }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, waiting[0]!);
    await store.release(key, holder);
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'who leaves the queue has no place': async ({ key, open, redis, record }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 2);
    expect(await store.release(key, waiting[0]!)).toBe('released');
    expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'gone' });
    expect((await store.inspect(key)).waiting).toEqual([waiting[1]]);
    expect(await redis.zcard(`${record(key)}:line`)).toBe(1);
    await store.release(key, holder);
    expect(await holderOf(store, key)).toBe(waiting[1]);
  },
  'a full server still frees keys': async ({ key, open, openWithout }) => {
    const [store, full] = [open(), openWithout('set')];
    for (const [name, fencingToken] of [
      [`${key} plain`, undefined],
      [`${key} passed on`, 5],
    ] as const) {
      const { holder } = await store.queue(name, 0);
      expect(await full.release(name, holder, fencingToken)).toBe('released');
      expect(await store.acquire(name, store.token())).toMatchObject({ state: 'held' });
    }
    const queue = await store.queue(`${key} queue`, 1);
    expect(await full.release(`${key} queue`, queue.holder)).toBe('released');
    expect(await store.acquire(`${key} queue`, store.token())).toMatchObject({ state: 'held' });
  },
  'a full server grants nothing, and fails nothing else': async ({ key, open, openWithout }) => {
    const [store, full] = [open(), openWithout('set')];
    const { holder } = await store.queue(key, 0);
    const expired = `${key} expired`;
    const past = await store.queue(expired, 0, 20);
    await pass(60);
    const ask = (name: string, token: string) =>
      ({ key: name, token, limit: 1, weight: 1, ttl: LONG, wait: false }) as const;
    const released = `${key} released`;
    await store.release(released, (await store.queue(released, 0)).holder);
    const answers = await full.store.acquire([
      ask(`${key} free`, full.token()),
      ask(released, full.token()),
      ask(expired, full.token()),
      ask(key, holder),
    ]);
    expect(answers.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown', 'held']);
    // Both travel in one call.
    const [passed, stranger] = await full.store.release([
      {
        ...ask(key, holder),
        fencingToken: past.fence,
        successor: { token: full.token(), limit: 1, weight: 1, ttl: LONG },
      },
      ask(`${key} unknown`, full.token()),
    ]);
    // A lease that can't be passed on is given back all the same; its successor asks for itself.
    expect([passed, stranger]).toEqual([{ state: 'released', successor: { state: 'gone' } }, { state: 'gone' }]);
    expect(await holderOf(store, key)).toBeNull();
  },
  'a release that is replayed was a release': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(await store.release(key, holder)).toBe('released');
  },
  'a fencing token that cannot be is not put on record': async ({ key, open }) => {
    const store = open();
    for (const told of [5, 9_007_199_254_740_991, 1e21, NaN, -1, 1.5]) {
      const [holder, fence] = [store.token(), (await store.inspect(key)).lastFencingToken ?? 0];
      const own = fenceOf(await store.acquire(key, holder));
      expect(own).toBeGreaterThan(fence);
      expect(await store.release(key, holder, told)).toBe('released');
      const { lastFencingToken } = await store.inspect(key);
      expect(lastFencingToken).toBeGreaterThanOrEqual(own);
      expect(lastFencingToken).toBeLessThan(own + FENCE_BLOCK);
    }
  },
  'a pass takes its token out of the queue': async ({ key, open }) => {
    const store = open();
    const { waiting } = await store.queue(key, 2);
    expect(await store.pass(key, waiting[0]!, 1, store.token())).toMatchObject({ state: 'gone' });
    expect((await store.inspect(key)).waiting).toEqual([waiting[1]]);
  },
  'a pass is a release though its successor may not join': async ({ key, open, openWithout }) => {
    const [store, refused] = [open(), openWithout('zadd')];
    const { holder, fence, waiting } = await store.queue(key, 1);
    const answer = await refused.pass(key, holder, fence, refused.token());
    expect(answer).toEqual({ state: 'released', successor: { state: 'gone' } });
    expect(await holderOf(store, key)).toBe(waiting[0]);
  },
  'a pass that could serve nobody frees the key': async ({ key, open, openWithout }) => {
    const [store, refused] = [open(), openWithout('set')];
    const { holder, fence, waiting } = await store.queue(key, 1);
    const answer = await refused.pass(key, holder, fence, refused.token());
    expect(answer).toEqual({ state: 'released', successor: { state: 'gone' } });
    expect(await store.inspect(key)).toMatchObject({ holders: [], waiting });
  },
  'a grant that nobody may be told of is a grant': async ({ key, openWithout }) => {
    const store = openWithout('publish');
    const { holder, waiting } = await store.queue(key, 1);
    expect(await store.release(key, holder)).toBe('released');
    expect(await store.touch(key, waiting[0]!)).toMatchObject({ state: 'held' });
  },
  'nobody but its owner passes a lease on': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    expect(await store.pass(key, store.token(), 1, store.token())).toMatchObject({ successor: { state: 'gone' } });
    expect(await holderOf(store, key)).toBe(holder);
  },
  'a lease that was given back is not passed on': async ({ key, open }) => {
    const store = open();
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(await store.pass(key, holder, fence, store.token())).toMatchObject({ successor: { state: 'gone' } });
    expect(await holderOf(store, key)).toBeNull();
  },
  'a lease is passed to the queue before the successor': async ({ key, open }) => {
    const store = open();
    const [{ holder, fence, waiting }, successor] = [await store.queue(key, 1), store.token()];
    await store.pass(key, holder, fence, successor);
    expect(await store.inspect(key)).toMatchObject({ holders: [{ token: waiting[0] }], waiting: [successor] });
  },
  'without a successor nobody joins': async ({ key, open }) => {
    const store = open();
    const { holder, fence, waiting } = await store.queue(key, 1);
    expect(await store.release(key, holder, fence)).toBe('released');
    expect(await store.inspect(key)).toMatchObject({ holders: [{ token: waiting[0] }], waiting: [] });
  },
  'without a successor the key is free': async ({ key, open }) => {
    const store = open();
    const { holder, fence } = await store.queue(key, 0);
    expect(await store.release(key, holder, fence)).toBe('released');
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'a pass that is replayed is answered by what the successor has': async ({ key, open }) => {
    const store = open();
    const [{ holder, fence }, successor] = [await store.queue(key, 0), store.token()];
    const { successor: first } = await store.pass(key, holder, fence, successor, 100);
    expect((await store.pass(key, holder, fence, successor, LONG)).successor).toEqual(first);
    await pass(150);
    expect(await holderOf(store, key)).toBe(successor);
    expect(fenceOf(first!)).toBeGreaterThan(fence);
  },
  'a pass that is replayed finds a successor that waits': async ({ key, open }) => {
    const store = open();
    const [{ holder, fence }, successor] = [await store.queue(key, 1), store.token()];
    await store.pass(key, holder, fence, successor);
    expect(await store.pass(key, holder, fence, successor)).toMatchObject({ successor: { state: 'waiting' } });
  },
  'a pass that is replayed revives no successor that was released': async ({ key, open }) => {
    const store = open();
    const [{ holder, fence }, successor] = [await store.queue(key, 0), store.token()];
    await store.pass(key, holder, fence, successor);
    await store.release(key, successor);
    expect(await store.pass(key, holder, fence, successor)).toMatchObject({ successor: { state: 'gone' } });
  },
  'a pass that is replayed revives no successor that left the queue': async ({ key, open }) => {
    const store = open();
    const [{ holder, fence }, successor] = [await store.queue(key, 2), store.token()];
    await store.pass(key, holder, fence, successor);
    await store.release(key, successor);
    expect(await store.pass(key, holder, fence, successor)).toMatchObject({ successor: { state: 'gone' } });
  },
  'a release that was passed on before and is replayed was a release': async ({ key, open }) => {
    const store = open();
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder, fence);
    expect(await store.release(key, holder, fence)).toBe('released');
    expect(await store.release(key, store.token(), fence)).toBe('gone');
  },
} satisfies Record<string, Promised>;
