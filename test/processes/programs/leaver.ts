/** Does something with locks, then nothing more: it ends when nothing keeps it. All times are far longer than any test. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { filter, firstValueFrom } from 'rxjs';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { HeartbeatThread } from '../../../lib/heartbeat-thread/heartbeat-thread.js';
import { startThread, threadProgram } from '../../../lib/heartbeat-thread/own-thread.js';
import type { DistributedLockModuleOptions, HeartbeatMode, RedisClient } from '../../../lib/index.js';
import { settings, tell } from './serve.js';

const { url, prefix, scene } = settings<{ url: string; prefix: string; scene: string }>();
const FAR = '1h';

async function open(connection: DistributedLockModuleOptions['connection'], heartbeat?: HeartbeatMode) {
  const times = { ttl: FAR, wait: FAR, commandTimeout: FAR, shutdownGrace: FAR } as const;
  const module = DistributedLockModule.forRoot({ logger: false, heartbeat, connection, prefix, ...times });
  const app = await NestFactory.createApplicationContext(module, { logger: ['error'] });
  return { app, locks: app.get(LockService) };
}

/** A connection without a socket of its own, on which every request ends in the same way from some time on. */
async function misbehaving(fate: () => Promise<never>) {
  const client = new Redis(url);
  let isBad = false;
  const connection: RedisClient = {
    status: 'ready',
    evalsha: (...words) => (isBad ? fate() : client.evalsha(...words)),
    eval: (...words) => (isBad ? fate() : client.eval(...words)),
    subscribe: () => new Promise<never>(() => undefined),
    connect: () => new Promise<never>(() => undefined),
    disconnect: () => undefined,
    duplicate: () => connection,
    on: () => connection,
    off: () => connection,
  };
  const mistreat = (): void => {
    isBad = true;
    client.disconnect();
  };
  return { connection, mistreat };
}

const scenes: Record<string, () => Promise<void>> = {
  /** Leases to renew, and nothing else. */
  async timers() {
    const { locks } = await open('memory');
    await locks.acquire('key');
    await locks.acquire('soon', { ttl: '5m' });
    const cancel = new AbortController();
    const waits = [1, 2].map(() => locks.acquire('key', { signal: cancel.signal }).catch(() => undefined));
    cancel.abort();
    await Promise.all(waits);
  },

  /** The server refuses everything: renewals and releases, to be tried again. */
  async unanswered() {
    const { connection, mistreat } = await misbehaving(() => Promise.reject(new Error('ERR refused')));
    const { locks } = await open(connection);
    await locks.acquire('renewed', { ttl: '200ms' });
    const released = await locks.acquire('released');
    mistreat();
    await released.release();
    locks.acquire('refused').catch(() => undefined);
  },

  /** The server says nothing any more, and nobody notices that it is gone. */
  async silent() {
    const { connection, mistreat } = await misbehaving(() => new Promise<never>(() => undefined));
    const { locks } = await open(connection);
    const lock = await locks.acquire('silent');
    mistreat();
    lock.renew().catch(() => undefined);
    void lock.release();
  },

  /** The heartbeat thread, idle, with a store that stays open. */
  async thread() {
    const thread = startThread(threadProgram()!);
    const connected = new Promise<void>((resolve) => {
      thread.listen({ reported: () => resolve(), opened: () => undefined, ended: () => undefined });
    });
    const { hostname, port } = new URL(url);
    const heartbeats = new HeartbeatThread(thread, () => undefined);
    const { store } = heartbeats.open(
      { connection: { options: { host: hostname, port: Number(port) } }, prefix, commandTimeout: 1_000 },
      () => undefined,
    );
    const now = Math.floor(performance.now());
    const margins = { lockDelay: 0, minHold: 0, grantedAt: now };
    const lease = {
      key: 'thread',
      token: 'token',
      fencingToken: 1,
      ttl: 3_000,
      ...margins,
      deadline: now + 2_900,
      renewUntil: -1,
    };
    const listener = { touched: () => undefined, leftTouch: () => undefined, watchEnded: () => undefined };
    heartbeats.watch(store, lease, listener);
    thread.keepAlive(true);
    await connected;
    thread.keepAlive(false);
  },

  /** An application with a heartbeat thread that was closed. */
  async threadClosed() {
    const { app, locks } = await open(url, 'worker');
    const lock = await locks.acquire('watched', { ttl: '500ms' });
    await firstValueFrom(locks.events$.pipe(filter(({ type }) => type === 'renewed')));
    await lock.release();
    await app.close();
  },

  /** An application that was closed, after everything that opens connections and sets timers. */
  async closed() {
    const { app, locks } = await open(url);
    const lock = await locks.acquire('key');
    const next = locks.acquire('key');
    const never = locks.acquire('key').catch(() => undefined);
    await new Promise<void>((resolve) => void locks.inspect('key').then(() => resolve()));
    await lock.release();
    await (await next).release();
    await (await never)?.release();
    const cancel = new AbortController();
    await locks.withLock('key', async () => {
      const cancelled = locks.acquire('other', { signal: cancel.signal }).then((other) => other.release());
      await cancelled;
    });
    await app.close();
  },
};

await scenes[scene]!();
tell('ready');
