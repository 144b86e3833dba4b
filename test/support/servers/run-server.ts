/** The server of the run, see `global-setup.mjs`. All spec files share it, so each uses names of its own. */
import { randomUUID } from 'node:crypto';
import type { RedisOptions } from 'ioredis';

export const REDIS_URL = process.env['REDIS_URL']!;

/** Of both majors of ioredis; the type of the excepted option does not fit its own constructor in 6. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** ioredis options for the server. */
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

/** A prefix that no other test uses. */
export function freshPrefix(): string {
  return `spec-${randomUUID()}`;
}
