/** Seen in the field: a body that ran without its lock. Each test is named after how it came to that elsewhere. */
import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import type { Duration, Lock } from 'nestjs-distributed-lock';
import { freshPrefix } from '../support/servers/run-server.js';
import { lockModule, start, startWith } from '../support/apps/apps.js';
import { keyBecomes, rejection, until } from '../support/waiting.js';

/** Two services that compete, as if in two processes. */
async function rivals(options: object = {}): Promise<[LockService, LockService]> {
  const shared = { prefix: freshPrefix(), ...options };
  const apps = await Promise.all([1, 2].map(() => start({ imports: [lockModule(shared)] })));
  return apps.map((app) => app.get(LockService)) as [LockService, LockService];
}

it('decorated method before the module is initialised', async () => {
  const held: boolean[] = [];

  @Injectable()
  class Eager implements OnModuleInit {
    readonly tooEarly: Promise<unknown>;

    constructor(private readonly locks: LockService) {
      // Nest injects the service of the decorator after the constructor.
      this.tooEarly = rejection(this.work());
    }

    onModuleInit(): Promise<void> {
      return this.work();
    }

    @Locked('eager')
    async work(): Promise<void> {
      held.push(this.locks.holds('eager'));
    }
  }
  const eager = await startWith(Eager);
  expect(await eager.tooEarly).toMatchObject({ code: 'LOCK_OPTIONS' });
  expect(held).toEqual([true]);
});

it('empty list of keys is "acquired"', async () => {
  let ran = false;
  const nothing: string[] = [];

  @Injectable()
  class Batch {
    @Locked((ids: string[]) => ids.map((id) => `item:${id}`))
    async work(_ids: string[]): Promise<void> {
      ran = true;
    }
  }
  const [locks] = await rivals();
  expect(await rejection(locks.acquire(nothing))).toMatchObject({ code: 'LOCK_KEY' });
  expect(await rejection(locks.tryAcquire(nothing))).toMatchObject({ code: 'LOCK_KEY' });
  expect(await rejection(locks.withLock(nothing, () => (ran = true)))).toMatchObject({ code: 'LOCK_KEY' });
  expect(await rejection((await startWith(Batch)).work([]))).toMatchObject({ code: 'LOCK_KEY' });
  expect(ran).toBe(false);
});

it('default ttl of 100 ms with no renewal: three holders at once', async () => {
  const ttl = 3_000;
  let [inside, most, entered] = [0, 0, 0];
  const [a, b] = await rivals({ ttl });
  const work = (locks: LockService): Promise<void> =>
    locks.withLock('key', async (lock) => {
      most = Math.max(most, ++inside);
      const { expiresAt } = lock;
      // The first stays for longer than the ttl.
      if (++entered === 1) await until(() => !lock.isHeld || lock.expiresAt.getTime() - expiresAt.getTime() > ttl);
      inside--;
    });
  await Promise.all([work(a), work(b), work(a)]);
  expect([entered, most]).toEqual([3, 1]);
  // So short a lease is nobody's default.
  const [locks] = await rivals();
  const lock = await locks.acquire('key');
  expect(lock.ttl).toBe(30_000);
  await lock.release();
});

describe('wait attempts of 0 or NaN on a busy lock return true', () => {
  it('0: busy', async () => {
    const [locks, rival] = await rivals();
    const lock = await rival.acquire('key');
    expect(await rejection(locks.acquire('key', { wait: 0 }))).toMatchObject({ code: 'LOCK_BUSY' });
    expect(await locks.tryAcquire('key')).toBeNull();
    await lock.release();
  });

  it.each<[Duration]>([[NaN], [-1], ['' as never], ['soon' as never], [null as never]])('%p: refused', async (wait) => {
    const [locks] = await rivals();
    const refused = await rejection(locks.acquire('free', { wait }));
    expect(refused).toMatchObject({ code: 'LOCK_OPTIONS', message: expect.stringContaining('`wait`') });
    expect(await locks.inspect('free')).toMatchObject({ lastFencingToken: null });
  });
});

it('the default on time-out is to run anyway', async () => {
  let ran = 0;

  @Injectable()
  class Work {
    constructor(readonly locks: LockService) {}

    @Locked('key', { wait: 50 })
    async late(): Promise<void> {
      ran += 1;
    }

    @Locked('key', { wait: 0 })
    async busy(): Promise<void> {
      ran += 1;
    }
  }
  const shared = { prefix: freshPrefix() };
  const [work, rival] = [
    await startWith(Work, shared),
    (await start({ imports: [lockModule(shared)] })).get(LockService),
  ];
  const lock = await rival.acquire('key');
  expect(await rejection(work.late())).toMatchObject({ code: 'LOCK_TIMEOUT' });
  expect(await rejection(work.busy())).toMatchObject({ code: 'LOCK_BUSY' });
  expect(ran).toBe(0);
  await lock.release();
  await work.late();
  expect(ran).toBe(1);
});

it('a lock is returned that expired while another of its keys was waited for', async () => {
  let began: Lock | undefined;
  const [locks, rival] = await rivals();
  const second = await rival.acquire('b');
  const outcome = rejection(
    locks.withLock(['a', 'b'], { ttl: 300, autoRenew: false }, (lock) => {
      began = lock;
    }),
  );
  await keyBecomes(rival, 'b', ({ waiting }) => waiting.length === 1);
  const first = await rival.acquire('a');
  await second.release();
  // It is asked for again, and the rival has it for as long as there is time to wait.
  expect(await outcome).toMatchObject({ code: 'LOCK_TIMEOUT' });
  expect(began).toBeUndefined();
  await keyBecomes(rival, 'b', ({ holders }) => holders.length === 0);
  expect(first.isHeld).toBe(true);
  await first.release();
});
