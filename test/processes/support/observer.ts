/**
 * A look at keys from outside every process under test, and waiting for a state instead of for a time. Each spec has
 * names in Redis of its own.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { KeyState } from '../../../lib/stores/lock-store.js';
import { RedisLockStore } from '../../../lib/stores/redis/redis.lock-store.js';

/** The server of the run, see `global-setup.mjs`. */
export const REDIS_URL = process.env['REDIS_URL']!;

/** A state that does not come about fails its test after so long. */
const LIMIT_MS = 20_000;

/** One name in Redis and the milliseconds it has left; -1 when it never expires. */
export interface Expiry {
  readonly name: string;
  readonly left: number;
}

export class Observer {
  readonly prefix = `spec-${randomUUID()}`;
  readonly client: Redis;
  private readonly store: RedisLockStore;

  constructor(readonly url = REDIS_URL) {
    this.client = new Redis(url);
    this.store = new RedisLockStore({ connection: this.client, prefix: this.prefix, commandTimeout: 5_000 });
  }

  async inspect(key: string): Promise<KeyState> {
    const [state] = await this.store.inspect([key]);
    return state!;
  }

  /** Looks at a key until its state is as wanted. */
  async becomes(key: string, wanted: (state: KeyState) => boolean): Promise<KeyState> {
    let state: KeyState | undefined;
    await until(async () => wanted((state = await this.inspect(key))));
    return state!;
  }

  /** So many wait for the key. */
  async queued(key: string, count: number): Promise<KeyState> {
    return this.becomes(key, ({ waiting }) => waiting.length === count);
  }

  /** What Redis has under the prefix. */
  async expiries(): Promise<Expiry[]> {
    const found: Expiry[] = [];
    for await (const names of this.client.scanStream({ match: `${this.prefix}*`, count: 1_000 })) {
      for (const name of new Set(names as string[])) found.push({ name, left: await this.client.pttl(name) });
    }
    return found.filter(({ left }) => left !== -2);
  }

  async close(): Promise<void> {
    await this.store.stop();
    this.client.disconnect();
  }
}

/** Nobody holds the key and nobody waits for it. */
export function isFree({ holder, waiting }: KeyState): boolean {
  return holder === null && waiting.length === 0;
}

/** Looks until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`still not so after ${LIMIT_MS} ms: ${isSo.toString()}`);
    await pause(5);
  }
}

/** Monotonic milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
