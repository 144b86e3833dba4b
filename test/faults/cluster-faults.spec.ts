/** A cluster of which one part misbehaves: the rest does not mind. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { LockUnavailableError } from 'nestjs-distributed-lock';
import type { TcpProxy } from '../support/network/tcp-proxy.js';
import { atEnd } from '../support/at-end.js';
import { RedisCluster } from '../support/servers/redis-cluster.js';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, timed, until, within } from '../support/waiting.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);

afterAll(() => cluster[Symbol.asyncDispose]());

/** A service behind proxies, and a rival that is not. */
async function scene(options: Parameters<typeof openLocks>[1] = {}) {
  const prefix = randomUUID();
  const proxies = await cluster.proxies();
  const locks = await openLocks(cluster.client(proxies), { prefix, ...options });
  const rival = await openLocks(cluster.client(), { prefix });
  const client = cluster.client();
  await client.ping();
  /** Which server has a key. */
  const serverOf = async (key: string): Promise<number> => {
    const slot = Number(await client.cluster('KEYSLOT', `${prefix}:{${key}}`));
    return Math.floor(slot / Math.ceil(16_384 / cluster.nodes.length));
  };
  return { proxies, locks, rival, serverOf };
}

function onceAnywhere(proxies: readonly TcpProxy[], ...rule: Parameters<TcpProxy['once']>): Promise<unknown> {
  return Promise.race(proxies.map((proxy) => proxy.once(...rule)));
}

describe.each(['cut', 'cut-reply'] as const)('the connection to a server breaks (%s)', (fate) => {
  it.each(['acquire', 'touch', 'release'] as const)('at the %s of a lock: nobody notices', async (kind) => {
    const { proxies, locks, rival } = await scene();
    const log = logOf(locks);
    void onceAnywhere(proxies, requestOf(kind), fate);
    const lock = await locks.acquire('key');
    await lock.renew();
    await lock.release();
    expect(log.map(({ type }) => type)).toEqual(['acquired', 'renewed', 'released']);
    expect(isFree(await rival.inspect('key'))).toBe(true);
  });

  it('at the release that passes the key on: the holder did not lose it', async () => {
    const { proxies, locks, rival } = await scene();
    const waiting = nextEvent(rival, 'waiting');
    let next: Promise<unknown> | undefined;
    const section = locks.withLock('key', async () => {
      next = rival.acquire('key').then((lock) => lock.release());
      await waiting;
      void onceAnywhere(proxies, requestOf('release'), fate);
      return 'shipped';
    });
    expect(await section).toBe('shipped');
    await within(HEARTBEAT_AND_ROOM, next!);
  });
});

describe('somebody takes the key away', () => {
  it('a section that held it learns at its release that the lock was lost', async () => {
    const { locks, rival } = await scene();
    const section = locks.withLock('key', async () => {
      await rival.forceRelease('key');
      await rival.acquire('key');
      return 'shipped';
    });
    expect(await rejection(section)).toMatchObject({ code: 'LOCK_LOST', result: 'shipped' });
  });
});

describe('one server hangs', () => {
  it('a failing server hurts only its own keys: the leases on the others are renewed', async () => {
    const { locks, serverOf } = await scene({ ttl: 2_000, commandTimeout: 500 });
    const held = await Promise.all(Array.from({ length: 60 }, (_, i) => locks.acquire(`key ${i}`)));
    const servers = await Promise.all(held.map(({ key }) => serverOf(key)));
    const log = logOf(locks);
    await cluster.nodes[2]!.pause();
    atEnd(() => cluster.nodes[2]!.resume());
    const onHanging = held.filter((_, i) => servers[i] === 2);
    expect(onHanging.length).toBeGreaterThan(0);
    await within(HEARTBEAT_AND_ROOM, Promise.all(onHanging.map(({ signal }) => aborted(signal))));
    const others = held.filter((_, i) => servers[i] !== 2);
    await until(() => {
      const settled = new Set(log.flatMap(({ type, key }) => (type === 'renewed' || type === 'lost' ? [key] : [])));
      return others.every(({ key }) => settled.has(key));
    });
    expect(
      only(log, 'lost')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(onHanging.map(({ key }) => key).sort());
  });

  it('its keys are refused, those of others are given', async () => {
    const { locks, rival, serverOf } = await scene({ commandTimeout: 500 });
    const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
    const servers = await Promise.all(keys.map(serverOf));
    const [bad, good] = [keys[servers.indexOf(2)]!, keys[servers.indexOf(0)]!];
    await cluster.nodes[2]!.pause();
    let paused = true;
    const resume = (): void => {
      if (paused) cluster.nodes[2]!.resume();
      paused = false;
    };
    atEnd(resume);
    expect(await rejection(locks.acquire(bad))).toBeInstanceOf(LockUnavailableError);
    await (await locks.acquire(good)).release();
    resume();
    await keyBecomes(rival, bad, isFree, HEARTBEAT_AND_ROOM);
  });
});

describe('while one server hangs', () => {
  /** A server that is asked by name, and one that hangs. */
  async function hanging() {
    const { locks, rival, serverOf } = await scene({ commandTimeout: 60_000 });
    const keys = Array.from({ length: 30 }, (_, i) => `key:${i}`);
    for (const key of keys) await rival.acquire(key, { ttl: '60s' });
    const healthy: string[] = [];
    for (const key of keys) if ((await serverOf(key)) !== 2) healthy.push(key);
    await cluster.nodes[2]!.pause();
    atEnd(() => cluster.nodes[2]!.resume());
    return { locks, healthy };
  }

  it('a ping is answered by another, and the keys of others are inspected in time', async () => {
    const { locks, healthy } = await hanging();
    for (let i = 0; i < 5; i++) expect(await locks.ping({ timeout: '20s' })).toBeLessThan(20_000);
    // As long as processes are given for their answers, and not as long as a command may take.
    const inspected = timed(() => Promise.all(healthy.map((key) => locks.inspect(key, { timeout: '200ms' }))));
    expect(await inspected).toBeLessThan(20_000);
  });
});

describe('a list of keys', () => {
  it('is whole, or fails: connections to servers break while it is read', async () => {
    const { proxies, locks, rival } = await scene();
    for (let i = 0; i < 30; i++) await rival.acquire(`key:${i}`, { ttl: '60s' });
    const listed = async (): Promise<number | string> => {
      let count = 0;
      try {
        for await (const _ of locks.list()) count += 1;
      } catch (error) {
        return (error as LockUnavailableError).code;
      }
      return count;
    };
    const outcomes = new Set<number | string>();
    for (let i = 0; i < 12; i++) {
      proxies[i % 3]!.cut();
      outcomes.add(await listed());
    }
    expect([...outcomes].filter((each) => each !== 30)).toEqual(
      outcomes.has('LOCK_UNAVAILABLE') ? ['LOCK_UNAVAILABLE'] : [],
    );
    await until(async () => (await listed()) === 30);
  });
});
