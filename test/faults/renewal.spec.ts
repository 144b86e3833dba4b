/** Renewal under faults: it goes on after errors, stops at the release, and one bad batch stops no other. */
import type { Lock } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, logOf, LONG, only, openLocks } from '../support/apps/locks.js';
import { readRequests, requestOf, requestWith } from '../support/network/wire-requests.js';
import { openClient } from '../support/servers/clients.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { aborted, nextEvent, until, within } from '../support/waiting.js';

async function scene(options: Parameters<typeof openLocks>[1] = {}) {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  return { redis, client: openClient(redis), proxy, locks: await openLocks(proxy, options) };
}

describe('one transient error ends renewal for good: not here', () => {
  it('the server refuses, then accepts again', async () => {
    const { client, locks } = await scene({ ttl: 3_000 });
    const lock = await locks.acquire('key');
    await client.call('REPLICAOF', '127.0.0.1', '1');
    const failed = nextEvent(locks, 'failed');
    expect(await failed).toMatchObject({ key: 'key', during: 'renew', error: { code: 'LOCK_UNAVAILABLE' } });
    await client.call('REPLICAOF', 'NO', 'ONE');
    for (let renewal = 0; renewal < 2; renewal++) await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  it('several in a row, as long as the lease lasts', async () => {
    const { client, locks } = await scene({ ttl: 6_000 });
    const lock = await locks.acquire('key');
    await client.call('REPLICAOF', '127.0.0.1', '1');
    for (let error = 0; error < 4; error++) await nextEvent(locks, 'failed');
    await client.call('REPLICAOF', 'NO', 'ONE');
    await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });
});

describe('one bad batch stops all others: not here', () => {
  it('a key whose record was broken is lost alone', async () => {
    const { client, locks } = await scene({ ttl: 2_000, wait: LONG });
    const held = await Promise.all(Array.from({ length: 150 }, (_, i) => locks.acquire(`key ${i}`)));
    const log = logOf(locks);
    const [broken, ...others] = held as [Lock, ...Lock[]];
    await client.multi().del('lock:{key 0}').lpush('lock:{key 0}', 'no record').exec();
    await within(HEARTBEAT_AND_ROOM, aborted(broken.signal));
    const settled = new Set<string>();
    await until(() => {
      for (const event of log) if (event.type === 'renewed' || event.type === 'lost') settled.add(event.key);
      return settled.size === held.length;
    });
    expect(others.filter((lock) => !lock.isHeld).map(({ key }) => key)).toEqual([]);
    expect(only(log, 'lost').map(({ key }) => key)).toEqual(['key 0']);
  });

  it('a batch that is lost on the way is renewed by the next', async () => {
    const { proxy, locks } = await scene({ ttl: 6_000, wait: LONG, commandTimeout: 400 });
    const held = await Promise.all(Array.from({ length: 150 }, (_, i) => locks.acquire(`key ${i}`)));
    const log = logOf(locks);
    await proxy.once(requestOf('touch'), 'drop');
    await nextEvent(locks, 'failed');
    proxy.cut();
    await until(() => new Set(only(log, 'renewed').map(({ key }) => key)).size === held.length);
    expect(held.every((lock) => lock.isHeld)).toBe(true);
  });
});

describe('renewal goes on after release: not here', () => {
  /** How many requests of a token the server gets from now until the service has renewed another lock three times. */
  async function sentAfterwards(
    { proxy, locks }: Awaited<ReturnType<typeof scene>>,
    tokens: string[],
  ): Promise<string[]> {
    const start = proxy.commands.length;
    const other = await locks.acquire('other');
    for (let renewal = 0; renewal < 3; renewal++) await nextEvent(locks, 'renewed');
    await other.release();
    const matches = tokens.map(requestWith);
    const sent = proxy.commands.slice(start).filter((command) => matches.some((isOf) => isOf(command)));
    return sent.flatMap(readRequests).flatMap(({ kind, token }) => (tokens.includes(token ?? '') ? [kind] : []));
  }

  it('nothing of a token reaches the server once release() has settled', async () => {
    const stage = await scene({ ttl: 300 });
    const tokens: string[] = [];
    for (let round = 0; round < 20; round++) {
      const lock = await stage.locks.acquire('key');
      tokens.push(lock.token);
      // Some are released in the middle of a renewal.
      const renewal = round % 2 ? lock.renew().catch(() => undefined) : undefined;
      await lock.release();
      await renewal;
    }
    expect(await sentAfterwards(stage, tokens)).toEqual([]);
  });

  it('not even when the renewal under way finds its script unknown', async () => {
    const stage = await scene({ ttl: 300, autoRenew: false });
    const lock = await stage.locks.acquire('key', { ttl: LONG });
    const rival = await openLocks(stage.redis);
    const held = await rival.acquire('somebody else');
    await stage.client.script('FLUSH');
    // The server learns how to release again, and not how to renew.
    await held.release();
    const renewal = lock.renew().catch(() => undefined);
    await lock.release();
    const start = stage.proxy.commands.length;
    await renewal;
    await stage.locks.inspect('key');
    const late = stage.proxy.commands.slice(start).filter(requestWith(lock.token));
    expect(late.flatMap(readRequests)).toEqual([]);
  });

  it('while the connection comes and goes', async () => {
    const stage = await scene({ ttl: 300, commandTimeout: 5_000 });
    const tokens: string[] = [];
    for (let round = 0; round < 5; round++) {
      const lock = await stage.locks.acquire('key');
      tokens.push(lock.token);
      const renewal = lock.renew().catch(() => undefined);
      stage.proxy.cut();
      await lock.release().catch(() => undefined);
      await renewal;
    }
    expect(await sentAfterwards(stage, tokens)).toEqual([]);
  });
});

it('ttl of 1.2 s renews 12 500 times a second: not here, nor while renewal fails', async () => {
  const { client, proxy, locks } = await scene({ ttl: 1_200 });
  const lock = await locks.acquire('key');
  const touches = (): number => proxy.commands.filter(requestOf('touch')).length;
  for (let renewal = 0; renewal < 4; renewal++) await nextEvent(locks, 'renewed');
  expect(touches()).toBe(4);
  await client.call('REPLICAOF', '127.0.0.1', '1');
  await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
  // A twentieth of the ttl between attempts: at most 20 fit into what was left of the lease.
  expect(touches() - 4).toBeLessThanOrEqual(20);
});
