/** What the guards of acquire and touch are there for. */
import { expect } from '@jest/globals';
import { LONG } from '../../../lib/testing/contract/driver.js';
import { TEXTS } from '../foreign-values.js';
import { expire, holderOf, SHORT } from './promises.js';
import type { Promised } from './promises.js';

export const HOLD_PROMISES = {
  'a foreign value fails its own request only': async ({ key, open, redis, record }) => {
    const store = open();
    await redis.lpush(record(key), "somebody else's");
    const ask = (name: string) =>
      ({ key: name, token: store.token(), limit: 1, weight: 1, ttl: LONG, wait: false }) as const;
    const answers = await store.store.acquire([ask(`${key} a`), ask(key), ask(`${key} b`)]);
    expect(answers.map(({ state }) => state)).toEqual(['held', 'unknown', 'held']);
  },
  'a foreign value is no lease': async ({ key, open, redis, record }) => {
    await redis.lpush(record(key), "somebody else's");
    expect(await open().touch(key, 'token')).toEqual({ state: 'gone' });
  },
  'what is not exactly a record is no lock, and is left alone': async ({ key, open, redis, record }) => {
    const store = open();
    for (const [i, text] of [...TEXTS, '1764243342123456h holder '].entries()) {
      const name = `${key} ${i}`;
      // Most things in a Redis end some day; only the last is told by having no end.
      if (i < TEXTS.length) await redis.set(record(name), text, 'PX', LONG + 600_000);
      else await redis.set(record(name), text);
      for (const method of ['acquire', 'join'] as const) {
        expect(await store[method](name, store.token())).toMatchObject({
          error: { message: expect.stringContaining('not a lock') },
        });
      }
      expect(await store.touch(name, store.token())).toEqual({ state: 'gone' });
      expect(await redis.get(record(name))).toBe(text);
    }
  },
  'what cannot be read is not gone': async ({ key, open, openWithout }) => {
    const { holder } = await open().queue(key, 0);
    await expect(openWithout('getrange').touch(key, holder)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  },
  'a live lease excludes others': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });
    expect(await store.join(key, store.token())).toMatchObject({ state: 'waiting' });
    expect(await holderOf(store, key)).toBe(holder);
  },
  'a holder has the same grant again': async ({ key, open }) => {
    const store = open();
    const { holder, fence } = await store.queue(key, 0);
    expect(await store.acquire(key, holder)).toEqual({ state: 'held', fencingToken: fence });
  },
  'a touch extends the lease': async ({ key, open }) => {
    const store = open();
    const holder = store.token();
    await store.acquire(key, holder, SHORT);
    await store.touch(key, holder, LONG);
    await expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });
  },
  'nobody but its owner has a lease': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
    expect(await holderOf(store, key)).toBe(holder);
  },
  'a touch takes no free key': async ({ key, open }) => {
    const store = open();
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
    await store.release(key, (await store.queue(key, 0)).holder);
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
    expect(await holderOf(store, key)).toBeNull();
  },
  'a touch takes no expired lease': async ({ key, open }) => {
    const store = open();
    await store.queue(key, 1, SHORT);
    await expire();
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
    expect(await holderOf(store, key)).toBeNull();
  },
  'a released token is gone for good': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(await store.touch(key, holder)).toEqual({ state: 'gone' });
    expect(await store.join(key, holder)).toEqual({ state: 'gone' });
  },
  'a released token is gone though another has the key': async ({ key, open }) => {
    const store = open();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    await store.queue(key, 0);
    expect(await store.join(key, holder)).toEqual({ state: 'gone' });
  },
  'a lease that may not be extended fails by itself': async ({ key, open, openWithout }) => {
    const { holder } = await open().queue(key, 0);
    const store = openWithout('pexpire');
    const ask = (name: string, token: string) => ({ key: name, token, ttl: LONG }) as const;
    const answers = await store.store.touch([ask(key, holder), ask(`${key} unknown`, holder)]);
    expect(answers.map(({ state }) => state)).toEqual(['unknown', 'gone']);
  },
  'every key has an end': async ({ key, open, redis, names }) => {
    const store = open();
    const holders = new Map<string, { holder: string; fence: number }>();
    for (const each of ['held', 'freed', 'passed', 'given up']) holders.set(each, await store.queue(key + each, 0));
    await store.release(`${key}freed`, holders.get('freed')!.holder);
    const { holder, fence } = holders.get('passed')!;
    await store.pass(`${key}passed`, holder, fence, store.token());
    await store.release(`${key}given up`, holders.get('given up')!.holder, holders.get('given up')!.fence + 1);
    await store.release(`${key}again`, (await store.queue(`${key}again`, 0)).holder);
    await store.queue(`${key}again`, 0);
    await store.queue(`${key}queue`, 2);
    await store.release(`${key}granted`, (await store.queue(`${key}granted`, 2)).holder);
    await store.queue(`${key}expired`, 0, SHORT);
    await expire();
    await store.acquire(`${key}expired`, store.token());
    const left = await Promise.all((await names()).map((name) => redis.pttl(name)));
    expect(left).toHaveLength(12);
    expect(Math.min(...left)).toBeGreaterThan(0);
  },
} satisfies Record<string, Promised>;
