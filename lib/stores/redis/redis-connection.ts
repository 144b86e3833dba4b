/**
 * How the `connection` that a user passes becomes the connections of the library: always its own, with the options that
 * the protocol needs. A client of the user's is a template for them.
 */
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { LockOptionsError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { openCluster } from './cluster-connection.js';
import { checkConnection, isRedisClient, readUrl } from './connection-options.js';
import { followCredentials, secretsOf } from './credentials.js';
import { keyPrefixOf } from './redis-keys.js';
import type { OpenedClient, RedisClient, RedisConnection, ScanningClient } from './redis-client.js';
import { presentable } from './redis-error.js';

/** A reconnect must come sooner than a waiter's heartbeat, and never be given up. */
const retryStrategy = (attempt: number): number => Math.min(attempt * 50, 500);

/**
 * Options of every connection. What is under way when a connection breaks fails at once (`maxRetriesPerRequest`), and
 * ioredis sends nothing later by itself: neither what was unanswered nor what it queued. Each request has a time
 * limit of its own.
 */
const OWN_OPTIONS = {
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  reconnectOnError: null,
  commandTimeout: undefined,
  enableAutoPipelining: false,
  monitor: false,
  readOnly: false,
  stringNumbers: false,
  scripts: undefined,
  // A connection that is closed anyway must not keep the process alive.
  disconnectTimeout: 100,
  maxLoadingRetryTime: 500,
} satisfies RedisOptions;

/** Of ioredis 6 only, and of no use here. */
const NEWER_OPTIONS: object = { replyMapping: 'legacy', himportFieldsets: undefined, blockingTimeout: undefined };

/**
 * Makes the connections. One on which nothing answers for `silence` milliseconds is replaced: it may be dead without
 * having been closed. Throws a `LockOptionsError` for what is no connection.
 */
export function openClient(connection: RedisConnection, silence: number): OpenedClient {
  checkConnection(connection);
  try {
    return open(connection, silence);
  } catch (error) {
    if (error instanceof LockOptionsError) throw error;
    const cause = presentable(error, isRedisClient(connection) ? secretsOf(connection) : []);
    throw new LockOptionsError(messages.cannotConnect(cause), { cause });
  }
}

function open(connection: RedisConnection, silence: number): OpenedClient {
  if (keepsDeadConnections(connection)) throw new LockOptionsError(messages.oldIoredis());
  const overrides = { ...OWN_OPTIONS, ...NEWER_OPTIONS, socketTimeout: silence };
  if (isRedisClient(connection) && (connection as { isCluster?: boolean }).isCluster === true) {
    return openCluster(connection, { ...overrides, retryStrategy });
  }
  const make = maker(connection);
  const own = {
    ...overrides,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy,
    sentinelRetryStrategy: retryStrategy,
    ...(make.db > 0 && { enableReadyCheck: true }),
    // A Sentinel that hangs must not keep the others from being asked.
    ...(make.sentinelTimeout === undefined && { sentinelCommandTimeout: silence }),
  };
  const client = make.client(own);
  return {
    client,
    isCluster: false,
    openSubscriber: () => make.client(own),
    secrets: () => secretsOf(client),
    masters: () => [client as RedisClient & ScanningClient],
    knowsAllMasters: () => true,
    keyPrefix: () => keyPrefixOf(client),
    refresh: () => undefined,
  };
}

/** Makes clients from a description, or from a client of the user's. */
function maker(connection: RedisConnection) {
  if (isRedisClient(connection)) {
    const { options = {} } = connection as RedisClient & { options?: RedisOptions };
    const duplicate = connection.duplicate as (overrides: object) => RedisClient;
    return {
      db: options.db ?? 0,
      sentinelTimeout: options.sentinelCommandTimeout,
      client: (own: object) => followCredentials(duplicate.call(connection, own), () => options),
    };
  }
  const options = typeof connection === 'string' ? readUrl(connection) : connection;
  return {
    db: Number(options.db ?? 0),
    sentinelTimeout: options.sentinelCommandTimeout,
    client: (own: object): RedisClient => new Redis({ ...options, ...own } as object),
  };
}

/**
 * Whether this ioredis never replaces a dead connection, as versions before 5.4.0 don't, in silence. A client of the
 * user's may be of another copy; a cluster is judged by its servers, if it has any yet.
 */
function keepsDeadConnections(connection: RedisConnection): boolean {
  const { nodes } = connection as { nodes?: (role: 'all') => object[] };
  const known = typeof nodes === 'function' ? nodes.call(connection, 'all')[0] : connection;
  const client = (isRedisClient(known) ? known : Redis.prototype) as object;
  return 'recoverFromFatalError' in client && !('setSocketTimeout' in client);
}
