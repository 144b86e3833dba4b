/** No key without expiry: whenever a process dies, what it leaves in Redis goes away by itself. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, LockService, newProcessId } from 'nestjs-distributed-lock';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { Observer } from '../support/processes/observer.js';

const observer = new Observer();
const closing: (() => Promise<void>)[] = [];

async function openLocks(): Promise<LockService> {
  const options = { connection: observer.url, prefix: observer.prefix, ttl: '20s', shutdownGrace: 0 } as const;
  const app = await NestFactory.createApplicationContext(DistributedLockModule.forRoot(options), { logger: ['error'] });
  closing.push(() => app.close());
  return app.get(LockService);
}

/** Joins lines, and is never heard of again. */
const silent = new RedisLockStore({ connection: observer.client, prefix: observer.prefix, commandTimeout: 5_000 });
const [locks, rival] = await Promise.all([openLocks(), openLocks()]);

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await silent.stop();
  await observer.close();
});

/** Each leaves its key in another state. */
const SCENES: Record<string, (key: string) => Promise<unknown>> = {
  'a key is held': (key) => locks.acquire(key),
  'several keys are held': (key) => locks.acquire([key, `${key}:b`]),
  'a key was renewed': async (key) => (await locks.acquire(key)).renew('10s'),
  'a key was released': async (key) => (await locks.acquire(key)).release(),
  'a key was taken again': async (key) => {
    await (await locks.acquire(key)).release();
    await locks.acquire(key);
  },
  'a key was found busy': async (key) => {
    await locks.acquire(key);
    await rival.tryAcquire(key);
  },
  'somebody waits': async (key) => {
    await locks.acquire(key);
    rival.acquire(key).catch(() => undefined);
    await observer.queued(key, 1);
  },
  'a wait timed out': async (key) => {
    await locks.acquire(key);
    await rival.tryAcquire(key, { wait: 100 });
    await observer.queued(key, 0);
  },
  'a wait was cancelled': async (key) => {
    await locks.acquire(key);
    const cancel = new AbortController();
    const cancelled = rival.acquire(key, { signal: cancel.signal }).catch(() => undefined);
    await observer.queued(key, 1);
    cancel.abort();
    await cancelled;
    await observer.queued(key, 0);
  },
  'a waiter was granted the key': async (key) => {
    const lock = await locks.acquire(key);
    const next = rival.acquire(key);
    await observer.queued(key, 1);
    await lock.release();
    await next;
  },
  'a waiter was granted the key, and others wait': async (key) => {
    const lock = await locks.acquire(key);
    const [next] = [rival.acquire(key), locks.acquire(key, { fair: true }).catch(() => undefined)];
    await observer.queued(key, 2);
    await lock.release();
    await next;
  },
  'a grant is not claimed': async (key) => {
    const lock = await locks.acquire(key);
    const token = `${newProcessId()}-1`;
    await silent.acquire([{ key, token, limit: 1, weight: 1, ttl: 20_000, wait: true }]);
    await lock.release();
    expect((await observer.inspect(key)).holders[0]?.token).toBe(token);
  },
  'a key was released by force': async (key) => {
    await locks.acquire(key);
    await rival.forceRelease(key);
  },
  'a lease has ended': async (key) => {
    await locks.acquire(key, { ttl: 100, autoRenew: false });
    await observer.becomes(key, ({ holders }) => holders.length === 0);
  },
  'an ended lease was taken over': async (key) => {
    await locks.acquire(key, { ttl: 100, autoRenew: false });
    await rival.acquire(key);
  },
};

describe('every key in Redis expires', () => {
  it.each(Object.entries(SCENES))('when %s', async (name, scene) => {
    await scene(name);
    const expiries = await observer.expiries();
    const own = expiries.filter((expiry) => expiry.name.includes(`{${name}`));
    expect(own.length).toBeGreaterThan(0);
    expect(expiries.filter(({ left }) => left <= 0)).toEqual([]);
  });

  it('and a key that is only looked at is not made', async () => {
    await locks.inspect('seen');
    await locks.forceRelease('seen');
    expect((await observer.expiries()).filter(({ name }) => name.includes('{seen}'))).toEqual([]);
  });
});
