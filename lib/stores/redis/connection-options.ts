/**
 * What may be passed as `connection`, and nothing else: ioredis itself takes whatever it does not understand for a server
 * on this very machine, and two applications would hold one key. Nothing that was passed is quoted: it may be a password.
 */
import type { RedisOptions } from 'ioredis';
import { LockOptionsError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { RedisClient, RedisConnection } from './redis-client.js';

/** The options of a client of ioredis 5 and 6. */
const OPTION_NAMES: ReadonlySet<string> = new Set(
  [
    'host port path family db username password tls Connector natMap',
    'sentinels name role preferredSlaves sentinelUsername sentinelPassword sentinelTLS enableTLSForSentinelMode',
    'updateSentinels failoverDetector sentinelMaxConnections sentinelRetryStrategy sentinelReconnectStrategy',
    'sentinelCommandTimeout connectTimeout disconnectTimeout commandTimeout socketTimeout blockingTimeout',
    'blockingTimeoutGrace keepAlive noDelay connectionName disableClientInfo clientInfoTag keyPrefix lazyConnect readOnly',
    'monitor stringNumbers protocol replyMapping scripts retryStrategy reconnectOnError autoResubscribe',
    'autoResendUnfulfilledCommands maxRetriesPerRequest maxLoadingRetryTime enableOfflineQueue enableReadyCheck',
    'enableAutoPipelining autoPipeliningIgnoredCommands offlineQueue commandQueue showFriendlyErrorStack himportFieldsets',
  ].flatMap((names) => names.split(' ')),
);

/** What may stand behind the `?` of a URL, and whether it is a number. */
const URL_OPTIONS: Readonly<Record<string, 'number' | 'text'>> = {
  db: 'number',
  family: 'number',
  protocol: 'number',
  connectTimeout: 'number',
  keepAlive: 'number',
  connectionName: 'text',
  keyPrefix: 'text',
  username: 'text',
  password: 'text',
};

const CLIENT_METHODS = ['evalsha', 'eval', 'subscribe', 'connect', 'disconnect', 'duplicate', 'on', 'off'] as const;

/** Whether a connection is an ioredis client rather than a description of one. */
export function isRedisClient(connection: unknown): connection is RedisClient {
  if (typeof connection !== 'object' || connection === null) return false;
  const client = connection as Partial<Record<string, unknown>>;
  return typeof client['status'] === 'string' && CLIENT_METHODS.every((method) => typeof client[method] === 'function');
}

/** Throws a `LockOptionsError` unless a connection says where to go. */
export function checkConnection(connection: unknown): asserts connection is RedisConnection {
  if (typeof connection === 'string') readUrl(connection);
  else if (isRedisClient(connection)) checkRole((connection as { options?: { role?: unknown } }).options ?? {});
  else if (isPlainObject(connection)) checkOptions(connection);
  else throw refused(describe(connection));
}

/** The ioredis options that a URL stands for. */
export function readUrl(text: string): RedisOptions {
  if (!/^rediss?:\/\//i.test(text)) throw refused('a string that is no Redis URL');
  const url = parse(text);
  if (!url?.hostname) throw refused('a Redis URL without a host');
  if (url.hash !== '') throw refused('a Redis URL with a `#`, which has to be written %23 in a password');
  if (!/^\/?\d*$/.test(url.pathname)) {
    throw refused('a Redis URL with a path that is no database; in a password `/` has to be written %2F');
  }
  const options: Record<string, unknown> = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6_379 : Number(url.port),
    ...credentials(url),
    ...(url.pathname.length > 1 && { db: Number(url.pathname.slice(1)) }),
    ...(/^rediss:/i.test(text) && { tls: {} }),
  };
  for (const [name, value] of url.searchParams) {
    // What stands there may be the rest of a password.
    const kind = Object.hasOwn(URL_OPTIONS, name) ? URL_OPTIONS[name] : undefined;
    if (!kind) throw refused(`a Redis URL with an option that it can't have${named(name)}`);
    if (kind === 'number' && !/^\d+$/.test(value)) throw refused(`a Redis URL whose \`${name}\` is no whole number`);
    options[name] ??= kind === 'number' ? Number(value) : value;
  }
  return options;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // What `URL` throws carries the text.
  }
}

function credentials({ username, password }: URL): object {
  if (username === '' && password === '') return {};
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw refused('a Redis URL with a `%` in its user name or password that begins no escape; write it %25');
  }
}

function checkOptions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !OPTION_NAMES.has(name)) throw refused(`an object with an unknown option${named(name)}`);
  }
  const { host, path, port, db, sentinels, name, Connector } = options;
  if (host != null && !isText(host)) throw refused('an object whose `host` is no name or address');
  if (path != null && !isText(path)) throw refused('an object whose `path` is no path of a socket');
  if (sentinels != null && !areSentinels(sentinels)) {
    throw refused('an object whose `sentinels` are no list of `{ host, port }`');
  }
  if (sentinels != null && !isText(name))
    throw refused('an object with `sentinels` but without the `name` of the master');
  if (host == null && path == null && sentinels == null && typeof Connector !== 'function') {
    throw refused('an object that does not say where to go');
  }
  if (port != null && !isWhole(port, 65_535)) throw refused('an object whose `port` is no whole number up to 65535');
  if (db != null && !isWhole(db, Number.MAX_SAFE_INTEGER)) throw refused('an object whose `db` is no whole number');
  checkRole(options);
}

/** No lock can be taken on a replica, which may not be written to. */
function checkRole({ role }: { readonly role?: unknown }): void {
  if (role === 'slave') throw refused("a connection to a replica (`role: 'slave'`), where nothing can be locked");
}

function areSentinels(sentinels: unknown): boolean {
  if (!Array.isArray(sentinels) || sentinels.length === 0) return false;
  return sentinels.every((each: unknown) => isPlainObject(each) && isText(each['host']));
}

/** Also of another realm: tests run in one of their own. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isWhole(value: unknown, max: number): boolean {
  if (typeof value === 'string' && !/^\d+$/.test(value)) return false;
  return (
    (typeof value === 'string' || typeof value === 'number') && Number.isInteger(+value) && +value >= 0 && +value <= max
  );
}

/** The name of an option, if it looks like one: other text may be part of a secret. */
function named(name: string): string {
  return /^[a-z]{1,40}$/i.test(name) ? ` (\`${name}\`)` : '';
}

function describe(value: unknown): string {
  if (value instanceof URL) return 'a URL object';
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? 'a function' : String(value);
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise';
  return 'an object that is neither plain options nor a client of ioredis';
}

function refused(what: string): LockOptionsError {
  return new LockOptionsError(messages.badConnection(what));
}
