/** Redis Cluster, through an ioredis `Cluster` of the user's: each key on its own server, whatever it is called. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import type { LockService } from 'nestjs-distributed-lock';
import { RedisCluster } from '../support/servers/redis-cluster.js';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { isFree, nextEvent, rejection, until, within } from '../support/waiting.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);

afterAll(() => cluster[Symbol.asyncDispose]());

type Options = Parameters<typeof openLocks>[1];

/** Services that share a prefix of their own. */
async function open(count: number, options: Options = {}): Promise<[LockService, ...LockService[]]> {
  const prefix = randomUUID();
  const services = Array.from({ length: count }, () => openLocks(cluster.client(), { prefix, ...options }));
  return (await Promise.all(services)) as [LockService, ...LockService[]];
}

const NASTY = [
  '{',
  '}',
  '{}',
  '}x',
  'x}',
  '{}x',
  'a{b}c',
  'a}b{c',
  '{{',
  '%7Dx',
  '%',
  ' ',
  'ü',
  '🔒',
  'a:b\r\nc',
  '\0',
];

describe('keys with {} go to the wrong slot: not here', () => {
  it.each(NASTY)('%j: taken, waited for, renewed, handed on, looked at', async (key) => {
    const [locks, rival] = await open(2);
    const held = await rival!.acquire(key);
    const waiting = locks.acquire(key);
    await nextEvent(locks, 'waiting');
    expect((await rival!.inspect(key)).waiting).toHaveLength(1);
    await held.renew();
    await held.release();
    const lock = await within(HEARTBEAT_AND_ROOM, waiting);
    expect(lock.fencingToken).toBeGreaterThan(held.fencingToken);
    expect(await rival!.forceRelease(key)).toBe(true);
    expect(await rejection(lock.renew())).toMatchObject({ code: 'LOCK_LOST' });
    expect(isFree(await locks.inspect(key))).toBe(true);
  });

  it('all of them at once, as different keys', async () => {
    const [locks] = await open(1);
    const held = await Promise.all(NASTY.map((key) => locks.acquire(key, { wait: 0 })));
    expect(new Set(held.map(({ token }) => token)).size).toBe(NASTY.length);
    await Promise.all(held.map((lock) => lock.release()));
  });
});

describe('several keys give CROSSSLOT: not here', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];

  it('all or none, over all servers', async () => {
    const [locks, rival] = await open(2);
    const held = await rival!.acquire('f');
    expect(await locks.tryAcquire(keys)).toBeNull();
    await until(async () => (await Promise.all(keys.slice(0, 5).map((key) => rival!.inspect(key)))).every(isFree));
    await held.release();
    const lock = await locks.acquire(keys);
    await lock.renew();
    await lock.release();
    for (const key of keys) expect(isFree(await rival!.inspect(key))).toBe(true);
  });

  it('in opposite order: nobody waits for ever', async () => {
    const services = await open(3);
    let inside = 0;
    const sections = services.map((locks, i) =>
      locks.withLock(i % 2 ? keys : [...keys].reverse(), async () => {
        expect((inside += 1)).toBe(1);
        await locks.inspect('a');
        inside -= 1;
      }),
    );
    await within(2 * HEARTBEAT_AND_ROOM, Promise.all(sections));
  });
});

it('150 locks are renewed together, on all servers', async () => {
  const [locks] = await open(1, { ttl: 2_000 });
  const held = await Promise.all(Array.from({ length: 150 }, (_, i) => locks.acquire(`key ${i}`)));
  const log = logOf(locks);
  const renewals = new Map<string, number>();
  await until(() => {
    for (const { key } of only(log.splice(0), 'renewed')) renewals.set(key, (renewals.get(key) ?? 0) + 1);
    return held.every(({ key }) => (renewals.get(key) ?? 0) >= 3);
  });
  expect(held.every((lock) => lock.isHeld)).toBe(true);
  await Promise.all(held.map((lock) => lock.release()));
});

it('first call after SCRIPT FLUSH fails with NOSCRIPT: not on any server', async () => {
  const [locks] = await open(1);
  const keys = Array.from({ length: 10 }, (_, i) => `key ${i}`);
  const client = cluster.client();
  await client.ping();
  await Promise.all(client.nodes('master').map((node) => node.script('FLUSH')));
  const lock = await locks.acquire(keys);
  await lock.renew();
  await lock.release();
});

it('a hand-off is heard, whichever server holds the key', async () => {
  const [locks, rival] = await open(2);
  for (let i = 0; i < 9; i++) {
    const held = await rival!.acquire(`key ${i}`);
    const waiting = locks.acquire(`key ${i}`);
    await nextEvent(locks, 'waiting');
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  }
});
