/** S8: a wait that was cancelled or ran out leaves no lease and no place in line, whatever was on its way. */
import { LockUnavailableError } from 'nestjs-distributed-lock';
import { openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openClient } from '../support/servers/clients.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { isFree, keyBecomes, rejection } from '../support/waiting.js';

/** A service behind a proxy, and a rival that holds the key. */
async function contended() {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
  return { redis, proxy, locks, rival, held: await rival.acquire('key') };
}

describe('a cancelled wait', () => {
  it('leaves no place in line when it is cancelled while its process subscribes', async () => {
    const { proxy, locks, rival } = await contended();
    const cancel = new AbortController();
    const subscribing = proxy.once('subscribe', { delay: 300 });
    const cancelled = rejection(locks.acquire('key', { signal: cancel.signal }));
    await subscribing;
    cancel.abort();
    expect(await cancelled).toBe(cancel.signal.reason);
    await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 0);
  });

  it('leaves no lease when it is cancelled while its process subscribes', async () => {
    const { proxy, locks, rival, held } = await contended();
    const cancel = new AbortController();
    const subscribing = proxy.once('subscribe', { delay: 300 });
    const cancelled = rejection(locks.acquire('key', { signal: cancel.signal }));
    await subscribing;
    await held.release();
    cancel.abort();
    await cancelled;
    await keyBecomes(rival, 'key', isFree);
  });

  it('leaves no lease when its script was unknown to the server', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
    const held = await rival.acquire('other');
    await openClient(redis).script('FLUSH');
    // The server learns how to release again, and not how to acquire.
    await held.release();
    proxy.hold('toClient');
    const cancel = new AbortController();
    const asked = proxy.next(requestOf('acquire'));
    const cancelled = rejection(locks.acquire('key', { signal: cancel.signal }));
    await asked;
    const givenBack = proxy.next(requestOf('release'));
    cancel.abort();
    expect(await cancelled).toBe(cancel.signal.reason);
    await givenBack;
    proxy.flow('toClient');
    await locks.inspect('key');
    await keyBecomes(rival, 'key', isFree, 1_000);
    expect(await rival.inspect('key')).toMatchObject({ holders: [] });
  });
});

it('an acquire that ran out leaves no lease when the server says too late that it did not know the script', async () => {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  const [locks, rival] = [await openLocks(openClient(proxy), { commandTimeout: 300 }), await openLocks(redis)];
  const held = await rival.acquire('other');
  await openClient(redis).script('FLUSH');
  // The server learns how to release again, and not how to acquire.
  await held.release();
  const late = proxy.next(requestOf('acquire'));
  const released = proxy.next(requestOf('release'));
  proxy.hold('toClient');
  expect(await rejection(locks.acquire('key'))).toBeInstanceOf(LockUnavailableError);
  await late;
  proxy.flow('toClient');
  // At once, or over a new connection where the silent one was given up in time.
  await released;
  // Answered after whatever follows from the late answer.
  await keyBecomes(locks, 'key', isFree);
  expect(await rival.inspect('key')).toMatchObject({ holders: [] });
});
