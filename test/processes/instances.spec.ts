/** Several applications and named instances in one process: what happens to one is none of the others' business. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, getLockServiceToken, LockService } from 'nestjs-distributed-lock';
import { firstValueFrom, filter } from 'rxjs';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { isFree } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';

const TTL = 600;

const observer = new Observer();
const open: INestApplicationContext[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});
afterAll(() => observer.close());

async function openApp(...imports: Parameters<typeof DistributedLockModule.forRoot>[0][]) {
  const common = {
    connection: observer.url,
    prefix: observer.prefix,
    ttl: TTL,
    wait: '20s',
    shutdownGrace: 0,
  } as const;
  class AppModule {}
  const modules = imports.map((options) => DistributedLockModule.forRoot({ ...common, ...options }));
  const app = await NestFactory.createApplicationContext(
    { module: AppModule, imports: modules },
    { logger: ['error'] },
  );
  open.push(app);
  return app;
}

function renewal(locks: LockService, key: string): Promise<unknown> {
  return firstValueFrom(locks.events$.pipe(filter((event) => event.type === 'renewed' && event.key === key)));
}

describe('two applications in one process', () => {
  it('one is closed: the other keeps its locks, goes on renewing, and its waiters get their turn', async () => {
    const [closing, staying] = [await openApp({}), await openApp({})];
    const [going, locks] = [closing.get(LockService), staying.get(LockService)];
    const taken = await going.acquire('taken');
    const next = locks.acquire('taken');
    await observer.queued('taken', 1);
    const own = await locks.acquire('own');
    const refused = going.acquire('own').catch((error: { code: string }) => error.code);
    await observer.queued('own', 1);

    open.splice(open.indexOf(closing), 1);
    await closing.close();
    expect(taken.isHeld).toBe(false);
    expect(await refused).toBe('LOCK_SHUTDOWN');
    expect((await next).isHeld).toBe(true);
    await renewal(locks, 'own');
    expect(own.isHeld).toBe(true);
    expect((await observer.inspect('own')).holders[0]?.token).toBe(own.token);
    await Promise.all([own.release(), next.then((lock) => lock.release())]);
    for (const key of ['own', 'taken']) expect(isFree(await observer.inspect(key))).toBe(true);
  });
});

describe('two named instances in one application', () => {
  it('one can not reach its server: its locks are lost, those of the other are not', async () => {
    await using proxy = await TcpProxy.start(observer.url);
    const app = await openApp({ name: 'far', connection: proxy.url, commandTimeout: 300 }, { name: 'near' });
    const [far, near] = ['far', 'near'].map((name) => app.get<LockService>(getLockServiceToken(name))) as [
      LockService,
      LockService,
    ];
    const [id, other] = [randomUUID(), randomUUID()];
    const [lost, kept] = await Promise.all([far.acquire(id), near.acquire(other)]);
    proxy.blackhole();
    await new Promise((resolve) => lost.signal.addEventListener('abort', resolve));
    await renewal(near, other);
    expect(kept.isHeld).toBe(true);
    expect(kept.signal.aborted).toBe(false);
    await expect(far.acquire(id)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    // The server knows nothing of the trouble: the other takes over what was lost there.
    const next = await near.acquire(id);
    expect(next.fencingToken).toBeGreaterThan(lost.fencingToken);
    proxy.flow();
  });

  it('of one prefix exclude each other, and neither takes the lock of the other for its own', async () => {
    const app = await openApp({ name: 'a' }, { name: 'b' });
    const [a, b] = ['a', 'b'].map((name) => app.get<LockService>(getLockServiceToken(name))) as [
      LockService,
      LockService,
    ];
    await a.withLock('shared', async () => {
      expect([a.holds('shared'), b.holds('shared')]).toEqual([true, false]);
      expect(await b.tryAcquire('shared')).toBeNull();
      expect(() => b.current()).toThrow(expect.objectContaining({ code: 'LOCK_NOT_HELD' }));
      await b.withLock('other', () => expect(a.current().key).toBe('shared'));
    });
  });
});
