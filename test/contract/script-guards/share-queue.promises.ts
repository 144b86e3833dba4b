/** What the guards of the queue of a shared key are there for. */
import { expect } from '@jest/globals';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';
import { atMost, EXCLUSIVE, LONG, READ } from '../../../lib/testing/contract/driver.js';
import { BRIEF, expire, pass, SHORT } from './promises.js';
import type { Promised } from './promises.js';

/** A single request that a command was refused to fails as a whole. */
async function expectRefusal(answer: Promise<StoreAnswer>): Promise<void> {
  await expect(answer).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
}

export const SHARE_QUEUE_PROMISES = {
  'a newcomer does not overtake those that wait': async ({ key, open }) => {
    const store = open();
    await store.enter(key, READ);
    await store.line(key, EXCLUSIVE);
    expect(await store.acquire(key, store.token(), LONG, READ)).toMatchObject({ state: 'busy' });
  },
  'nobody comes in beside one that waits to be converted': async ({ key, open }) => {
    const store = open();
    const [, wishing] = await store.enter(key, READ, READ);
    expect(await store.convert(key, wishing!.token, EXCLUSIVE, { wait: true })).toMatchObject({ state: 'waiting' });
    expect(await store.join(key, store.token(), LONG, READ)).toMatchObject({ state: 'waiting' });
    expect(await store.touch(key, wishing!.token)).toMatchObject({ state: 'held' });
    expect((await store.inspect(key)).holders).toHaveLength(2);
  },
  'a waiter comes in as what it wanted': async ({ key, open, redis, record }) => {
    const store = open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const waiting = await store.line(key, EXCLUSIVE, READ, atMost(5, 2));
    await store.release(key, writer!.token);
    expect(await store.holding(key)).toEqual([waiting[0]]);
    await store.release(key, waiting[0]!);
    expect((await store.inspect(key)).holders).toMatchObject([READ, atMost(5, 2)]);
    expect((await store.inspect(key)).waiting).toEqual([]);
    expect(await redis.exists(`${record(key)}:line`, `${record(key)}:wants`)).toBe(0);
  },
  'what a waiter wants lives as long as its place': async ({ key, open }) => {
    const store = open({ placeLife: 900 });
    const [writer] = await store.enter(key, EXCLUSIVE);
    const [reader] = await store.line(key, READ);
    await pass(550);
    await store.touch(key, reader!);
    await pass(550);
    await store.release(key, writer!.token);
    expect((await store.inspect(key)).holders).toMatchObject([READ]);
  },
  'a silent waiter is passed over among many': async ({ key, open }) => {
    const store = open({ placeLife: BRIEF });
    const [first, second] = await store.enter(key, READ, READ);
    const [, reader] = await store.line(key, EXCLUSIVE, READ);
    await pass(550);
    await store.touch(key, reader!);
    await pass(550);
    expect(await store.release(key, first!.token)).toBe('released');
    expect(await store.holding(key)).toEqual([second!.token, reader]);
  },
  'the living are found behind many dead of a shared key': async ({ key, open, redis, record }) => {
    const store = open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const readers = await store.line(key, READ, READ);
    await store.line(key, EXCLUSIVE);
    const dead = Array.from({ length: 200 }, (_, i) => [`${i + 1}`, `${store.processId}-dead-${i}`]).flat();
    await redis.zadd(`${record(key)}:line`, ...dead);
    await redis.zadd(`${record(key)}:seen`, ...dead);
    await store.release(key, writer!.token);
    expect(await store.holding(key)).toEqual(readers);
    expect(await redis.zcard(`${record(key)}:line`)).toBeLessThan(200);
  },
  'no more come in than one script may let in': async ({ key, open }) => {
    const store = open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const readers = await store.line(key, ...Array.from({ length: 40 }, () => READ));
    await store.release(key, writer!.token);
    expect((await store.inspect(key)).holders).toHaveLength(16);
    await store.touch(key, readers[0]!);
    expect((await store.inspect(key)).holders).toHaveLength(32);
    await store.touch(key, readers[0]!);
    expect((await store.inspect(key)).holders).toHaveLength(40);
  },
  'one that comes in by its own request has the ttl that it asked for': async ({ key, open }) => {
    const store = open({ claimWindow: SHORT });
    const [writer] = await store.enter(key, EXCLUSIVE);
    const [reader] = await store.line(key, READ);
    await store.touch(key, writer!.token, SHORT);
    await expire();
    expect(await store.touch(key, reader!)).toMatchObject({ state: 'held' });
    await expire();
    expect(await store.holding(key)).toEqual([reader]);
  },
  'one that is let in has the claim window': async ({ key, open }) => {
    const store = open({ claimWindow: SHORT });
    const [writer] = await store.enter(key, EXCLUSIVE);
    await store.line(key, READ);
    await store.release(key, writer!.token);
    await expire();
    expect(await store.holding(key)).toEqual([]);
  },
  'who may not join leaves nothing that it wanted': async ({ key, open, openWithout, redis, record }) => {
    const [store, refused] = [open(), openWithout('zadd')];
    await store.enter(key, EXCLUSIVE);
    await expectRefusal(refused.join(key, refused.token(), LONG, READ));
    expect(await redis.exists(`${record(key)}:wants`)).toBe(0);
  },
  'a touch brings nobody in beside others': async ({ key, open }) => {
    const store = open();
    await store.enter(key, READ);
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
    expect((await store.inspect(key)).holders).toHaveLength(1);
  },
  'a waiter that gives up lets in those behind it': async ({ key, open, redis, record }) => {
    const store = open();
    await store.enter(key, READ);
    const [writer, reader, permit] = await store.line(key, EXCLUSIVE, READ, atMost(2));
    expect(await store.release(key, permit!)).toBe('released');
    expect(await redis.hlen(`${record(key)}:wants`)).toBe(1);
    expect(await store.release(key, writer!)).toBe('released');
    expect((await store.inspect(key)).holders).toMatchObject([{}, { token: reader }]);
  },
  'a waiter that gives up takes nothing from a holder': async ({ key, open }) => {
    const store = open();
    const [first, writer] = [store.token(), store.token()];
    await store.acquire(key, writer);
    await store.join(key, first, LONG, READ);
    await store.line(key, READ);
    await store.touch(key, writer, SHORT);
    await expire();
    expect(await store.release(key, first)).toBe('released');
    expect(await store.touch(key, writer)).toMatchObject({ state: 'held' });
  },
  'a holder lets in those that were not let in before': async ({ key, open, intact, openWithout }) => {
    const [store, refused] = [open(), openWithout('set')];
    const [reader, first] = await intact().enter(key, READ, atMost(2));
    await store.line(key, READ);
    await refused.release(key, first!.token);
    expect(await store.touch(key, reader!.token)).toMatchObject({ state: 'held' });
    expect((await store.inspect(key)).holders).toHaveLength(2);
  },
} satisfies Record<string, Promised>;
