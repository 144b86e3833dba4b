/** What the guards of the queue are there for. */
import { expect } from '@jest/globals';
import { LONG } from '../../../lib/testing/contract/driver.js';
import type { Driver } from '../../../lib/testing/contract/driver.js';
import { expire, holderOf, pass, SHORT } from './promises.js';
import type { Promised, Stage } from './promises.js';
/** Two in the queue, of whom only the second still gives signs. */
export async function firstSilent({ key, open }: Stage): Promise<{ store: Driver; holder: string; alive: string }> {
  const store = open({ placeLife: 900 });
  const { holder, waiting } = await store.queue(key, 2);
  await pass(550);
  await store.touch(key, waiting[1]!);
  await pass(550);
  return { store, holder, alive: waiting[1]! };
}

/** Keys with 1 200 dead places in the queue, and three living ones behind them. */
async function manyDead(
  { open, redis, record }: Stage,
  keys: readonly string[],
): Promise<{ store: Driver; holder: string[]; waiting: string[] }> {
  const store = open();
  const [holders, waiters]: [string[], string[]] = [[], []];
  for (const key of keys) {
    const { holder, waiting } = await store.queue(key, 3);
    const dead = Array.from({ length: 1_200 }, (_, i) => [`${i + 1}`, `${store.processId}-dead-${i}`]).flat();
    await redis.zadd(`${record(key)}:line`, ...dead);
    await redis.zadd(`${record(key)}:seen`, ...dead);
    holders.push(holder);
    waiters.push(...waiting);
  }
  return { store, holder: holders, waiting: waiters };
}

