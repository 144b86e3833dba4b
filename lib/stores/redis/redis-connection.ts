/**
 * What users may pass as `connection`, and how it becomes a client. Types are structural: clients of ioredis 5 and 6,
 * of another copy of ioredis, and clusters are all welcome, which `instanceof` would refuse.
 */
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/** The part of an ioredis `Redis` or `Cluster` that the library uses. */
export interface RedisClient {
  /** ioredis's connection state; requests are only sent while it is `ready`. */
  readonly status: string;
  evalsha(sha1: string, numkeys: number, ...args: string[]): Promise<unknown>;
  eval(script: string, numkeys: number, ...args: string[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  connect(): Promise<void>;
  disconnect(): void;
  duplicate(): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/**
 * A Redis URL, ioredis options (Sentinel included), or a connected ioredis client of your own. A client that you pass
 * in is used as it is and never closed.
 */
export type RedisConnection = string | RedisOptions | RedisClient;

/** A client and who closes it. */
export interface OpenedClient {
  readonly client: RedisClient;
  readonly owned: boolean;
  readonly isCluster: boolean;
}

/** Whether a connection is a client rather than a description of one. */
export function isRedisClient(connection: RedisConnection | object): connection is RedisClient {
  return typeof connection === 'object' && 'evalsha' in connection && 'duplicate' in connection;
}

/**
 * Settings of connections that the library opens itself. Every request has a time limit of its own, so a command need
 * not survive many reconnects; and a reconnect must come sooner than a waiter's heartbeat.
 */
const OWN_OPTIONS = {
  lazyConnect: true,
  maxRetriesPerRequest: 3,
  // A connection that is closed anyway must not keep the process alive.
  disconnectTimeout: 100,
  retryStrategy: (attempt: number): number => Math.min(attempt * 50, 500),
} satisfies RedisOptions;

/**
 * Makes the client for requests; it does not connect yet. A connection of the library's own on which nothing answers for
 * `silence` milliseconds is replaced: it may be dead without anybody having closed it.
 */
export function openClient(connection: RedisConnection, silence: number): OpenedClient {
  const own = { ...OWN_OPTIONS, socketTimeout: silence };
  if (typeof connection === 'string') return { client: new Redis(connection, own), owned: true, isCluster: false };
  if (!isRedisClient(connection)) {
    const options: object = { ...own, ...connection, lazyConnect: true };
    return { client: new Redis(options), owned: true, isCluster: false };
  }
  return { client: connection, owned: false, isCluster: (connection as { isCluster?: boolean }).isCluster === true };
}

/** Makes the second connection that Pub/Sub needs; it is always the library's to close. */
export function openSubscriber({ client, isCluster }: OpenedClient): RedisClient {
  // A borrowed client may refuse to queue or retry; the subscription must outlast reconnects whatever its options.
  const options = { lazyConnect: true, enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: false };
  const duplicate = client.duplicate as (...overrides: unknown[]) => unknown;
  const { maxRetriesPerRequest: _, ...clusterOptions } = options;
  return duplicate.apply(client, isCluster ? [[], clusterOptions] : [options]) as RedisClient;
}
