/** A list of keys on a server that stores very much: it is walked through in small steps, which hold up no other client. */
import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { LockUnavailableError } from 'nestjs-distributed-lock';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { atEnd } from '../support/at-end.js';
import { openClient } from '../support/servers/clients.js';
import { hang, openRedis } from '../support/servers/own-servers.js';
import { rejection } from '../support/waiting.js';

const NAMES = 100_000;
const HELD = 2_000;
/** A request may hold up the server for less than a millisecond; so many records take a fraction of it. */
const MOST_RECORDS = 32;
const MOST_NAMES = 1_000;

/** Calls of a command since the server's statistics were reset. */
async function calls(client: ReturnType<typeof openClient>, command: string): Promise<number> {
  const [, count = '0'] = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info('commandstats')) ?? [];
  return Number(count);
}

async function scene() {
  const redis = await openRedis();
  const store = new RedisLockStore({ connection: redis.url, prefix: 'l[o]c*k', commandTimeout: 2_000 });
  atEnd(() => store.stop());
  await store.start();
  return { redis, store, client: openClient(redis) };
}

function urlOf({ port }: { readonly port: number }) {
  return { host: '127.0.0.1', port };
}

async function hold(store: RedisLockStore, count: number): Promise<void> {
  const share = { limit: 1, weight: 1, ttl: 60_000, wait: false };
  await store.acquire(Array.from({ length: count }, (_, i) => ({ key: `order:${i}`, token: randomUUID(), ...share })));
}

it('finds what is held among a hundred thousand names, a bounded piece at a time', async () => {
  const { store, client } = await scene();
  await hold(store, HELD);
  for (let i = HELD; i < NAMES; i += 1_000) {
    await client.mset(Array.from({ length: 1_000 }, (_, j) => [`another:{${i + j}}`, '']).flat());
  }
  await client.config('RESETSTAT');
  const keys: string[] = [];
  for await (const piece of store.list('*')) {
    expect(piece.length).toBeLessThanOrEqual(MOST_RECORDS);
    keys.push(...piece.map(({ key }) => key));
  }
  expect(new Set(keys).size).toBe(HELD);
  expect(keys).toHaveLength(HELD);
  expect(await calls(client, 'scan')).toBeGreaterThanOrEqual(NAMES / MOST_NAMES);
  expect(await calls(client, 'evalsha')).toBeGreaterThanOrEqual(HELD / MOST_RECORDS);
  expect(await calls(client, 'keys')).toBe(0);
}, 60_000);

it('stops when its consumer does', async () => {
  const { store, client } = await scene();
  await hold(store, HELD);
  await client.config('RESETSTAT');
  for await (const piece of store.list('*')) if (piece.length > 0) break;
  expect(await calls(client, 'scan')).toBe(1);
});

it('finds keys behind the prefix that a client puts in front of every key', async () => {
  const { redis, store } = await scene();
  await hold(store, 1);
  const prefixed = new RedisLockStore({
    connection: { ...urlOf(redis), keyPrefix: 'a*p:' },
    prefix: 'l[o]c*k',
    commandTimeout: 2_000,
  });
  atEnd(() => prefixed.stop());
  await prefixed.start();
  await hold(prefixed, 3);
  const keys: string[] = [];
  for await (const piece of prefixed.list('order:*')) keys.push(...piece.map(({ key }) => key));
  expect(keys.sort()).toEqual(['order:0', 'order:1', 'order:2']);
});

it('rejects in time when the server hangs, before the list or in the middle of it', async () => {
  const { redis, store } = await scene();
  await hold(store, HELD);
  const begun = store.list('*')[Symbol.asyncIterator]();
  await begun.next();
  await hang(redis);
  const rest = async (): Promise<void> => {
    while (!(await begun.next()).done);
  };
  const started = performance.now();
  const errors = await Promise.all([rejection(rest()), rejection(store.list('*')[Symbol.asyncIterator]().next())]);
  expect(performance.now() - started).toBeLessThan(2_000 + 1_000);
  for (const error of errors) expect(error).toBeInstanceOf(LockUnavailableError);
}, 20_000);
