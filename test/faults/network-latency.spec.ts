/** A slow network: everything arrives, but late, some of it too late. */
import { LockService, LockUnavailableError } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, logOf, LONG, only, openApp, openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, until, within } from '../support/waiting.js';

async function scene(options: Parameters<typeof openLocks>[1] = {}) {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  return { redis, proxy, locks: await openLocks(proxy, options), rival: await openLocks(redis) };
}

describe.each([10, 50])('%d ms each way', (latency) => {
  it('taken, renewed, waited for, handed on', async () => {
    const { redis, proxy, locks, rival } = await scene();
    proxy.setLatency(latency);
    const far = await openLocks(proxy);
    const log: string[] = [];
    const sections = [locks, far, rival].map((service, i) =>
      service.withLock('key', async (lock) => {
        log.push(`${i} in`);
        await lock.renew();
        log.push(`${i} out`);
      }),
    );
    await within(HEARTBEAT_AND_ROOM, Promise.all(sections));
    expect(log.filter((_, i) => i % 2 === 0).map((entry) => entry.replace('in', 'out'))).toEqual(
      log.filter((_, i) => i % 2 === 1),
    );
    expect(log).toHaveLength(6);
    expect(isFree(await (await openLocks(redis)).inspect('key'))).toBe(true);
  });

  it('a short lease is kept', async () => {
    const { proxy, locks, rival } = await scene({ ttl: 1_000 });
    proxy.setLatency(latency);
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    await until(() => only(log, 'renewed').length >= 6);
    expect(lock.isHeld).toBe(true);
    expect(await rival.tryAcquire('key')).toBeNull();
    await lock.release();
  });

  it('cancelled waits leave nothing, even with the grant on its way', async () => {
    const { proxy, locks, rival } = await scene();
    for (let round = 0; round < 5; round++) {
      proxy.setLatency(0);
      const held = await rival.acquire('key');
      const cancel = new AbortController();
      const gone = rejection(locks.acquire('key', { signal: cancel.signal }));
      await nextEvent(locks, 'waiting');
      proxy.setLatency(latency);
      // The server admits the waiter now; neither the message nor the answer to a touch has come back yet.
      await held.release();
      expect((await rival.inspect('key', { ask: false })).holders).not.toEqual([]);
      cancel.abort();
      expect(await gone).toBe(cancel.signal.reason);
      await keyBecomes(rival, 'key', isFree);
    }
  });
});

describe('an answer that is on its way', () => {
  it('to a cancelled acquire: the lease is given back', async () => {
    const { proxy, locks, rival } = await scene();
    proxy.hold('toClient');
    const cancel = new AbortController();
    const gone = rejection(locks.acquire('key', { signal: cancel.signal }));
    await keyBecomes(rival, 'key', ({ holders }) => holders.length > 0);
    cancel.abort();
    expect(await gone).toBe(cancel.signal.reason);
    await keyBecomes(rival, 'key', isFree);
    proxy.flow('toClient');
  });

  it('to an acquire whose wait is over: the lease is given back', async () => {
    const { proxy, locks, rival } = await scene();
    proxy.hold('toClient');
    expect(await rejection(locks.acquire('key', { wait: 200 }))).toBeInstanceOf(LockUnavailableError);
    await keyBecomes(rival, 'key', isFree);
    proxy.flow('toClient');
    await (await locks.acquire('key')).release();
  });

  it('to several keys that were asked for together: none is left', async () => {
    const { proxy, locks, rival } = await scene();
    // The server knows the script then.
    await (await locks.acquire(['a', 'b'])).release();
    proxy.hold('toClient');
    const cancel = new AbortController();
    const gone = rejection(locks.acquire(['a', 'b'], { signal: cancel.signal }));
    for (const key of ['a', 'b']) await keyBecomes(rival, key, ({ holders }) => holders.length > 0);
    cancel.abort();
    expect(await gone).toBe(cancel.signal.reason);
    for (const key of ['a', 'b']) await keyBecomes(rival, key, isFree);
    proxy.flow('toClient');
  });

  it('to one of several keys: none is left', async () => {
    const { proxy, locks, rival } = await scene();
    // So that they are taken one after the other.
    const held = await rival.acquire('c');
    const cancel = new AbortController();
    const second = proxy.next((command) => requestOf('acquire')(command) && command.args[2] === 'lock:{b}');
    const gone = rejection(locks.acquire(['a', 'b', 'c'], { signal: cancel.signal }));
    await second;
    proxy.hold('toClient');
    cancel.abort();
    proxy.flow('toClient');
    expect(await gone).toBe(cancel.signal.reason);
    await held.release();
    for (const key of ['a', 'b', 'c']) await keyBecomes(rival, key, isFree);
  });

  it('when the application shuts down: the lease does not outlive it', async () => {
    const { proxy, rival } = await scene();
    const app = await openApp(proxy);
    proxy.hold('toClient');
    const refused = rejection(app.get(LockService).acquire('key'));
    await keyBecomes(rival, 'key', ({ holders }) => holders.length > 0);
    const closed = app.close();
    proxy.flow('toClient');
    await closed;
    await refused;
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });
});

