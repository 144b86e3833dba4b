/** Pub/Sub is only a hint: everything works without it, one heartbeat later. */
import { LockTimeoutError } from 'nestjs-distributed-lock';
import { handOff, HEARTBEAT_AND_ROOM, LONG, openLocks } from '../support/apps/locks.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { nextEvent, rejection, within } from '../support/waiting.js';

describe('messages of Pub/Sub never arrive', () => {
  it('because the server publishes none', async () => {
    const redis = await openRedis({ args: ['--rename-command', 'PUBLISH', ''] });
    const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
    await handOff(rival, locks);
    await handOff(rival, locks);
  });

  it('because the subscription is never answered', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
    proxy.always('subscribe', 'drop');
    await handOff(rival, locks);
    await handOff(rival, locks);
  });

  it('because the subscriber is never let in', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
    proxy.refuse();
    await handOff(rival, locks);
    await handOff(rival, locks);
  });

  it('to many waiters: each gets its turn', async () => {
    const redis = await openRedis({ args: ['--rename-command', 'PUBLISH', ''] });
    const services = await Promise.all(Array.from({ length: 4 }, () => openLocks(redis)));
    let inside = 0;
    const sections = services.map((locks) =>
      locks.withLock('key', async () => {
        expect((inside += 1)).toBe(1);
        await locks.inspect('key');
        inside -= 1;
      }),
    );
    await within(3 * HEARTBEAT_AND_ROOM, Promise.all(sections));
  });
});

describe('a subscription that is never answered', () => {
  async function muted(options: Parameters<typeof openLocks>[1]) {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy, options), await openLocks(redis)];
    proxy.always('subscribe', 'drop');
    return { locks, rival, held: await rival.acquire('key') };
  }

  it('busy is told from broken: a wait shorter than a heartbeat times out', async () => {
    const { locks } = await muted({});
    expect(await rejection(locks.acquire('key', { wait: 400 }))).toBeInstanceOf(LockTimeoutError);
    expect(await locks.tryAcquire('key', { wait: 400 })).toBeNull();
  });

  it('wait limit of 10 s gives up after 0.7 s: not because one command may take no longer', async () => {
    const { locks, held } = await muted({ commandTimeout: 700, wait: '10s' });
    const waiting = locks.acquire('key');
    await Promise.race([nextEvent(locks, 'waiting'), waiting]);
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });

  it('a key that becomes free meanwhile is acquired, even for a short ttl', async () => {
    const { locks, held } = await muted({ ttl: 500, wait: LONG });
    const waiting = locks.acquire('key');
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });
});

it("one waiter's time-out unsubscribes the others: not here", async () => {
  const redis = await openRedis();
  const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
  const held = await rival.acquire('key');
  const short = rejection(locks.acquire('key', { wait: 300 }));
  const waiting = locks.acquire('key');
  expect(await short).toBeInstanceOf(LockTimeoutError);
  await held.release();
  await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
});
