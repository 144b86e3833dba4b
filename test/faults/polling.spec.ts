/** What waiting costs the server: no polling faster than once a second per contended key and process. */
import { setTimeout as pause } from 'node:timers/promises';
import { openLocks } from '../support/apps/locks.js';
import { readRequests } from '../support/network/wire-requests.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { nextEvent, rejection, until } from '../support/waiting.js';

const WAITERS = 20;
const SECONDS = 5;

it.each([
  ['together', 0],
  ['one after the other', 47],
])('20 waiters make 1 800 commands a second: not here, when they come %s', async (_, gap) => {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  // What was opened last ends first: nobody is let in by the end of the rival.
  const [rival, locks] = [await openLocks(redis), await openLocks(proxy)];
  const held = await rival.acquire('key');
  const waits: Promise<unknown>[] = [];
  for (let i = 0; i < WAITERS; i++) {
    waits.push(rejection(locks.acquire('key', { fair: true })));
    await pause(gap);
  }
  await until(async () => (await rival.inspect('key')).waiting.length === WAITERS);
  proxy.commands.length = 0;
  await pause(SECONDS * 1_000);
  // Twice the promise, for beats that fall on either side of a second.
  expect(proxy.commands.filter((command) => readRequests(command).length > 0).length).toBeLessThanOrEqual(2 * SECONDS);
  expect(held.isHeld).toBe(true);
});

it('many waits for different keys of one process share their requests', async () => {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  // What was opened last ends first: nobody is let in by the end of the rival.
  const [rival, locks] = [await openLocks(redis), await openLocks(proxy)];
  const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
  await rival.acquire(keys);
  // The first wait of a process opens its subscription.
  void rejection(locks.acquire(keys[0]!));
  await nextEvent(locks, 'waiting');
  for (const key of keys.slice(1)) void rejection(locks.acquire(key));
  await until(async () => (await rival.inspect(keys.at(-1)!)).waiting.length === 1);
  proxy.commands.length = 0;
  await until(() => proxy.commands.flatMap(readRequests).length >= 3 * keys.length);
  expect(proxy.commands.filter((command) => readRequests(command).length > 0).length).toBeLessThan(keys.length);
});