it('a request that arrives after its caller has stopped believing in it: the lease is given back, and asked for again', async () => {
  const { proxy, locks, rival } = await scene();
  const ttl = 500;
  proxy.hold('toServer');
  const acquired = locks.acquire('key', { ttl });
  const sent = performance.now();
  await until(() => performance.now() > sent + ttl);
  proxy.flow('toServer');
  await (await acquired).release();
  await keyBecomes(rival, 'key', isFree);
});

describe('an answer that arrives after the lease it tells of', () => {
  it('lease clock started at the reply: not here, the key is asked for again', async () => {
    const { proxy, locks, rival } = await scene();
    proxy.hold('toClient');
    const outcome = locks.withLock('key', { ttl: 300 }, (lock) => lock.isHeld);
    await keyBecomes(rival, 'key', ({ holders }) => holders.length > 0);
    await keyBecomes(rival, 'key', isFree);
    proxy.flow('toClient');
    expect(await outcome).toBe(true);
    expect(isFree(await locks.inspect('key'))).toBe(true);
  });

  it('nothing happens to whoever holds the key by then', async () => {
    const { proxy, locks, rival } = await scene();
    proxy.hold('toClient');
    const acquired = locks.acquire('key', { ttl: 300, wait: LONG });
    await keyBecomes(rival, 'key', ({ holders }) => holders.length > 0);
    const next = await rival.acquire('key');
    proxy.flow('toClient');
    await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 1);
    await next.renew();
    await next.release();
    const lock = await acquired;
    expect(lock.fencingToken).toBeGreaterThan(next.fencingToken);
    await lock.release();
  });

  it('a renewal does not bring the lock back', async () => {
    const { proxy, locks, rival } = await scene({ ttl: 500 });
    const lock = await locks.acquire('key');
    proxy.hold('toClient');
    const renewal = rejection(lock.renew());
    await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
    const next = await rival.acquire('key');
    proxy.flow('toClient');
    expect(await renewal).toBe(lock.signal.reason);
    expect(lock.isHeld).toBe(false);
    await next.renew();
  });
});

it('several keys, of which the last is asked for when the wait is nearly over: it timed out, Redis is well', async () => {
  const { proxy, locks, rival } = await scene();
  const log = logOf(locks);
  const first = await rival.acquire('a');
  const wait = 1_500;
  const asked = performance.now();
  const failed = rejection(locks.acquire(['a', 'b', 'c'], { wait }));
  await nextEvent(locks, 'waiting');
  await until(() => performance.now() > asked + wait - 400);
  proxy.setLatency(250);
  await first.release();
  expect(await failed).toMatchObject({ code: 'LOCK_TIMEOUT' });
  expect(only(log, 'failed')).toEqual([]);
  proxy.setLatency(0);
  for (const key of ['a', 'b', 'c']) await keyBecomes(rival, key, isFree);
});
