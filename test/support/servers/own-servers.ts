/** Servers and networks to be mistreated: each belongs to one test. */
import { atEnd } from '../at-end.js';
import { TcpProxy } from '../network/tcp-proxy.js';
import { startRedis } from '../../../sample-app/redis/redis-server.mjs';
import type { RedisServer, RedisServerOptions } from '../../../sample-app/redis/redis-server.mjs';

/** Starts a server of the test's own. */
export async function openRedis(options?: RedisServerOptions): Promise<RedisServer> {
  const redis = await startRedis(options);
  atEnd(() => redis.stop());
  return redis;
}

/** Makes a server hang until it is resumed, at the latest at the end of the test. */
export async function hang(redis: RedisServer): Promise<void> {
  await redis.pause();
  atEnd(() => {
    if (redis.isRunning) redis.resume();
  });
}

/** Puts a proxy in front of a server. */
export async function openProxy(redis: { readonly url: string }): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(redis.url);
  atEnd(() => proxy.stop());
  return proxy;
}
