/**
 * Waits for a lock, with nothing else that would keep the process alive, and prints how that ends. As a script of a user's
 * would: no channel to anybody, no server.
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import type { DistributedLockModuleOptions, LockStore } from '../../../lib/index.js';
import { MemoryLockStore } from '../../../lib/stores/memory/memory.lock-store.js';

const [scene = ''] = process.argv.slice(2);

async function open(options: DistributedLockModuleOptions) {
  const app = await NestFactory.createApplicationContext(DistributedLockModule.forRoot({ ...options, logger: false }), {
    logger: ['error'],
  });
  return { app, locks: app.get(LockService) };
}

/** A store of a user's that answers to everything that somebody else has the key. */
function occupied(): LockStore {
  const store = new MemoryLockStore();
  const waiting = (requests: readonly unknown[]) =>
    Promise.resolve(requests.map(() => ({ state: 'waiting', expiresIn: 60_000, at: 1 }) as const));
  return Object.assign(store, { acquire: waiting, touch: waiting });
}

/** A store of a user's that never answers. */
function silent(): LockStore {
  return Object.assign(new MemoryLockStore(), { acquire: () => new Promise<never>(() => undefined) });
}

const outcomeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'acquired',
    (error: { code: string }) => error.code,
  );

const scenes: Record<string, () => Promise<string>> = {
  /** Somebody in this process has the key until his lease ends. */
  async granted() {
    const { locks } = await open({ connection: 'memory' });
    await locks.acquire('key', { ttl: 300, autoRenew: false });
    return outcomeOf(locks.acquire('key', { wait: '1m' }));
  },

  async endless() {
    const { locks } = await open({ connection: 'memory' });
    await locks.acquire('key', { ttl: 300, autoRenew: false });
    return outcomeOf(locks.acquire('key', { wait: Infinity }));
  },

  async fair() {
    const { locks } = await open({ connection: 'memory' });
    await locks.acquire('key', { ttl: 300, autoRenew: false });
    return outcomeOf(locks.acquire('key', { wait: '1m', fair: true }));
  },

  async several() {
    const { locks } = await open({ connection: 'memory' });
    await locks.acquire('b', { ttl: 300, autoRenew: false });
    return outcomeOf(locks.acquire(['a', 'b'], { wait: '1m' }));
  },

  /** Another store on the same leases, as another process has it. */
  async timeout() {
    const { locks } = await open({ connection: 'memory' });
    const other = await open({ connection: 'memory' });
    await other.locks.acquire('key', { ttl: '1h' });
    return outcomeOf(locks.acquire('key', { wait: 300 }));
  },

  async occupied() {
    const { locks } = await open({ store: occupied() });
    return outcomeOf(locks.acquire('key', { wait: 300 }));
  },

  async silent() {
    const { locks } = await open({ store: silent() });
    return outcomeOf(locks.acquire('key', { wait: 300 }));
  },

  /** A shutdown that waits for a section of which nobody hears any more. */
  async closing() {
    const { app, locks } = await open({ connection: 'memory', shutdownGrace: 300 });
    await locks.acquire('key', { ttl: '1h' });
    return outcomeOf(app.close());
  },

  /** Nobody waits any more: only renewal runs. */
  async over() {
    const { locks } = await open({ connection: 'memory' });
    await locks.acquire('key', { ttl: '1h' });
    const waits = ['1s', Infinity, '1h'].map((wait) => {
      const cancel = new AbortController();
      const asked = outcomeOf(locks.acquire('key', { wait: wait as '1s', signal: cancel.signal }));
      setTimeout(() => cancel.abort(Object.assign(new Error('enough'), { code: 'cancelled' })), 20);
      return asked;
    });
    const outcomes = await Promise.all(waits);
    return [...outcomes, ...process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')].join();
  },
};

console.log(await scenes[scene]!());
