/** What docs/operations.md says of memory: how much a key takes, and for how long. */
import { readFileSync } from 'node:fs';

import { expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';

import { openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const KEYS = 10_000;
const AT_ONCE = 500;
const TEN_MINUTES = 600_000;

const used = async (client: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);

it('a key that was used takes about as much as the page says, and no longer than ten minutes', async () => {
  const [, said] = /about (\d+) bytes for each key/.exec(page)!;
  const redis = await openRedis();
  const [locks, client] = [await openLocks(redis, { commandTimeout: 20_000 }), openClient(redis)];
  await locks.withLock('order:first', () => undefined);
  const before = await used(client);
  const use = (i: number): Promise<void> => locks.withLock(`order:${String(i).padStart(6, '0')}`, () => undefined);
  for (let i = 0; i < KEYS; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => use(i + j)));
  const each = ((await used(client)) - before) / KEYS;
  expect(each).toBeGreaterThan(Number(said) * 0.7);
  expect(each).toBeLessThan(Number(said) * 1.3);
  // Beside them there may be the record of the process, which has been busy for a while.
  expect(await client.keys('lock:{*')).toHaveLength(KEYS + 1);
  const rest = await client.pttl('lock:{order:000042}');
  expect(rest).toBeGreaterThan(TEN_MINUTES / 2);
  expect(rest).toBeLessThanOrEqual(TEN_MINUTES);
});
