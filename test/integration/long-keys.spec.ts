/** Keys that are too long are refused before anything is sent, wherever a key is given. */
import { Injectable } from '@nestjs/common';
import { DistributedLockModule, Locked, LockService } from 'nestjs-distributed-lock';
import { start } from '../support/apps/apps.js';

let ran = 0;

@Injectable()
class Orders {
  @Locked('order:<0>')
  async ship(_id: string): Promise<void> {
    ran += 1;
  }

  @Locked((ids: string[]) => ids)
  async shipAll(_ids: string[]): Promise<void> {
    ran += 1;
  }
}

async function open(maxKeyBytes?: number) {
  const imports = [DistributedLockModule.forRoot({ connection: 'memory', maxKeyBytes })];
  const moduleRef = await start({ imports, providers: [Orders] });
  return { locks: moduleRef.get(LockService), orders: moduleRef.get(Orders) };
}

const HUGE = 'k'.repeat(2_000_000);
const REFUSED = {
  code: 'LOCK_KEY',
  message: expect.stringMatching(/at most 1024 bytes, got \d+ bytes: .*`maxKeyBytes`/),
};

const CALLS: Readonly<Record<string, (locks: LockService, orders: Orders, key: string) => Promise<unknown>>> = {
  acquire: (locks, _, key) => locks.acquire(key),
  'acquire of several': (locks, _, key) => locks.acquire(['short', key]),
  tryAcquire: (locks, _, key) => locks.tryAcquire(key),
  withLock: (locks, _, key) => locks.withLock(key, () => (ran += 1)),
  inspect: (locks, _, key) => locks.inspect(key),
  forceRelease: (locks, _, key) => locks.forceRelease(key),
  'a template of @Locked': (_, orders, key) => orders.ship(key),
  'a key function of @Locked': (_, orders, key) => orders.shipAll(['short', key]),
};

it.each(Object.entries(CALLS))('%s refuses a key of 2 MB, and says how long it may be', async (_, call) => {
  const { locks, orders } = await open();
  ran = 0;
  const error = await call(locks, orders, HUGE).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toMatchObject(REFUSED);
  // It ends in logs.
  expect(JSON.stringify({ ...error, message: error!.message, stack: error!.stack }).length).toBeLessThan(5_000);
  expect(ran).toBe(0);
  expect(await locks.inspect('short')).toMatchObject({ holders: [] });
});

it('the limit is in bytes of UTF-8', async () => {
  const { locks } = await open(8);
  for (const key of ['12345678', 'äöüß', '🔑🔑']) await (await locks.acquire(key)).release();
  for (const key of ['123456789', 'äöüßa', '🔑🔑a', '鍵鍵鍵']) {
    await expect(locks.acquire(key)).rejects.toMatchObject({ code: 'LOCK_KEY' });
  }
});

it('the limit can be raised', async () => {
  const { locks } = await open(5_000);
  await (await locks.acquire('k'.repeat(5_000))).release();
  await expect(locks.acquire('k'.repeat(5_001))).rejects.toMatchObject({ code: 'LOCK_KEY' });
});
