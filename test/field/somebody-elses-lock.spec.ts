/** Seen in the field: a lock that was ended or prolonged by somebody who did not hold it. */
import { LockService } from 'nestjs-distributed-lock';
import type { Lock } from 'nestjs-distributed-lock';
import { freshPrefix } from '../support/servers/run-server.js';
import { lockModule, start } from '../support/apps/apps.js';
import { keyBecomes, rejection } from '../support/waiting.js';

let locks: LockService;
let rival: LockService;

beforeEach(async () => {
  const shared = { prefix: freshPrefix() };
  const apps = await Promise.all([1, 2].map(() => start({ imports: [lockModule(shared)] })));
  [locks, rival] = apps.map((app) => app.get(LockService)) as [LockService, LockService];
});

/** A lock that is over while its owner still has it in hands, and the one that came after it. */
async function overtaken(): Promise<{ old: Lock; valid: Lock }> {
  const old = await locks.acquire('key', { ttl: 100, autoRenew: false });
  await keyBecomes(rival, 'key', ({ holders }) => holders.length === 0);
  return { old, valid: await rival.acquire('key', { ttl: '20s' }) };
}

async function expectUntouched(valid: Lock): Promise<void> {
  const [holder] = (await rival.inspect('key')).holders;
  expect(holder).toMatchObject({ token: valid.token, fencingToken: valid.fencingToken });
  expect(holder!.expiresIn).toBeGreaterThan(10_000);
  await valid.renew();
  await valid.release();
}

it("one caller's time-out deletes the holder's key", async () => {
  const lock = await rival.acquire('key');
  expect(await rejection(locks.acquire('key', { wait: 50 }))).toMatchObject({ code: 'LOCK_TIMEOUT' });
  expect(await locks.tryAcquire('key')).toBeNull();
  expect(await locks.inspect('key')).toMatchObject({ holders: [{ token: lock.token }], waiting: [] });
  await lock.release();
});

it('after expiry two owners renew', async () => {
  const { old, valid } = await overtaken();
  expect(await rejection(old.renew('1h'))).toMatchObject({ code: 'LOCK_LOST' });
  await expectUntouched(valid);
});

it('setTTL without an owner check', async () => {
  const lock = await rival.acquire('key', { ttl: '20s' });
  expect(await rejection(locks.renew('key', '1h'))).toMatchObject({ code: 'LOCK_NOT_HELD' });
  expect((await locks.inspect('key')).holders[0]!.expiresIn).toBeLessThanOrEqual(20_000);
  await lock.release();
});

it("a late release deletes the next holder's key", async () => {
  const { old, valid } = await overtaken();
  expect(await old.release()).toBe(false);
  expect(old.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
  await expectUntouched(valid);
});

it('a second release of one handle', async () => {
  const lock = await locks.acquire('key');
  await lock.release();
  const valid = await rival.acquire('key', { ttl: '20s' });
  expect(await rejection(lock.release())).toMatchObject({ code: 'LOCK_NOT_HELD' });
  await expectUntouched(valid);
});