export const QUEUE_PROMISES = {
  'an expired lease goes to who asks': async ({ key, open }) => {
    const store = open();
    await store.queue(key, 0, SHORT);
    await expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'the queue comes before newcomers': async ({ key, open }) => {
    const store = open();
    const { waiting } = await store.queue(key, 2, SHORT);
    await expire();
    expect(await store.join(key, store.token())).toMatchObject({ state: 'waiting' });
    expect(await holderOf(store, key)).toBe(waiting[0]);
  },
  'a newcomer comes in where all in the queue fell silent': async ({ key, open }) => {
    const store = open({ placeLife: SHORT });
    await store.queue(key, 2, SHORT);
    await expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'the queue outlives that its first comes in': async ({ key, open }) => {
    const store = open();
    const { waiting } = await store.queue(key, 2, SHORT);
    await expire();
    expect(await store.touch(key, waiting[0]!)).toMatchObject({ state: 'held' });
    await store.release(key, waiting[0]!);
    expect(await holderOf(store, key)).toBe(waiting[1]);
  },
  'who does not want to wait leaves no trace': async ({ key, open }) => {
    const store = open();
    await store.queue(key, 0);
    await store.acquire(key, store.token());
    expect((await store.inspect(key)).waiting).toEqual([]);
  },
  'who asks again keeps its place': async ({ key, open }) => {
    const store = open();
    const { waiting } = await store.queue(key, 3);
    await store.join(key, waiting[0]!);
    expect((await store.inspect(key)).waiting).toEqual(waiting);
  },
  'who joins comes last, though the clock has stepped back': async ({ key, open, redis, record }) => {
    const store = open();
    const { waiting } = await store.queue(key, 1);
    const later = (Date.now() + LONG) * 1_000;
    await redis.zadd(`${record(key)}:line`, 'XX', later, waiting[0]!);
    const last = store.token();
    await store.join(key, last);
    expect((await store.inspect(key)).waiting).toEqual([waiting[0], last]);
  },
  'a sign of life keeps a place': async (stage) => {
    const { store, alive } = await firstSilent(stage);
    expect(await store.touch(stage.key, alive)).toMatchObject({ state: 'waiting' });
  },
  'a silent waiter is not admitted': async (stage) => {
    const { store, holder, alive } = await firstSilent(stage);
    await store.release(stage.key, holder);
    expect(await holderOf(store, stage.key)).toBe(alive);
  },
  'a silent waiter is not shown': async (stage) => {
    const { store, alive } = await firstSilent(stage);
    expect((await store.inspect(stage.key)).waiting).toEqual([alive]);
  },
  'nobody but its owner has a place': async ({ key, open, intact }) => {
    const store = open();
    await intact().queue(key, 1);
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
  },
  'a place that has died is no place': async (stage) => {
    const { store } = await firstSilent(stage);
    const silent = (await stage.redis.zrange(`${stage.record(stage.key)}:line`, '0', '0'))[0]!;
    expect(await store.touch(stage.key, silent)).toEqual({ state: 'gone' });
  },
  'a stranger in the queue is not admitted': async ({ key, open, redis, record }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 1);
    const alive = (Date.now() + LONG) * 1_000;
    for (const stranger of ['a b', 'é', 'z'.repeat(1_200)]) {
      await redis.zadd(`${record(key)}:line`, 1, stranger);
      await redis.zadd(`${record(key)}:seen`, alive, stranger);
    }
    await store.release(key, holder);
    expect(await store.touch(key, waiting[0]!)).toMatchObject({ state: 'held' });
  },
  'who left the queue is gone for good': async ({ key, open }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, waiting[0]!);
    expect(await store.join(key, waiting[0]!)).toEqual({ state: 'gone' });
    for (const token of [holder, waiting[1]!]) await store.release(key, token);
    expect(await store.acquire(key, waiting[0]!)).toEqual({ state: 'gone' });
  },
  'who passed the key on is gone for good': async ({ key, open }) => {
    const store = open();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    expect(await store.join(key, holder)).toEqual({ state: 'gone' });
    await store.release(key, waiting[0]!);
    expect(await store.join(key, holder)).toEqual({ state: 'gone' });
    expect((await store.inspect(key)).waiting).toEqual([]);
  },
  'the memory of who left ends': async ({ key, open, redis, record }) => {
    const store = open();
    const { waiting } = await store.queue(key, 1);
    await redis.persist(`${record(key)}:seen`);
    await store.release(key, waiting[0]!);
    expect(await redis.pttl(`${record(key)}:seen`)).toBeGreaterThan(0);
  },
  'the memory of who left is bounded': async ({ key, open, redis, record }) => {
    const store = open({ placeLife: 2_000 });
    await store.queue(key, 0);
    const past = (Date.now() - LONG) * 1_000;
    for (let i = 0; i < 20; i++) await redis.zadd(`${record(key)}:seen`, -past, `past ${i}`);
    for (let i = 0; i < 10; i++) {
      const token = store.token();
      await store.join(key, token);
      await store.release(key, token);
    }
    expect(await redis.zcard(`${record(key)}:seen`)).toBe(10);
  },
  'who may not join leaves no trace': async ({ key, open, openWithout, redis, record }) => {
    const store = openWithout('setrange');
    await open().queue(key, 0);
    await expect(store.join(key, store.token())).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    expect(await redis.exists(`${record(key)}:line`, `${record(key)}:seen`)).toBe(0);
  },
  'who cannot join is told why': async ({ key, open, redis, record }) => {
    const store = open();
    await store.queue(key, 0);
    await redis.set(`${record(key)}:line`, 'nonsense');
    expect(await store.join(key, store.token())).toMatchObject({
      error: { message: expect.stringContaining(':line') },
    });
  },
  'what is no queue holds up nobody': async ({ key, open, redis, record }) => {
    const store = open();
    const { holder } = await store.queue(key, 1);
    await redis.del(`${record(key)}:line`);
    await redis.set(`${record(key)}:line`, 'nonsense');
    expect(await store.release(key, holder)).toBe('released');
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'Lua fails alone': async ({ key, open, openWithout }) => {
    const store = openWithout('zadd');
    const { holder } = await open().queue(key, 0);
    const ask = (name: string, token: string) =>
      ({ key: name, token, limit: 1, weight: 1, ttl: LONG, wait: true }) as const;
    const answers = await store.store.acquire([ask(key, holder), ask(key, store.token()), ask(key, holder)]);
    expect(answers.map(({ state }) => state)).toEqual(['held', 'unknown', 'held']);
  },
  'a grant that is refused costs no place': async ({ key, open, openWithout, redis, record }) => {
    const [store, refused] = [open(), openWithout('set')];
    const { waiting } = await store.queue(key, 2, SHORT);
    await expire();
    for (const token of waiting)
      await expect(refused.touch(key, token)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    // Where the only one in the queue could not come in, the queue begins anew.
    const alone = await store.queue(`${key} alone`, 1, SHORT);
    await expire();
    const last = alone.waiting[0]!;
    await expect(refused.touch(`${key} alone`, last)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    for (const part of ['line', 'seen'])
      expect(await redis.pttl(`${record(`${key} alone`)}:${part}`)).toBeGreaterThan(0);
    expect((await store.inspect(key)).waiting).toEqual(waiting);
    expect(await store.touch(key, waiting[0]!)).toMatchObject({ state: 'held' });
    expect(await store.touch(key, waiting[1]!)).toMatchObject({ state: 'waiting' });
  },
  'the work of one script is bounded': async (stage) => {
    const { store, holder, waiting } = await manyDead(stage, [stage.key]);
    await store.release(stage.key, holder[0]!);
    expect(await stage.redis.zcard(`${stage.record(stage.key)}:line`)).toBeGreaterThan(1_000);
    expect(waiting[0]).toBeDefined();
  },
  'the work of one call is bounded': async (stage) => {
    const keys = Array.from({ length: 16 }, (_, i) => `${stage.key} ${i}`);
    const { store, holder } = await manyDead(stage, keys);
    await store.store.release(keys.map((key, i) => ({ key, token: holder[i]! })));
    const left = await Promise.all(keys.map((key) => stage.redis.zcard(`${stage.record(key)}:line`)));
    expect(left.reduce((sum, each) => sum + each)).toBeGreaterThan(16 * 1_200 - 600);
    for (const key of keys) expect(await holderOf(store, key)).not.toBeNull();
  },
  'the living are found behind many dead': async (stage) => {
    const { key, record, redis } = stage;
    const { store, holder, waiting } = await manyDead(stage, [key]);
    // That the first was the last to give a sign changes nothing.
    await store.touch(key, waiting[0]!);
    await store.release(key, holder[0]!);
    expect(await store.inspect(key)).toMatchObject({ holders: [{ token: waiting[0] }], waiting: waiting.slice(1) });
    for (const part of ['line', 'seen']) expect(await redis.zscore(`${record(key)}:${part}`, waiting[0]!)).toBeNull();
  },
  'a queue of the dead is cleared away': async (stage) => {
    const { key, record, redis } = stage;
    const { store, holder, waiting } = await manyDead(stage, [key]);
    for (const token of waiting) await store.release(key, token);
    await store.release(key, holder[0]!);
    expect(await redis.exists(`${record(key)}:line`)).toBe(0);
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'what is no lock is shown': async ({ key, open, redis, record }) => {
    const store = open();
    await redis.set(record(`${key} empty`), '');
    await redis.set(record(`${key} endless`), '1764243342123456h holder ');
    await redis.set(`${record(`${key} line`)}:line`, 'nonsense');
    await redis.set(`${record(`${key} seen`)}:seen`, 'nonsense');
    for (const each of ['empty', 'endless', 'line', 'seen']) {
      expect(await store.inspect(`${key} ${each}`)).toMatchObject({ foreign: true });
    }
  },
  'who was admitted no longer waits': async ({ key, open }) => {
    const store = open({ claimWindow: SHORT });
    const { holder, waiting } = await store.queue(key, 3);
    await store.release(key, holder);
    await expire();
    expect(await store.touch(key, waiting[1]!)).toMatchObject({ state: 'held' });
    expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'gone' });
  },
} satisfies Record<string, Promised>;
