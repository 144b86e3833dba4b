/** A look at keys from outside every process under test. Each observer has names in Redis of its own. */
import { Redis } from 'ioredis';
import type { KeyState } from '../../../lib/stores/lock-store.js';
import { RedisLockStore } from '../../../lib/stores/redis/redis.lock-store.js';
import { freshPrefix, REDIS_URL } from '../servers/run-server.js';
import { keyBecomes } from '../waiting.js';

/** One name in Redis and the milliseconds it has left; -1 when it never expires. */
export interface Expiry {
  readonly name: string;
  readonly left: number;
}

export class Observer {
  readonly prefix = freshPrefix();
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
  becomes(key: string, wanted: (state: KeyState) => boolean): Promise<KeyState> {
    return keyBecomes(this, key, wanted);
  }

  /** So many wait for the key. */
  queued(key: string, count: number): Promise<KeyState> {
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
