/** Seen in the field: losses that nobody heard of, and renewers that were one too many. */
import { LockService } from 'nestjs-distributed-lock';
import type { Lock, LockLostError } from 'nestjs-distributed-lock';
import { requestWith } from '../support/network/wire-requests.js';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';
import { lockModule, start } from '../support/apps/apps.js';
import { keyBecomes, nextEvent, rejection, until } from '../support/waiting.js';

async function openLocks(options: object): Promise<LockService> {
  return (await start({ imports: [lockModule(options)] })).get(LockService);
}

it('silent re-acquire after expiry hides the loss', async () => {
  const prefix = freshPrefix();
  const [locks, rival] = [await openLocks({ prefix, ttl: 100 }), await openLocks({ prefix })];
  const lock = await locks.acquire('key', { autoRenew: false });
  await keyBecomes(rival, 'key', ({ holders }) => holders.length === 0);
  // The key is free, so taking it again would go unnoticed.
  expect(await rejection(lock.renew())).toMatchObject({ code: 'LOCK_LOST' });
  expect(await lock.release()).toBe(false);
  expect(lock.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
  expect(lock.isHeld).toBe(false);
  expect(lock.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
  expect((await rival.inspect('key')).holders).toEqual([]);
});

it('re-entry starts a second renewer', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const locks = await openLocks({ connection: proxy.url, ttl: 900 });
  const plain = await locks.acquire('plain');
  const requestsOf = ({ token }: Lock): number => proxy.commands.filter(requestWith(token)).length;
  await locks.withLock('key', () =>
    locks.withLock('key', () =>
      locks.withLock('key', async (lock) => {
        proxy.commands.length = 0;
        await until(() => requestsOf(plain) >= 5);
        // With a renewer for each depth there would be three times as many.
        expect(requestsOf(lock)).toBeGreaterThanOrEqual(3);
        expect(requestsOf(lock)).toBeLessThanOrEqual(7);
      }),
    ),
  );
  await plain.release();
});

it('re-entry starts a second renewer that outlives the lock', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const locks = await openLocks({ connection: proxy.url, ttl: 300 });
  const token = await locks.withLock('key', () =>
    locks.withLock('key', async (lock) => {
      await nextEvent(locks, 'renewed');
      return lock.token;
    }),
  );
  const isOfLock = requestWith(token);
  // The first request, at least one renewal, and the release.
  expect(proxy.commands.filter(isOfLock).length).toBeGreaterThanOrEqual(3);
  proxy.commands.length = 0;
  // Another lock's renewals tell that time enough has passed.
  await locks.withLock('other', async () => {
    for (let i = 0; i < 3; i++) await nextEvent(locks, 'renewed');
  });
  expect(proxy.commands.filter(isOfLock)).toEqual([]);
});

it('after a loss 2–3 s wasted on releasing what is gone', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const locks = await openLocks({ connection: proxy.url, ttl: 300, commandTimeout: '1h' });
  const outcome = rejection<LockLostError>(
    locks.withLock('key', async (lock) => {
      proxy.blackhole();
      await until(() => !lock.isHeld);
      return 'done';
    }),
  );
  // No request of this section can be answered any more: to wait for one would take the whole command timeout.
  expect(await outcome).toMatchObject({ code: 'LOCK_LOST', result: 'done' });
  // What the black hole has swallowed is sent again over a new connection.
  proxy.flow();
  proxy.cut();
  await keyBecomes(locks, 'key', ({ holders }) => holders.length === 0);
});
