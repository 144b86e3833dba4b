/** A Nest application whose sections block the event loop, with `heartbeat: 'worker'`. */
import 'reflect-metadata';
import type { Worker } from 'node:worker_threads';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cluster } from 'ioredis';
import { DistributedLockModule, getLockServiceToken, LockService } from '../../../lib/index.js';
import type { AcquireOptions, Lock, LockEvent } from '../../../lib/index.js';
import { serve, settings, tell } from './serve.js';

interface Settings {
  readonly url: string;
  /** Ports of the servers of a cluster, or of the Sentinels of a server called `main`, instead. */
  readonly cluster?: readonly number[];
  readonly sentinels?: readonly number[];
  readonly prefix: string;
  readonly ttl: number;
  readonly instances?: number;
}

const { url, cluster, sentinels, prefix, ttl, instances = 1 } = settings<Settings>();
const serversAt = (ports: readonly number[]) => ports.map((port) => ({ host: '127.0.0.1', port }));
const connection = cluster
  ? (new Cluster(serversAt(cluster), { lazyConnect: true }) as never)
  : sentinels
    ? { sentinels: serversAt(sentinels), name: 'main' }
    : url;

/** The threads of this process that have not ended. */
const threads = new Set<Worker>();
process.on('worker', (worker) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

const names = Array.from({ length: instances }, (_, i) => (i === 0 ? undefined : `instance ${i}`));

@Module({
  imports: names.map((name) =>
    DistributedLockModule.forRoot({ name, logger: false, heartbeat: 'worker', connection, prefix, ttl, wait: 0 }),
  ),
})
class ComputerModule {}

const app = await NestFactory.createApplicationContext(ComputerModule, {
  logger: { log: () => undefined, error: (text) => tell('error', text), warn: (text) => tell('warn', text) },
});
const locks = app.get(LockService);
const held = new Map<string, Lock>();

locks.events$.subscribe((event: LockEvent) => {
  const { type, key } = event;
  tell(type, {
    key,
    code: 'error' in event ? event.error.code : null,
    text: 'error' in event ? event.error.message : '',
  });
});

/** Blocks the event loop, and looks at the lock now and then: for how long it was held, and whether it came back. */
function compute(lock: Lock, ms: number): { heldMs: number; cameBack: boolean; isHeld: boolean } {
  const begin = performance.now();
  let [heldMs, cameBack, wasLost] = [0, false, false];
  for (let now = begin; now < begin + ms; now = performance.now()) {
    const { isHeld } = lock;
    if (isHeld) heldMs = now - begin;
    cameBack ||= isHeld && wasLost;
    wasLost ||= !isHeld;
  }
  return { heldMs, cameBack, isHeld: lock.isHeld };
}

serve({
  acquire: async (key: string, options: AcquireOptions = {}) => {
    const lock = await locks.acquire(key, options);
    held.set(key, lock);
    return { token: lock.token, isHeld: lock.isHeld };
  },
  lock: (key: string) => {
    const { token, isHeld, expiresAt } = held.get(key)!;
    return { token, isHeld, expiresAt: expiresAt.getTime() };
  },
  compute: (key: string, ms: number) => compute(held.get(key)!, ms),
  /** The section blocks from its first line on, and gives its lock back. */
  section: (key: string, ms: number, options: AcquireOptions = {}) =>
    locks.withLock(key, options, (lock) => compute(lock, ms)),
  renew: (key: string, length?: number) => held.get(key)!.renew(length as number),
  upgrade: (key: string) => held.get(key)!.upgrade(),
  downgrade: (key: string) => held.get(key)!.downgrade(),
  release: (key: string) => held.get(key)!.release(),
  close: async () => {
    await Promise.all([...held.values()].map((lock) => lock.release()));
    await app.close();
  },
  threads: () => threads.size,
  killThreads: () => Promise.all([...threads].map((thread) => thread.terminate())).then(() => undefined),
  /** Takes locks of all instances. */
  everywhere: async (key: string) => {
    for (const name of names)
      held.set(`${key} ${name}`, await app.get<LockService>(getLockServiceToken(name)).acquire(`${key} ${name}`));
  },
  many: async (count: number) => {
    for (let i = 0; i < count; i++) held.set(`many:${i}`, await locks.acquire(`many:${i}`));
  },
  /** Blocks, and answers how many of all locks are held. */
  computeAll: (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return [...held.values()].filter((lock) => lock.isHeld).length;
  },
});
