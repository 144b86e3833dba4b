/** A look at Redis from outside the library. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { closeAfterTest, REDIS_URL } from './apps.js';

/** Of both majors of ioredis; the type of the excepted option does not fit its own constructor in 6. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** A client that the test owns; it is closed when the test ends. */
export function ownClient(options: ClientOptions = {}): Redis {
  const client = new Redis({ ...redisAddress(), ...options });
  closeAfterTest({ close: async () => client.disconnect() });
  return client;
}

/** ioredis options for the server of the run. */
export function redisAddress(): ClientOptions {
  const { hostname, port, username, password, pathname } = new URL(REDIS_URL);
  return {
    host: hostname,
    port: Number(port || 6379),
    db: Number(pathname.slice(1)),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
}

/** A name by which {@link connectionsNamed} finds connections again. */
export function freshConnectionName(): string {
  return `spec-${randomUUID()}`;
}

/** How many connections of this name the server has. */
export async function connectionsNamed(name: string, client: Redis): Promise<number> {
  const list = String(await client.call('CLIENT', 'LIST'));
  return list.split('\n').filter((line) => line.includes(` name=${name} `)).length;
}
