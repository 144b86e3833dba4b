/** A server that forgets: its scripts, or everything. */
import type { Lock, LockService } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';
import { isFree, keyBecomes, nextEvent, rejection, within } from '../support/waiting.js';

describe('SCRIPT FLUSH', () => {
  const requests: [string, (locks: LockService, held: Lock) => Promise<unknown>][] = [
    ['acquire', (locks) => locks.acquire('another')],
    ['acquire of several keys', (locks) => locks.acquire(['another', 'third'])],
    ['tryAcquire of a busy key', (locks) => locks.tryAcquire('key')],
    ['renew', (_, held) => held.renew()],
    ['release', (_, held) => held.release()],
    ['inspect', (locks) => locks.inspect('key')],
    ['forceRelease', (locks) => locks.forceRelease('key')],
  ];

  it.each(requests)('first call after SCRIPT FLUSH fails with NOSCRIPT: not %s', async (_, request) => {
    const redis = await openRedis();
    const locks = await openLocks(redis);
    const held = await locks.acquire('key');
    await openClient(redis).script('FLUSH');
    await request(locks, held);
  });

  it('while somebody waits: the hand-off happens all the same', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await openClient(redis).script('FLUSH');
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(await rival.inspect('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('before every request: everybody still has the key alone, in turn', async () => {
    const redis = await openRedis();
    const client = openClient(redis);
    const services = await Promise.all(Array.from({ length: 3 }, () => openLocks(redis)));
    let [inside, sections, flushing] = [0, 0, true];
    const flushes = (async () => {
      while (flushing) await client.script('FLUSH');
    })();
    const section = async (): Promise<void> => {
      expect((inside += 1)).toBe(1);
      await client.ping();
      inside -= 1;
      sections += 1;
    };
    const rounds = services.map(async (locks) => {
      for (let round = 0; round < 10; round++) await locks.withLock('key', section);
    });
    await Promise.all(rounds).finally(() => (flushing = false));
    await flushes;
    expect(sections).toBe(30);
    expect(await services[0]!.inspect('key')).toMatchObject({ holders: [], waiting: [] });
  });
});

describe('FLUSHALL', () => {
  it('a section that held the lock learns that it was lost, and its result is attached', async () => {
    const redis = await openRedis();
    const [locks, client] = [await openLocks(redis), openClient(redis)];
    const section = locks.withLock('key', async () => {
      await client.flushall();
      return 'shipped';
    });
    expect(await rejection(section)).toMatchObject({ code: 'LOCK_LOST', result: 'shipped' });
  });

  it('the counter key decides ownership, so two owners renew: not here, only the new owner does', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
    const old = await locks.acquire('key');
    await openClient(redis).flushall();
    const lock = await rival.acquire('key', { wait: 0 });
    expect(lock.fencingToken).toBeGreaterThan(old.fencingToken);
    expect(await rejection(old.renew())).toMatchObject({ code: 'LOCK_LOST' });
    expect(await old.release()).toBe(false);
    expect(old.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
    expect((await locks.inspect('key')).holders[0]?.token).toBe(lock.token);
    await lock.renew();
    await lock.release();
  });

  it('while somebody waits: it joins the line again, long before the lease that was flushed would have ended', async () => {
    const redis = await openRedis();
    const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
    await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await openClient(redis).flushall();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
    expect(await locks.inspect('key')).toMatchObject({ holders: [], waiting: [] });
  });

  it('between the grant and its claim: the waiter asks again, and is alone', async () => {
    const redis = await openRedis();
    const client = openClient(redis);
    const [first, second, rival] = [await openLocks(redis), await openLocks(redis), await openLocks(redis)];
    for (let round = 0; round < 10; round++) {
      const held = await rival.acquire('key');
      const waiting = first.acquire('key');
      await nextEvent(first, 'waiting');
      await Promise.all([held.release(), client.flushall()].map((done) => done.catch(() => undefined)));
      const lock = await within(HEARTBEAT_AND_ROOM, waiting);
      // Whoever was told that it holds the key either does, or is told otherwise at its next request.
      const other = await second.tryAcquire('key');
      if (other) expect(await rejection(lock.renew())).toMatchObject({ code: 'LOCK_LOST' });
      await Promise.all([lock, other].map((each) => each?.release().catch(() => undefined)));
      await keyBecomes(rival, 'key', isFree);
    }
  });
});
