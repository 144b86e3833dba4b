/**
 * Where the demo's Redis comes from: the server that `REDIS_URL` names, a private one that ends with the demo, or, when
 * none can be had, nowhere.
 */
import { Redis } from 'ioredis';
import { ensureRedisServer, findRedisServer, startRedis } from '../../redis/redis-server.mjs';
import type { Cleanup } from './cleanup.js';

/** There is no point in starting: the message says why. */
export class SetupError extends Error {}

/** The URL of a server; `null` when there is none and none could be installed. */
export async function openRedis(cleanup: Cleanup, prefix: string): Promise<string | null> {
  if (process.env.REDIS_URL) return borrowRedis(process.env.REDIS_URL, cleanup, prefix);
  if (!hasServerProgram() && !(await installRedis())) return null;
  const server = await startRedis();
  await cleanup.add(() => server.stop());
  console.log(`Redis: a private server on port ${server.port}, pid ${server.pid}.`);
  return server.url;
}

function hasServerProgram(): boolean {
  try {
    return findRedisServer() !== null;
  } catch (error) {
    throw new SetupError((error as Error).message);
  }
}

async function installRedis(): Promise<boolean> {
  try {
    await ensureRedisServer();
    return true;
  } catch (error) {
    console.log((error as Error).message);
    return false;
  }
}

/** Checks that the user's server is there, and takes away the keys of the demo when it ends. */
async function borrowRedis(url: string, cleanup: Cleanup, prefix: string): Promise<string> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  let reason: Error | undefined;
  redis.on('error', (error) => (reason ??= error));
  await redis.connect().catch((error: Error) => {
    throw new SetupError(`REDIS_URL is set, but its server can't be used: ${(reason ?? error).message}`);
  });
  await cleanup.add(() => removeKeys(redis, prefix));
  console.log(`Redis: the server of REDIS_URL; keys start with ${prefix} and are removed at the end.`);
  return url;
}

async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1_000 }) as AsyncIterable<string[]>) {
    if (keys.length > 0) await redis.unlink(...keys);
  }
  await redis.quit();
}
