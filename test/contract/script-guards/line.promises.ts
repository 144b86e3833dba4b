/** What the guards of the line are there for. */
import { expect } from '@jest/globals';
import { LONG } from '../lock-store.harness.js';
import type { Driver } from '../lock-store.harness.js';
import { expire, holderOf, pass, SHORT } from './promises.js';
import type { Promised, Stage } from './promises.js';
/** Two in line, of whom only the second still gives signs. */
async function firstSilent({ key, open }: Stage): Promise<{ store: Driver; holder: string; alive: string }> {
  const store = open({ placeLife: 900 });
  const { holder, waiting } = await store.queue(key, 2);
  await pass(550);
  await store.touch(key, waiting[1]!);
  await pass(550);
  return { store, holder, alive: waiting[1]! };
}

export const LINE_PROMISES = {
  'an expired lease goes to who asks': async ({ key, open }) => {
    const store = open();
    await store.queue(key, 0, SHORT);
    await expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'the line comes before newcomers': async ({ key, open }) => {
    const store = open();
    const { waiting } = await store.queue(key, 2, SHORT);
    await expire();
    expect(await store.join(key, store.token())).toMatchObject({ state: 'waiting' });
    expect(await holderOf(store, key)).toBe(waiting[0]);
  },
  'a newcomer comes in where all in line fell silent': async ({ key, open }) => {
    const store = open({ placeLife: SHORT });
    await store.queue(key, 2, SHORT);
    await expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'the line outlives that its first comes in': async ({ key, open }) => {
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
  'who was admitted no longer waits': async ({ key, open }) => {
    const store = open({ claimWindow: SHORT });
    const { holder, waiting } = await store.queue(key, 3);
    await store.release(key, holder);
    await expire();
    expect(await store.touch(key, waiting[1]!)).toMatchObject({ state: 'held' });
    expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'gone' });
  },
} satisfies Record<string, Promised>;
