/** S7: once a token is released, nothing more is asked for it, even if the server had forgotten the script of its touch. */
import type { LockService } from 'nestjs-distributed-lock';
import { openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openClient } from '../support/servers/clients.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { keyBecomes, nextEvent, until } from '../support/waiting.js';

/** The server has forgotten the script, and answers that to a touch; it has learnt the script again before the release. */
async function play(
  begin: (locks: LockService, rival: LockService) => Promise<readonly [touch: () => void, leave: () => void]>,
) {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
  const teacher = await rival.acquire('other');
  const [touch, leave] = await begin(locks, rival);
  await openClient(redis).script('FLUSH');
  proxy.hold('toClient');
  const answered = async (kind: 'touch' | 'release', send: () => void): Promise<void> => {
    const { replies } = proxy;
    const sent = proxy.next(requestOf(kind));
    send();
    await sent;
    await until(() => proxy.replies > replies);
  };
  await answered('touch', touch);
  await teacher.release();
  await answered('release', leave);
  proxy.commands.length = 0;
  proxy.flow('toClient');
  // Their answers come behind those that were held back, and what follows from these is sent before.
  for (let i = 0; i < 3; i++) await locks.inspect('key');
  return { proxy, rival };
}

it('a renewal that has to be sent a second time does not arrive behind the release of its lock', async () => {
  const { proxy, rival } = await play(async (locks) => {
    const lock = await locks.acquire('key');
    return [() => void lock.renew().catch(() => undefined), () => void lock.release().catch(() => undefined)];
  });
  expect(proxy.commands.filter(requestOf('touch'))).toEqual([]);
  await keyBecomes(rival, 'key', ({ holders }) => holders.length === 0);
});

it('a look at the key that has to be repeated does not arrive behind the end of the wait', async () => {
  const { proxy, rival } = await play(async (locks, other) => {
    await other.acquire('key');
    const cancel = new AbortController();
    locks.acquire('key', { signal: cancel.signal }).catch(() => undefined);
    await nextEvent(locks, 'waiting');
    // It is touched once a second.
    return [() => undefined, () => cancel.abort()];
  });
  expect(proxy.commands.filter(requestOf('touch'))).toEqual([]);
  await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 0);
});
