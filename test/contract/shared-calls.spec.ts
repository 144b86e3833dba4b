/** In how many calls the store in Redis sends what is asked for, and what fails with one of them, on a real server. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis, ReplyError } from 'ioredis';
import type { AcquireRequest } from '../../lib/stores/lock-store.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';

describe('the store in Redis', () => {
  let client: Redis;
  let store: RedisLockStore;
  const calls: number[] = [];
  /** A call that mentions this key is refused. */
  let refused: string | undefined;

  beforeAll(async () => {
    client = new Redis(process.env['REDIS_URL']!, { lazyConnect: true });
    const { duplicate } = client;
    jest.spyOn(client, 'duplicate').mockImplementation((options) => watch(duplicate.call(client, options)));
    store = new RedisLockStore({ connection: client, prefix: `calls-${randomUUID()}`, commandTimeout: 10_000 });
    await store.start();
  });

  /** Counts what a client sends. */
  function watch(own: Redis): Redis {
    const { evalsha } = own;
    jest.spyOn(own, 'evalsha').mockImplementation(((sha: string, keys: number, ...words: string[]) => {
      calls.push(keys);
      if (refused && words.some((word) => word.includes(refused!))) return Promise.reject(new ReplyError('ERR no'));
      return evalsha.call(own, sha, keys, ...words);
    }) as never);
    return own;
  }

  beforeEach(() => {
    calls.splice(0);
    refused = undefined;
  });

  afterAll(async () => {
    await store.stop();
    client.disconnect();
  });

  const request = (): AcquireRequest => ({
    key: randomUUID(),
    token: randomUUID(),
    limit: 1,
    weight: 1,
    ttl: 10_000,
    wait: false,
  });

  it('sends what one caller asks for at once, by itself', async () => {
    const lock = request();
    const acquired = store.acquire([lock]);
    expect(calls).toEqual([1]);
    expect(await acquired).toMatchObject([{ state: 'held' }]);
    const released = store.release([lock]);
    expect(calls).toEqual([1, 1]);
    expect(await released).toEqual([{ state: 'released' }]);
  });

  it('sends what many ask for in one turn in calls of 16, behind the first', async () => {
    const locks = Array.from({ length: 64 }, request);
    const acquired = await Promise.all(locks.map((each) => store.acquire([each])));
    expect(acquired.flat().map(({ state }) => state)).toEqual(locks.map(() => 'held'));
    expect(calls).toEqual([1, 16, 16, 16, 15]);
    calls.splice(0);
    const released = await Promise.all(locks.map((each) => store.release([each])));
    expect(released.flat()).toEqual(locks.map(() => ({ state: 'released' })));
    expect(calls).toEqual([1, 16, 16, 16, 15]);
  });

  it('sends a list as a call of its own, behind what was asked for before it', async () => {
    const [first, second, ...list] = Array.from({ length: 10 }, request);
    await Promise.all([store.acquire([first!]), store.acquire([second!]), store.acquire(list)]);
    expect(calls).toEqual([1, 1, 8]);
  });

  it('cuts a long list, and what fails in one piece is unknown for that piece alone', async () => {
    const locks = Array.from({ length: 150 }, request);
    expect((await store.acquire(locks)).map(({ state }) => state)).toEqual(locks.map(() => 'held'));
    expect(calls).toEqual([64, 64, 22]);
    refused = locks[70]!.key;
    const inPieces = (others: string): unknown[] =>
      locks.map((_, i) =>
        i < 64 || i >= 128 ? { state: others } : { state: 'unknown', error: { code: 'LOCK_UNAVAILABLE' } },
      );
    expect(await store.touch(locks)).toMatchObject(inPieces('held'));
    expect(await store.release(locks)).toMatchObject(inPieces('released'));
    refused = undefined;
    const again = await store.touch(locks);
    expect(again.map(({ state }) => state)).toEqual(locks.map((_, i) => (i < 64 || i >= 128 ? 'gone' : 'held')));
  });
});
