/**
 * Where the locks are, as the command line and the environment say it, as a `connection` of the library; and the same in
 * words that may be shown, which never contain a user name or a password.
 */
import { Cluster } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { plain } from '../quoting.js';
import { readUrl } from '../stores/redis/connection-options.js';
import type { RedisConnection } from '../stores/redis/redis-client.js';
import { readCount, readTime } from './arguments.js';
import type { Arguments } from './arguments.js';
import { UsageError } from './exit-codes.js';

/** What to connect to, and how. */
export interface Target {
  readonly connection: RedisConnection;
  readonly prefix: string;
  /** How long Redis may take, in milliseconds. */
  readonly timeout: number;
  /** For people. */
  readonly address: string;
  /** Neither the command line nor the environment said where Redis is. */
  readonly isDefault: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'redis://localhost:6379';
const DEFAULT_TIMEOUT = 5_000;
/** A shorter time is over before a connection stands. */
const LEAST_TIMEOUT = 100;

/** Throws a {@link UsageError}, or a `LockOptionsError` where a URL can't be read. */
export function readTarget({ options }: Arguments, env: Environment): Target {
  const { redis, cluster, sentinel, name, prefix } = options;
  const ways = Object.entries({ redis, cluster, sentinel }).filter(([, value]) => value !== undefined);
  if (ways.length > 1) throw new UsageError(`Choose one of ${ways.map(([way]) => `--${way}`).join(' and ')}.`);
  if (sentinel !== undefined && name === undefined)
    throw new UsageError('--sentinel needs --name, that of the master.');
  if (sentinel === undefined && name !== undefined) throw new UsageError('--name goes with --sentinel.');
  const isDefault = ways.length === 0 && !env['REDIS_URL'];
  return {
    ...connectionOf(options, env),
    prefix: typeof prefix === 'string' ? prefix : 'lock',
    timeout: readTime('timeout', options['timeout'], DEFAULT_TIMEOUT, LEAST_TIMEOUT),
    isDefault,
  };
}

function connectionOf(options: Arguments['options'], env: Environment): Pick<Target, 'connection' | 'address'> {
  const { redis, cluster, sentinel, name, tls } = options;
  const db = readCount('db', options['db'], 0);
  const own: RedisOptions = { ...credentials(env), ...(tls === true && { tls: {} }), ...(db !== undefined && { db }) };
  if (typeof cluster === 'string') {
    if (db !== undefined) throw new UsageError('--db goes with --redis or --sentinel: a cluster has one database.');
    const nodes = readServers('cluster', cluster, 6_379);
    // It is only a template, and never connected itself.
    const client = new Cluster(nodes, { lazyConnect: true, redisOptions: own } as object);
    return { connection: client, address: `the cluster of ${listed(nodes)}` };
  }
  if (typeof sentinel === 'string') {
    const sentinels = readServers('sentinel', sentinel, 26_379);
    const { REDIS_SENTINEL_PASSWORD: sentinelPassword } = env;
    const connection: RedisOptions = {
      ...own,
      sentinels,
      name: name as string,
      ...(sentinelPassword && { sentinelPassword }),
      ...(tls === true && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
    };
    return { connection, address: `the master ${plain(name as string)} of the Sentinels ${listed(sentinels)}` };
  }
  const url = typeof redis === 'string' ? redis : env['REDIS_URL'] || DEFAULT_URL;
  const connection = { ...own, ...readUrl(url), ...(db !== undefined && { db }) };
  const { host, port, db: database } = connection;
  const number = database ? `/${database}` : '';
  const address = `redis${connection.tls ? 's' : ''}://${serverName({ host: host!, port: port! })}${number}`;
  return { connection, address: plain(address) };
}

/** User name and password that are not on the command line. */
function credentials({ REDIS_USERNAME: username, REDIS_PASSWORD: password }: Environment): RedisOptions {
  return { ...(username && { username }), ...(password && { password }) };
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function readServers(name: string, text: string, usual: number): Server[] {
  return text.split(',').map((word) => {
    const { host, host6, port } =
      /^(?:\[(?<host6>[^\]@/]+)\]|(?<host>[^\s:@/[\]]+))(?::(?<port>\d{1,5}))?$/.exec(word.trim())?.groups ?? {};
    const server = { host: host ?? host6 ?? '', port: Number(port ?? usual) };
    if (server.host !== '' && server.port <= 65_535) return server;
    throw new UsageError(
      `--${name} is a list of servers such as host-1:${usual},host-2:${usual}. A password goes into REDIS_PASSWORD.`,
    );
  });
}

function listed(servers: readonly Server[]): string {
  return plain(servers.map(serverName).join(', '));
}

function serverName({ host, port }: Server): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
