/** What guards how a shared key is written down: all of it or nothing, for a time, over nothing foreign. */
import { expect } from '@jest/globals';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';
import { atMost, EXCLUSIVE, LONG, READ } from '../../../lib/testing/contract/driver.js';
import { BRIEF, expire, pass, SHORT } from './promises.js';
import type { Promised } from './promises.js';

const BESIDE = ['ends', 'limits', 'shares', 'wants'] as const;

/** A single request that a command was refused to fails as a whole. */
async function expectRefusal(answer: Promise<StoreAnswer>): Promise<void> {
  await expect(answer).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
}

export const SHARE_RECORD_PROMISES = {
  'each lease has an end of its own': async ({ key, open }) => {
    const store = open();
    const [short, long] = [store.token(), store.token()];
    await store.acquire(key, short, BRIEF, READ);
    await store.acquire(key, long, LONG, READ);
    await store.touch(key, short, LONG);
    await store.touch(key, long, SHORT);
    await pass(BRIEF);
    expect(await store.holding(key)).toEqual([short]);
    expect(await store.touch(key, short)).toMatchObject({ state: 'held' });
  },
  'a share that may not be written is no share': async ({ key, open, openWithout, redis, record }) => {
    const store = open();
    for (const command of ['set', 'hset', 'zadd'] as const) {
      const name = `${key} ${command}`;
      const refused = openWithout(command);
      await expectRefusal(refused.acquire(name, refused.token(), LONG, atMost(3)));
      const [first] = await store.enter(name, atMost(3));
      await expectRefusal(refused.acquire(name, refused.token(), LONG, atMost(3)));
      expect(await store.holding(name)).toEqual([first!.token]);
      expect(await redis.zcard(`${record(name)}:ends`)).toBe(1);
      const others = await store.enter(name, atMost(3), atMost(3));
      expect(await store.acquire(name, store.token(), LONG, READ)).toMatchObject({ state: 'busy' });
      for (const { token } of [first!, ...others]) await store.release(name, token);
      await store.enter(name, EXCLUSIVE);
    }
  },
  'a conversion that may not be written changes nothing': async ({ key, open, openWithout }) => {
    const [store, refused] = [open(), openWithout('set')];
    const [first] = await store.enter(key, atMost(4, 2), READ);
    await expectRefusal(refused.convert(key, first!.token, atMost(3, 1), { ttl: SHORT }));
    await expire();
    expect((await store.inspect(key)).holders[0]).toMatchObject({ token: first!.token, limit: 4, weight: 2 });
    await store.enter(key, READ);
    expect(await store.acquire(key, store.token(), LONG, READ)).toMatchObject({ state: 'busy' });
  },
  'a share that may not be written leaves nothing beside': async ({ key, openWithout, redis, record }) => {
    const refused = openWithout('set');
    await expectRefusal(refused.acquire(key, refused.token(), LONG, atMost(3)));
    expect(await redis.exists(...BESIDE.map((part) => `${record(key)}:${part}`))).toBe(0);
  },
  'a holder leaves a full server, and its place is not lost': async ({ key, open, openWithout }) => {
    const [store, full] = [open(), openWithout('hset')];
    const [first] = await store.enter(key, atMost(3), atMost(3), atMost(3));
    expect(await full.release(key, first!.token)).toBe('released');
    await store.enter(key, atMost(3));
    expect(await store.acquire(key, store.token(), LONG, atMost(3))).toMatchObject({ state: 'busy' });
  },
  'the last leaves a full server, and the key is free': async ({ key, open, openWithout }) => {
    const [store, full] = [open(), openWithout('set')];
    const [reader] = await store.enter(key, READ);
    expect(await full.release(key, reader!.token)).toBe('released');
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'what a lease that was shared left is cleared away': async ({ key, open, redis, record }) => {
    const store = open();
    const [reader] = await store.enter(key, atMost(2));
    await store.convert(key, reader!.token, EXCLUSIVE);
    const beside = BESIDE.map((part) => `${record(key)}:${part}`);
    expect(await redis.exists(...beside)).toBe(0);
    await store.release(key, reader!.token);
    const [last] = await store.enter(key, atMost(2));
    await store.release(key, last!.token);
    expect(await redis.exists(...beside)).toBe(0);
    // Of a record that another program has deleted.
    await store.enter(key, atMost(2));
    await redis.del(record(key));
    await store.enter(key, READ, READ, READ);
  },
  'every key of a shared lock has an end': async ({ key, open, names, redis }) => {
    const store = open({ retention: 5_000 });
    const [first, second] = await store.enter(key, atMost(9), READ);
    for (const name of await names()) expect(await redis.pttl(name)).toBeGreaterThan(LONG / 2);
    await store.line(key, EXCLUSIVE, READ);
    await store.touch(key, first!.token, 2 * LONG);
    await store.convert(key, second!.token, EXCLUSIVE, { wait: true });
    const parts = await names();
    expect(parts).toHaveLength(7);
    for (const name of parts) {
      expect(await redis.pttl(name)).toBeGreaterThan(0);
      expect(await redis.pttl(name)).toBeLessThanOrEqual(2 * LONG + 5_000);
    }
    for (const part of ['ends', 'limits', 'shares']) {
      expect(await redis.pttl(parts.find((name) => name.endsWith(part))!)).toBeGreaterThan(LONG);
    }
  },
  'what is no record of a shared key is no lock': async ({ key, open, redis, record }) => {
    const store = open();
    for (const [i, text] of ['1764243342123456s + ', '1764243342123456w holder '].entries()) {
      await redis.set(record(`${key} ${i}`), text);
      expect(await store.acquire(`${key} ${i}`, store.token(), LONG, READ)).toMatchObject({ state: 'unknown' });
      expect(await store.touch(`${key} ${i}`, 'holder')).toEqual({ state: 'gone' });
      expect(await store.convert(`${key} ${i}`, 'holder', READ)).toEqual({ state: 'gone' });
      expect(await redis.get(record(`${key} ${i}`))).toBe(text);
    }
  },
  'what is beside a shared key is named': async ({ key, open, redis, record }) => {
    const store = open();
    for (const part of BESIDE) {
      const name = `${key} ${part}`;
      await store.enter(name, part === 'wants' ? EXCLUSIVE : atMost(1_000));
      await redis.set(`${record(name)}:${part}`, 'nonsense', 'PX', LONG);
      expect(await store.join(name, store.token(), LONG, atMost(1_000))).toMatchObject({
        error: { message: expect.stringContaining(`:${part}`) },
      });
      expect(await redis.get(`${record(name)}:${part}`)).toBe('nonsense');
      const free = `${key} free ${part}`;
      await redis.set(`${record(free)}:${part}`, 'nonsense', 'PX', LONG);
      await store.acquire(free, store.token(), LONG, READ).catch(() => undefined);
      expect(await redis.get(`${record(free)}:${part}`)).toBe('nonsense');
    }
  },
} satisfies Record<string, Promised>;
