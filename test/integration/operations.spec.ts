/** What people on duty see and do, in real applications that know nothing of each other but the store. */
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import type { KeyInspection, KeyOverview, ListOptions } from 'nestjs-distributed-lock';
import { startWith } from '../support/apps/apps.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';
import { aborted, deferred, nextEvent, rejection, until } from '../support/waiting.js';

@Injectable()
class Orders {
  readonly leave = deferred();

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>', { ttl: '60s' })
  async ship(_id: string): Promise<void> {
    await this.leave.promise;
  }
}

const APPLICATION = { name: 'shop', version: '1.2.3' };

async function listed(locks: LockService, options?: ListOptions): Promise<KeyOverview[]> {
  const found: KeyOverview[] = [];
  for await (const each of locks.list(options)) found.push(each);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

describe.each([
  ['Redis', REDIS_URL],
  ['memory', 'memory'],
])('on duty, on %s', (_, connection) => {
  const begin = async () => {
    const prefix = freshPrefix();
    const open = () => startWith(Orders, { connection, prefix, application: APPLICATION });
    const [shop, desk] = [await open(), await open()];
    // All applications of a process share the store in memory, so keys are of this test only.
    return { shop, desk, id: prefix };
  };
  const holding = async ({ shop, id }: Awaited<ReturnType<typeof begin>>) => {
    const taken = nextEvent(shop.locks, 'acquired');
    const done = shop.ship(id);
    done.catch(() => undefined);
    await taken;
    // Not the promise itself, which the caller would wait for.
    return { done };
  };
  /** Looks until what is found is as wanted. */
  const found = async (locks: LockService, key: string, isWanted: (state: KeyInspection) => boolean) => {
    let state!: KeyInspection;
    await until(async () => isWanted((state = await locks.inspect(key))));
    return state;
  };

  it('inspect tells the process of the holder and of the waiter, and what they say', async () => {
    const scene = await begin();
    const { shop, desk, id } = scene;
    const key = `order:${id}`;
    await holding(scene);
    const waiting = nextEvent(desk.locks, 'waiting');
    const waiter = desk.locks.acquire(key, { label: 'second' });
    await waiting;
    const third = desk.locks.acquire(key, { label: 'third' });
    const { holder, waiters } = await found(
      shop.locks,
      key,
      (state) => state.holder?.process != null && state.waiters[0]?.process != null && state.waiters[0].report !== null,
    );
    const process_ = { host: hostname(), pid: process.pid, ...APPLICATION, instance: 'default' };
    expect(holder).toMatchObject({
      process: process_,
      reports: [{ label: 'order:<0>', mode: 'write', depth: 1, heldMs: expect.any(Number) }],
    });
    expect(holder!.process!.startedAt).toBeInstanceOf(Date);
    expect(waiters).toMatchObject([{ process: process_, report: { label: 'second', callers: 2 } }]);
    // As another process sees it.
    const seen = await found(desk.locks, key, (state) => state.holder?.reports !== null);
    expect(seen.holder!.reports).toMatchObject([{ label: 'order:<0>' }]);
    shop.leave.resolve();
    await (await waiter).release();
    await (await third).release();
  });

  it('inspect asks nothing where it is told so', async () => {
    const scene = await begin();
    await holding(scene);
    const { holder } = await scene.shop.locks.inspect(`order:${scene.id}`, { ask: false });
    expect(holder!.reports).toBeNull();
  });

  it('list has what is held or waited for, with the process, and nothing else', async () => {
    const scene = await begin();
    const { shop, desk, id } = scene;
    await (await shop.locks.acquire(`released:${id}`)).release();
    await using _read = await shop.locks.acquire(`report:${id}`, { mode: 'read' });
    await using _other = await desk.locks.acquire(`report:${id}`, { mode: 'read' });
    await holding(scene);
    const waiter = desk.locks.acquire(`order:${id}`);
    let all: KeyOverview[] = [];
    await until(async () => {
      all = await listed(desk.locks, { match: `*${id}` });
      return all.length === 2 && all.every((each) => each.process) && all[0]!.waitingCount === 1;
    });
    expect(all).toMatchObject([
      { key: `order:${id}`, holderCount: 1, holder: { limit: 1 }, process: APPLICATION },
      { key: `report:${id}`, holderCount: 2, holder: { limit: Infinity, weight: 1 }, waitingCount: 0 },
    ]);
    expect(await listed(desk.locks, { match: `order:${id}` })).toHaveLength(1);
    expect(await listed(desk.locks, { match: `*${id}`, limit: 1 })).toHaveLength(1);
    expect(await listed(desk.locks, { match: `other:${id}` })).toEqual([]);
    shop.leave.resolve();
    await (await waiter).release();
  });

  it.each(['}', '}a', '%', '%7D', '{', 'a}b', 'a}:line', 'a:line', 'ü{x}€', '*', '[a]', 'a?\\'])(
    'list has the key %j',
    async (odd) => {
      const { shop, id } = await begin();
      await using lock = await shop.locks.acquire(odd + id);
      const literal = (odd + id).replace(/[*?[\]\\]/g, '\\$&');
      expect((await listed(shop.locks, { match: `*${id}` })).map(({ key }) => key)).toEqual([lock.key]);
      expect((await listed(shop.locks, { match: literal })).map(({ key }) => key)).toEqual([lock.key]);
    },
  );

  it('forceRelease: the holder hears at once, and why; both sides tell', async () => {
    const scene = await begin();
    const { shop, desk, id } = scene;
    const key = `order:${id}`;
    const { done } = await holding(scene);
    await found(desk.locks, key, (state) => state.holder?.reports != null);
    const [lost, forced, forcing] = [
      nextEvent(shop.locks, 'lost'),
      nextEvent(shop.locks, 'forced'),
      nextEvent(desk.locks, 'forced'),
    ];
    const why = { reason: 'it hangs', by: 'ada' };
    expect(await desk.locks.forceRelease(key, why)).toBe(true);
    const { error } = await lost;
    expect(error).toMatchObject({ reason: 'forced', key });
    expect(error.message).toContain('ada');
    expect(error.message).toContain('it hangs');
    expect(await forced).toMatchObject({ side: 'holder', key, ...why });
    expect(await forcing).toMatchObject({ side: 'operator', key, ...why });
    shop.leave.resolve();
    expect(await rejection(done)).toMatchObject({ code: 'LOCK_LOST', reason: 'forced' });
  });

  it('forceRelease: readers that share the key hear as well', async () => {
    const { shop, desk, id } = await begin();
    const key = `report:${id}`;
    const readers = await Promise.all(
      [shop, shop, desk].map(({ locks }) => locks.acquire(key, { mode: 'read', ttl: '60s' })),
    );
    await found(desk.locks, key, (state) => state.holders.every(({ reports }) => reports !== null));
    await desk.locks.forceRelease(key);
    await Promise.all(readers.map(({ signal }) => aborted(signal)));
    expect(readers.map(({ signal }) => (signal.reason as { reason: string }).reason)).toEqual(Array(3).fill('forced'));
  });

  it('forceRelease: callers of the holder’s process that wait ask anew', async () => {
    const scene = await begin();
    const { shop, desk, id } = scene;
    await holding(scene);
    const waiting = nextEvent(shop.locks, 'waiting');
    const next = shop.locks.acquire(`order:${id}`);
    await waiting;
    await desk.locks.forceRelease(`order:${id}`);
    const lock = await next;
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  it('a lock that is young hears within a moment, too', async () => {
    const { shop, desk, id } = await begin();
    const lock = await shop.locks.acquire(id, { ttl: '60s' });
    await desk.locks.forceRelease(id, { reason: 'at once' });
    await aborted(lock.signal);
    expect(lock.isHeld).toBe(false);
  });

  it('ping answers with the time that it took', async () => {
    const { desk } = await begin();
    expect(await desk.locks.ping()).toBeGreaterThanOrEqual(0);
    await expect(desk.locks.ping({ timeout: 0 })).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
  });

  it.each([
    [{ match: '' }, 'match'],
    [{ match: 5 }, 'match'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ max: 1 }, 'max'],
  ])('list refuses %j', async (options, named) => {
    const { desk } = await begin();
    expect(() => desk.locks.list(options as ListOptions)).toThrow(named);
  });
});
