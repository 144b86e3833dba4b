/** What guards lists of keys, and what a process is told when a lease is taken from it. */
import { expect } from '@jest/globals';
import type { KeySummary } from '../../../lib/stores/lock-store.js';
import { atMost, EXCLUSIVE, LONG, only, READ } from '../../../lib/testing/contract/driver.js';
import type { Driver } from '../../../lib/testing/contract/driver.js';
import { TextLog } from '../../../lib/testing/contract/text-log.js';
import { expire, SHORT } from './promises.js';
import type { Promised, Stage } from './promises.js';
import { firstSilent } from './queue.promises.js';

async function listed({ store }: Driver): Promise<KeySummary[]> {
  const found: KeySummary[] = [];
  for await (const piece of store.list!('*')) found.push(...piece);
  return found;
}

/** Takes a lease away, for a token that comes after the queue. */
async function takeAway(by: Driver, key: string, token: string, fencingToken: number, notice: string): Promise<string> {
  const successor = { token: by.token(), ...EXCLUSIVE, ttl: LONG };
  return only(await by.store.release([{ key, token, fencingToken, successor, notice }])).state;
}

/** What a process was told of a stage, when all has arrived. Promises are kept side by side, and one connection hears for all of them. */
async function told(driver: Driver, log: TextLog, { key }: Stage): Promise<string[]> {
  const end = `${key} end`;
  await driver.store.tell!(driver.processId, end);
  await log.until(end);
  const own = log.texts.filter((text) => text.startsWith(`${key} `) && text !== end);
  return own.map((text) => text.slice(key.length + 1));
}

/** Takes a lease away on behalf of a user who may not use a command, and answers what its holder is told. */
async function takenWithout(command: 'set' | 'publish', stage: Stage): Promise<string[]> {
  const { key, open, openWithout } = stage;
  const store = open();
  const log = await TextLog.of(store);
  const { holder, fence } = await store.queue(key, 0);
  expect(await takeAway(openWithout(command), key, holder, fence, `${key} taken`)).toBe('released');
  expect(await store.holding(key)).not.toContain(holder);
  return told(store, log, stage);
}

export const OPERATIONS_PROMISES = {
  'a list shows who holds a key, and how many wait': async ({ key, open }) => {
    const store = open();
    const { holder, fence } = await store.queue(key, 2);
    const [{ holder: share, ...summary }] = (await listed(store)) as [KeySummary];
    expect(summary).toEqual({ key, holderCount: 1, waitingCount: 2 });
    expect(share).toMatchObject({ token: holder, fencingToken: fence, limit: 1, weight: 1 });
    expect(share!.expiresIn).toBeLessThanOrEqual(LONG);
  },
  'a list shows a share with its limit and its weight': async ({ key, open }) => {
    const store = open();
    await store.enter(key, atMost(5, 2));
    expect(await listed(store)).toMatchObject([{ holderCount: 1, holder: { limit: 5, weight: 2 } }]);
  },
  'a list counts no share that has ended, and shows one that has not': async ({ key, open }) => {
    const store = open();
    const [first, second] = await store.enter(key, READ, READ);
    await store.touch(key, first!.token, SHORT);
    await expire();
    expect(await listed(store)).toMatchObject([{ holderCount: 1, holder: { token: second!.token } }]);
    // A writer waits, and the last reader's lease has ended.
    await store.join(key, store.token());
    await store.touch(key, second!.token, SHORT);
    await expire();
    expect(await listed(store)).toMatchObject([{ holderCount: 0, holder: null, waitingCount: 1 }]);
  },
  'a list leaves out what nobody has': async ({ key, open }) => {
    const store = open();
    const { holder, waiting } = await store.queue(`${key} left`, 1);
    for (const token of [waiting[0]!, holder]) await store.release(`${key} left`, token);
    await store.queue(`${key} over`, 0, SHORT);
    await expire();
    expect(await listed(store)).toEqual([]);
  },
  'a list counts no waiter that has died': async (stage) => {
    const { store } = await firstSilent(stage);
    expect(await listed(store)).toMatchObject([{ holderCount: 1, waitingCount: 1 }]);
  },
  'a list shows what is no lock, and nothing of it at another key': async ({ key, open, redis, record }) => {
    const store = open();
    // So many that no order of a scan leaves all of the others for the end.
    const names = Array.from({ length: 20 }, (_, i) => `${key} ${i}`);
    const [nonsense, beside] = [names.slice(0, 2), new Set(names.slice(2, 11))];
    for (const name of nonsense) await redis.set(record(name), 'nonsense');
    for (const name of names.slice(2)) await store.queue(name, 0);
    for (const name of beside) await redis.set(`${record(name)}:seen`, 'nonsense');
    const found = new Map((await listed(store)).map((each) => [each.key, [each.foreign ?? false, each.holderCount]]));
    for (const name of nonsense) expect(found.get(name)).toEqual([true, 0]);
    for (const name of names.slice(2)) expect(found.get(name)).toEqual([beside.has(name), 1]);
  },
  'a list that may not read says so': async ({ key, open, openWithout }) => {
    await open().queue(key, 0);
    await expect(listed(openWithout('zcount'))).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  },

  'whoever loses a lease is told, whoever comes next': async (stage) => {
    const { key, open } = stage;
    const store = open();
    const log = await TextLog.of(store);
    for (const waiters of [0, 1]) {
      const { holder, fence } = await store.queue(`${key} ${waiters}`, waiters);
      expect(await takeAway(store, `${key} ${waiters}`, holder, fence, `${key} behind ${waiters}`)).toBe('released');
    }
    const [{ token, fence }] = (await store.enter(`${key} shared`, READ)) as [{ token: string; fence: number }];
    await takeAway(store, `${key} shared`, token, fence, `${key} shared`);
    expect(await told(store, log, stage)).toEqual(['behind 0', 'behind 1', 'shared']);
  },
  'whoever lost nothing is told nothing': async (stage) => {
    const { key, open } = stage;
    const store = open();
    const log = await TextLog.of(store);
    for (const waiters of [0, 1]) {
      const name = `${key} ${waiters}`;
      const { holder, waiting } = await store.queue(name, waiters);
      for (const token of [...waiting, holder]) await store.release(name, token);
      // A plain release, carried out twice, is answered as the first one was.
      await store.store.release([{ key: name, token: holder, notice: `${key} was released before` }]);
    }
    const { waiting } = await store.queue(key, 1);
    await store.store.release([{ key, token: store.token(), notice: `${key} a stranger` }]);
    await store.store.release([{ key, token: waiting[0]!, notice: `${key} only waited` }]);
    expect(await told(store, log, stage)).toEqual([]);
  },
  'whoever could not be released is told nothing': async (stage) => {
    const { key, open, redis, record } = stage;
    const store = open();
    const log = await TextLog.of(store);
    const [first] = await store.enter(key, READ, READ);
    await redis.set(`${record(key)}:shares`, 'nonsense');
    await store.store.release([{ key, token: first!.token, notice: `${key} not released` }]);
    expect(await told(store, log, stage)).toEqual([]);
  },
  'whoever loses a lease on a full server is told': async (stage) => {
    expect(await takenWithout('set', stage)).toEqual(['taken']);
  },
  'a lease is taken away though its holder can not be told': async (stage) => {
    expect(await takenWithout('publish', stage)).toEqual([]);
  },
} satisfies Record<string, Promised>;
