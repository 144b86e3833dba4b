/** Seen in the field: losses that nobody heard of, and renewers that were too many or went on for ever. */
import { LockService } from 'nestjs-distributed-lock';
import type { LockEvent } from 'nestjs-distributed-lock';
import { TcpProxy } from '../support/tcp-proxy.js';
import { freshPrefix, lockModule, REDIS_URL, start } from '../integration/support/apps.js';
import { keyBecomes, nextEvent, rejection, until } from '../integration/support/waiting.js';

async function openLocks(options: object): Promise<LockService> {
  return (await start({ imports: [lockModule(options)] })).get(LockService);
}

it('silent re-acquire after expiry hides the loss', async () => {
  const prefix = freshPrefix();
  const [locks, rival] = [await openLocks({ prefix, ttl: 100 }), await openLocks({ prefix })];
  const lock = await locks.acquire('key', { autoRenew: false });
  await keyBecomes(rival, 'key', ({ holder }) => holder === null);
  // The key is free, so taking it again would go unnoticed.
  expect(await rejection(lock.renew())).toMatchObject({ code: 'LOCK_LOST' });
  expect(await rejection(locks.run !== undefined ? lock.release() : lock.release())).toMatchObject({
    code: 'LOCK_LOST',
  });
  expect(lock.isHeld).toBe(false);
  expect(lock.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
  expect((await rival.inspect('key')).holder).toBeNull();
});

it('isAcquired stays true after loss', async () => {
  const locks = await openLocks({ ttl: 100 });
  const lock = await locks.acquire('key', { autoRenew: false });
  await until(() => !lock.isHeld);
  expect(lock.signal.aborted).toBe(true);
});

it('re-entry starts a second renewer', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const locks = await openLocks({ connection: proxy.url, ttl: 900 });
  const renewed: LockEvent[] = [];
  locks.events$.subscribe((event) => event.type === 'renewed' && renewed.push(event));
  await locks.withLock('key', () =>
    locks.withLock('key', () =>
      locks.withLock('key', async () => {
        proxy.commands.length = 0;
        const start = performance.now();
        await until(() => renewed.length >= 4);
        const elapsed = performance.now() - start;
        // Every third of the ttl, less a tenth: with a renewer for each depth there would be three times as many.
        expect(proxy.commands.length).toBeLessThanOrEqual(elapsed / (300 * 0.9) + 1);
      }),
    ),
  );
});

it('re-entry starts a second renewer that outlives the lock', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const locks = await openLocks({ connection: proxy.url, ttl: 300 });
  await locks.withLock('key', () => locks.withLock('key', () => nextEvent(locks, 'renewed')));
  proxy.commands.length = 0;
  // Another lock's renewals tell that time enough has passed.
  await locks.withLock('other', async () => {
    for (let i = 0; i < 3; i++) await nextEvent(locks, 'renewed');
  });
  expect(proxy.commands.filter(({ args }) => args.some((arg) => arg.includes('{key}')))).toEqual([]);
});

it('after a loss 2–3 s wasted on releasing what is gone', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const locks = await openLocks({ connection: proxy.url, ttl: 300, commandTimeout: '20s' });
  const outcome = rejection<{ result: string }>(
    locks.withLock('key', async (lock) => {
      proxy.blackhole();
      await until(() => !lock.isHeld);
      return 'done';
    }),
  );
  // No request of this section can be answered any more: to wait for one would take the whole command timeout.
  const slow = new Promise<string>((resolve) => setTimeout(resolve, 10_000, 'waited').unref());
  expect(await Promise.race([outcome, slow])).toMatchObject({ code: 'LOCK_LOST', result: 'done' });
  proxy.flow();
});
