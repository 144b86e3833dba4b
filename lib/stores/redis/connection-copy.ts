/**
 * A `connection` as plain values, from which another thread makes connections of its own. Functions can't be given to a
 * thread, so a connection that needs one has no copy; those by which ioredis decides when to connect again are not needed,
 * as the library has its own.
 */
import { lookup, resolveSrv } from 'node:dns';
import { Cluster } from 'ioredis';
import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import { isRedisClient, readUrl } from './connection-options.js';
import type { RedisClient, RedisConnection } from './redis-client.js';

/** Where to go, and how. */
export type ConnectionCopy =
  { readonly options: RedisOptions } | { readonly nodes: readonly unknown[]; readonly options: ClusterOptions };

/** The options of a client that say where to go and how; the others are overridden, or not used. */
const CLIENT_OPTIONS = [
  'host port path family db username password tls Connector natMap',
  'sentinels name role sentinelUsername sentinelPassword sentinelTLS enableTLSForSentinelMode updateSentinels',
  'sentinelMaxConnections sentinelCommandTimeout connectTimeout keepAlive noDelay connectionName disableClientInfo',
  'clientInfoTag keyPrefix protocol enableReadyCheck',
].flatMap((names) => names.split(' '));

const CLUSTER_OPTIONS = [
  'natMap dnsLookup useSRVRecords resolveSrv keyPrefix enableReadyCheck slotsRefreshTimeout slotsRefreshInterval',
].flatMap((names) => names.split(' '));

/** What a new cluster of ioredis has by itself. */
const DEFAULTS: readonly unknown[] = [lookup, resolveSrv];

interface ClusterClient {
  readonly isCluster?: boolean;
  readonly startupNodes?: unknown;
  readonly options: ClusterOptions;
}

/** Answers the name of the option that stands in the way where there is no copy. */
export function copyConnection(connection: RedisConnection): { copy: ConnectionCopy } | { hindrance: string } {
  try {
    if (typeof connection === 'string') return { copy: { options: readUrl(connection) } };
    if (!isRedisClient(connection)) return { copy: { options: chosen(connection, CLIENT_OPTIONS) } };
    const { isCluster, startupNodes, options } = connection as RedisClient & ClusterClient;
    // Something that behaves like a client of ioredis.
    if (typeof options !== 'object' || options === null) throw new NotCopied('options');
    if (isCluster !== true) return { copy: { options: chosen(options as RedisOptions, CLIENT_OPTIONS) } };
    const { redisOptions = {} } = options;
    const nodes = cloned('startupNodes', startupNodes) as readonly unknown[];
    const copied: ClusterOptions = {
      ...chosen(options, CLUSTER_OPTIONS),
      redisOptions: chosen(redisOptions, CLIENT_OPTIONS),
    };
    return { copy: { nodes, options: copied } };
  } catch (error) {
    if (error instanceof NotCopied) return { hindrance: error.option };
    throw error;
  }
}

/** The `connection` that a copy stands for; in the other thread. */
export function connectionOf(copy: ConnectionCopy): RedisConnection {
  if (!('nodes' in copy)) return copy.options;
  // A template, which never connects itself.
  const options = { ...copy.options, lazyConnect: true } as object;
  return new Cluster(copy.nodes as ClusterNode[], options) as unknown as RedisClient;
}

class NotCopied extends Error {
  constructor(readonly option: string) {
    super(option);
  }
}

function chosen(options: object, names: readonly string[]): object {
  const copy: Record<string, unknown> = {};
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && value !== null && !DEFAULTS.includes(value)) copy[name] = cloned(name, value);
  }
  return copy;
}

function cloned(name: string, value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    throw new NotCopied(name);
  }
}
