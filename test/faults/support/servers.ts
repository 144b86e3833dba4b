/** Servers and networks to be mistreated: each belongs to one test. */
import { Redis } from 'ioredis';
import { startRedis } from '../../support/redis-server.mjs';
import type { RedisServer, RedisServerOptions } from '../../support/redis-server.mjs';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { atEnd } from './cleanup.js';

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

/** A connection of the test's own, for a look and a word past the library. */
export function openClient(redis: { readonly url: string }): Redis {
  const client = new Redis(redis.url, { retryStrategy: () => 20, disconnectTimeout: 10 });
  client.on('error', () => undefined);
  atEnd(() => client.disconnect());
  return client;
}
