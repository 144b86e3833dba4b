/** Does something with locks, then nothing more: it ends when nothing keeps it. All times are far longer than any test. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import type { DistributedLockModuleOptions, RedisClient } from '../../../lib/index.js';
import { settings, tell } from './serve.js';

const { url, prefix, scene } = settings<{ url: string; prefix: string; scene: string }>();
const FAR = '1h';

async function open(connection: DistributedLockModuleOptions['connection']) {
  const times = { ttl: FAR, wait: FAR, commandTimeout: FAR, shutdownGrace: FAR } as const;
  const module = DistributedLockModule.forRoot({ connection, prefix, ...times });
  const app = await NestFactory.createApplicationContext(module, { logger: ['error'] });
  return { app, locks: app.get(LockService) };
}

const scenes: Record<string, () => Promise<void>> = {
  /** Leases to renew and a wait to end, and nothing else. */
  async timers() {
    const { locks } = await open('memory');
    await locks.acquire('key');
    await locks.acquire('soon', { ttl: '5m' });
    locks.acquire('key').catch(() => undefined);
    locks.acquire('key', { signal: new AbortController().signal }).catch(() => undefined);
  },

  /** The server is gone: renewals and releases without an answer, to be tried again. */
  async unanswered() {
    const client = new Redis(url);
    const { locks } = await open(client);
    await locks.acquire('renewed', { ttl: '200ms' });
    const released = await locks.acquire('released');
    client.disconnect();
    await released.release();
    locks.acquire('refused').catch(() => undefined);
  },

  /** The server says nothing any more, and nobody notices that it is gone. */
  async silent() {
    const client = new Redis(url);
    const never = new Promise<never>(() => undefined);
    let isSilent = false;
    const deaf: RedisClient = {
      status: 'ready',
      evalsha: (...words) => (isSilent ? never : client.evalsha(...words)),
      eval: (...words) => (isSilent ? never : client.eval(...words)),
      subscribe: () => never,
      connect: () => never,
      disconnect: () => undefined,
      duplicate: () => deaf,
      on: () => deaf,
      off: () => deaf,
    };
    const { locks } = await open(deaf);
    const lock = await locks.acquire('silent');
    isSilent = true;
    client.disconnect();
    lock.renew().catch(() => undefined);
    locks.acquire('never').catch(() => undefined);
    void lock.release();
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
