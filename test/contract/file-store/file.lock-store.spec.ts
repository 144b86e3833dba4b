/** A store of a user's own, in files: it passes the contract, and locks between two applications. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { DistributedLockModule, Locked, LockService } from 'nestjs-distributed-lock';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import { FileLockStore } from './file.lock-store.js';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'file-locks-'));

describeLockStore(
  'files',
  async () => {
    const folder = await newFolder();
    // The cases don't wait: the clock of the store is moved.
    let ahead = 0;
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now.call(Date) + ahead);
    return {
      open: (timing) => new FileLockStore(folder, timing),
      advance: (ms) => void (ahead += ms),
      dispose: async () => {
        clock.mockRestore();
        await rm(folder, { recursive: true });
      },
    };
  },
  // Its rules treat every request as exclusive, so that they stay short enough for a page.
  {
    describe,
    it,
    reportsGrants: false,
    sharesKeys: false,
    acquiresTogether: false,
    listsKeys: false,
    tellsProcesses: false,
  },
);

class Counter {
  static value = 0;

  constructor(readonly locks: LockService) {}

  @Locked('counter')
  async increment(): Promise<void> {
    const { value } = Counter;
    await pause(2);
    Counter.value = value + 1;
  }
}

describe('two applications with a store in the same folder', () => {
  const opened: { folder: string; apps: TestingModule[] }[] = [];

  afterEach(async () => {
    for (const { folder, apps } of opened.splice(0)) {
      for (const app of apps) await app.close();
      await rm(folder, { recursive: true });
    }
  });

  async function open(): Promise<{ folder: string; counters: Counter[] }> {
    const folder = await newFolder();
    const start = async (): Promise<TestingModule> => {
      const imports = [DistributedLockModule.forRoot({ store: new FileLockStore(folder) })];
      const provider = {
        provide: Counter,
        useFactory: (locks: LockService) => new Counter(locks),
        inject: [LockService],
      };
      const app = await Test.createTestingModule({ imports, providers: [provider] }).compile();
      return app.init();
    };
    const apps = [await start(), await start()];
    opened.push({ folder, apps });
    return { folder, counters: apps.map((app) => app.get(Counter)) };
  }

  it('run a locked method one at a time', async () => {
    const { counters } = await open();
    Counter.value = 0;
    await Promise.all(Array.from({ length: 30 }, (_, i) => counters[i % 2]!.increment()));
    expect(Counter.value).toBe(30);
  });

  it('wait for each other, and see each other’s locks; fencing tokens grow', async () => {
    const { counters } = await open();
    const [first, second] = counters.map(({ locks }) => locks) as [LockService, LockService];
    const lock = await first.acquire('order:42');
    expect(await second.tryAcquire('order:42')).toBeNull();
    expect(await second.inspect('order:42')).toMatchObject({ holders: [{ token: lock.token }], waiting: [] });
    const next = second.acquire('order:42');
    await lock.release();
    await using granted = await next;
    expect(granted.fencingToken).toBeGreaterThan(lock.fencingToken);
    expect(first.holds('order:42')).toBe(false);
  });

  it('leave no file behind that was not used for long, once a store is opened', async () => {
    const { folder, counters } = await open();
    await counters[0]!.increment();
    expect((await readdir(folder)).length).toBe(1);
    await pause(5);
    await new FileLockStore(folder, { retention: 1 }).start();
    expect(await readdir(folder)).toEqual([]);
  });
});
