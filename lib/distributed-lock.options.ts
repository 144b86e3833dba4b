/**
 * Options of the module: what users write, what each defaults to, and the check at start-up that turns a bad one into
 * a `LockOptionsError`.
 */
import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { LOCK_DEFAULTS } from './acquire.options.js';
import type { LockDefaults } from './acquire.options.js';
import type { Duration } from './duration.js';
import { DEFAULT_HAND_OFF, MAX_HAND_OFFS } from './core/lease/hand-off.js';
import type { HandOffBudget } from './core/lease/hand-off.js';
import type { LockOrderMode } from './core/lock-order.js';
import { LockOptionsError } from './lock.errors.js';
import { messages } from './lock.messages.js';
import { DEFAULT_MAX_KEY_BYTES } from './core/key-requests.js';
import { DEFAULT_SETTINGS, readBoolean, readDuration, resolveSettings } from './core/settings.js';
import type { LockSettings } from './core/settings.js';
import { checkOptionNames, checkOptionsObject, optionNames } from './option-names.js';
import { readText } from './option-text.js';
import type { OrText } from './option-text.js';
import type { LockStore } from './stores/lock-store.js';
import { checkConnection } from './stores/redis/connection-options.js';
import type { RedisConnection } from './stores/redis/redis-client.js';
import { isSlotSafePrefix } from './stores/redis/redis-keys.js';

/** Those of the options that are a single value. */
interface ModuleValues {
  /**
   * How long a key may be, in bytes of UTF-8, from 1 to 65536. A longer one is a `LockKeyError`.
   * @default 1024
   */
  maxKeyBytes?: number | undefined;
  /**
   * What happens when code that holds one key asks for another, while other code of this process asks for the two the other
   * way round (or in a longer circle): as soon as both run at the same time, they wait for each other until their `wait` is
   * over. `'warn'`: the log says so, and a `warning` event with the code `lock-order`, once for the same places in the code.
   * `'throw'`: the call that closes the circle rejects with a `LockOptionsError` before it asks for anything; no `onBusy` hides
   * it. Good for tests. `'off'`: nothing is looked at.
   *
   * It goes by what ran in this process, so it finds the danger without a deadlock, and misses what did not run; the orders
   * used last are remembered, about a thousand. Calls that don't wait (`wait: 0`) don't count, and neither do locks from
   * `acquire()`, unless `run()` made them the current ones: which code holds them is not known.
   * @default 'warn'; 'off' where `NODE_ENV` is `production`
   */
  lockOrder?: LockOrderMode | undefined;
  /**
   * How long one request to the store may take before it counts as failed.
   * @default '5s'
   */
  commandTimeout?: Duration | undefined;
  /**
   * Whether the application may only start when the store can be reached. With `false` it starts in any case, says so in the
   * log, and calls reject with `LockUnavailableError` until the connection stands; nothing has to be restarted then. The same
   * where the server refuses the user or the password, or is not ready: both may be put right there. Options that can't be
   * right, and a database that the server does not have, still keep it from starting. The start takes up to
   * `commandTimeout` longer while the store is away.
   * @default true
   */
  requireConnection?: boolean | undefined;
  /**
   * Who renews leases. `'main'`: the thread that runs the application, which can't while code blocks its event loop; a section
   * that computes for longer than its ttl loses its lock. `'worker'`: a thread of its own with a connection of its own, so
   * that such a section keeps its lock; `maxHold` still ends it. There is one such thread in a process, started with the
   * module; it costs a message for each lock. It needs a `connection` to Redis that can be given to a thread: no functions
   * in its options, such as `tls.checkServerIdentity` or the `dnsLookup` of a cluster. Where the thread can't be had, in a
   * bundle for example, a warning says why, and it is as with `'main'`.
   * @default 'main'
   */
  heartbeat?: HeartbeatMode | undefined;
  /**
   * Whether losses, failed renewals, an outage of the store and its end are written to Nest's `Logger`, once each and not
   * for every lock. Warnings of the start-up and of `lockOrder`, and errors of listeners, are written in any case.
   * @default true
   */
  logger?: boolean | undefined;
  /**
   * How long a shutdown waits for running sections before it takes their locks away.
   * @default '10s'
   */
  shutdownGrace?: Duration | undefined;
}

/**
 * Options of `DistributedLockModule.forRoot` and `forRootAsync`. Durations, numbers, booleans and modes may also be plain
 * text, as a variable of the environment is (`'30s'`, `'5000'`, `'false'`): the text is checked when the application starts.
 * Options of a call and of `@Locked` are written in code, where the compiler checks them, and take no plain text.
 */
export interface DistributedLockModuleOptions extends OrText<LockDefaults>, OrText<ModuleValues> {
  /**
   * Where the leases are kept: a `redis://` or `rediss://` URL with a host, ioredis options that say where to go (`host`,
   * `path`, or `sentinels` with a `name`), or an ioredis client of your own (`Redis` or `Cluster`). A client is a template:
   * the module works on duplicates of it, and never connects, closes or changes it. `'memory'` keeps the leases in this
   * process, for development and unit tests: it excludes callers of this process only.
   */
  connection?: RedisConnection | 'memory' | undefined;
  /** A store of your own instead of a `connection`. */
  store?: LockStore | undefined;
  /**
   * Goes in front of every Redis key, as in `lock:{order:42}`. Services that share keys must share it.
   * @default 'lock'
   */
  prefix?: string | undefined;
  /**
   * How far this process may hand a contended key from one of its own waiters to the next without asking the store: at
   * most `count` times (from 0 to 1023), and for at most `time` after the grant. Then the waiters of other processes
   * come first. More is faster, and makes other processes wait longer.
   * @default { count: 256, time: '20ms' }
   */
  handOff?: OrText<HandOffOptions> | undefined;
  /**
   * What this application is called in `inspect`, `list`, on the board and on the command line.
   * @default name and version of the nearest `package.json` of the main program
   */
  application?: ApplicationOptions | undefined;
}

/** See {@link DistributedLockModuleOptions.heartbeat}. */
export type HeartbeatMode = 'main' | 'worker';

/** See {@link DistributedLockModuleOptions.handOff}. */
export interface HandOffOptions {
  /** How often the key is handed to a next waiter. */
  count?: number | undefined;
  /** For how long after the grant it is. */
  time?: Duration | undefined;
}

/** See {@link DistributedLockModuleOptions.application}. */
export interface ApplicationOptions {
  /** Name, of at most 100 characters. */
  name?: string | undefined;
  /** Version, of at most 100 characters. */
  version?: string | undefined;
}

/** What a `useClass` or `useExisting` provider of `forRootAsync` implements. */
export interface DistributedLockOptionsFactory {
  /** Called once, at start-up. */
  createLockOptions(): DistributedLockModuleOptions | Promise<DistributedLockModuleOptions>;
}

/** Given to `forRoot` and `forRootAsync` beside the options, because Nest must know these before any factory runs. */
export interface DistributedLockModuleExtras {
  /**
   * Makes the `LockService` injectable everywhere without importing the module again.
   * @default true
   */
  isGlobal?: boolean | undefined;
  /**
   * Name of this instance, for `@InjectLockService(name)` and `@Locked(key, { instance: name })`. Leave it out for the
   * one that `LockService` injects.
   */
  name?: string | undefined;
}

/** The module's options, checked, in milliseconds. */
interface ModuleSettings {
  readonly settings: LockSettings;
  readonly handOff: HandOffBudget;
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly shutdownGrace: number;
  readonly maxKeyBytes: number;
  readonly lockOrder: LockOrderMode;
  readonly requireConnection: boolean;
  readonly heartbeat: HeartbeatMode;
  readonly logger: boolean;
  readonly application: ApplicationOptions;
}

const MODULE_OPTIONS = optionNames<DistributedLockModuleOptions>({
  ...LOCK_DEFAULTS,
  connection: true,
  store: true,
  prefix: true,
  handOff: true,
  commandTimeout: true,
  shutdownGrace: true,
  maxKeyBytes: true,
  lockOrder: true,
  requireConnection: true,
  heartbeat: true,
  logger: true,
  application: true,
});
const HAND_OFF_OPTIONS = optionNames<HandOffOptions>({ count: true, time: true });

const ASYNC_OPTIONS = optionNames<
  ConfigurableModuleAsyncOptions<DistributedLockModuleOptions> & DistributedLockModuleExtras
>({
  useFactory: true,
  useClass: true,
  useExisting: true,
  inject: true,
  imports: true,
  provideInjectionTokensFrom: true,
  isGlobal: true,
  name: true,
});

/** Checks what stands beside the factory of the options. */
export function checkAsyncOptions(
  options: ConfigurableModuleAsyncOptions<DistributedLockModuleOptions, never> & DistributedLockModuleExtras,
): void {
  checkOptionNames(options, ASYNC_OPTIONS, 'DistributedLockModule.forRootAsync()');
  const { useFactory, useClass, useExisting } = options;
  if (typeof useFactory !== 'function' && (useFactory !== undefined || (!useClass && !useExisting))) {
    throw new LockOptionsError(messages.noOptionsSource());
  }
}

/** The options without text, as far as it could be read. */
type ReadOptions = LockDefaults &
  ModuleValues &
  Omit<DistributedLockModuleOptions, keyof (LockDefaults & ModuleValues)>;

const TEXT_OPTIONS = {
  booleans: { autoRenew: true, reentrant: true, fair: true, requireConnection: true, logger: true },
  numbers: { maxKeyBytes: true },
  words: ['release', 'lockOrder', 'heartbeat'],
} as const;

/** Checks the options and fills in the defaults; throws a `LockOptionsError` that names the first bad one. */
export function readModuleOptions(given: DistributedLockModuleOptions): ModuleSettings {
  checkOptionsObject(given, 'DistributedLockModule');
  for (const name of ['name', 'isGlobal']) {
    if (name in given) throw new LockOptionsError(messages.besideFactory(name));
  }
  checkOptionNames(given, MODULE_OPTIONS, 'DistributedLockModule');
  const options = readText<ReadOptions>(given, TEXT_OPTIONS);
  const { connection, store, prefix = 'lock', commandTimeout = '5s', shutdownGrace = '10s' } = options;
  if (store !== undefined) checkStore(store);
  if (connection !== undefined && store !== undefined) {
    throw new LockOptionsError(messages.option('store', store, 'no store beside a `connection` (set one of them)'));
  }
  if (connection !== undefined && connection !== 'memory') checkConnection(connection);
  if (typeof prefix !== 'string' || prefix === '' || !isSlotSafePrefix(prefix)) {
    throw new LockOptionsError(
      messages.option('prefix', prefix, 'a string that is not empty, without `{` except in a whole hash tag'),
    );
  }
  return {
    settings: resolveSettings(options, DEFAULT_SETTINGS),
    handOff: readHandOff(options.handOff),
    prefix,
    commandTimeout: readDuration('commandTimeout', commandTimeout, { min: 1, max: 2_147_483_647 }),
    shutdownGrace: readDuration('shutdownGrace', shutdownGrace, { min: 0, max: 2_147_483_647 }),
    maxKeyBytes: readMaxKeyBytes(options.maxKeyBytes),
    lockOrder: readLockOrder(options.lockOrder),
    requireConnection: readBoolean('requireConnection', options.requireConnection, true),
    heartbeat: readHeartbeat(options.heartbeat),
    logger: readBoolean('logger', options.logger, true),
    application: readApplication(options.application),
  };
}

function readLockOrder(
  lockOrder: LockOrderMode = process.env['NODE_ENV'] === 'production' ? 'off' : 'warn',
): LockOrderMode {
  if (lockOrder === 'warn' || lockOrder === 'throw' || lockOrder === 'off') return lockOrder;
  throw new LockOptionsError(messages.option('lockOrder', lockOrder, "'warn', 'throw' or 'off'"));
}

function readHeartbeat(heartbeat: HeartbeatMode = 'main'): HeartbeatMode {
  if (heartbeat === 'main' || heartbeat === 'worker') return heartbeat;
  throw new LockOptionsError(messages.option('heartbeat', heartbeat, "'main' or 'worker'"));
}

/** One call carries sixteen keys and what belongs to them, which has to fit into what a server accepts at once. */
const LONGEST_KEY = 65_536;

function readMaxKeyBytes(bytes = DEFAULT_MAX_KEY_BYTES): number {
  if (Number.isInteger(bytes) && bytes >= 1 && bytes <= LONGEST_KEY) return bytes;
  throw new LockOptionsError(messages.option('maxKeyBytes', bytes, `a whole number from 1 to ${LONGEST_KEY}`));
}

function readHandOff(given: OrText<HandOffOptions> = {}): HandOffBudget {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new LockOptionsError(messages.option('handOff', given, 'an object with `count` and `time`'));
  }
  checkOptionNames(given, HAND_OFF_OPTIONS, 'DistributedLockModule', 'handOff.');
  const options = readText<HandOffOptions>(given, { booleans: {}, numbers: { count: true } });
  const { count = DEFAULT_HAND_OFF.count, time = DEFAULT_HAND_OFF.time } = options;
  if (!Number.isInteger(count) || count < 0 || count > MAX_HAND_OFFS) {
    throw new LockOptionsError(messages.option('handOff.count', count, `a whole number from 0 to ${MAX_HAND_OFFS}`));
  }
  return { count, time: readDuration('handOff.time', time, { min: 0, max: 2_147_483_647 }) };
}

const APPLICATION_OPTIONS = optionNames<ApplicationOptions>({ name: true, version: true });

function readApplication(options: ApplicationOptions = {}): ApplicationOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new LockOptionsError(messages.option('application', options, 'an object with `name` and `version`'));
  }
  checkOptionNames(options, APPLICATION_OPTIONS, 'DistributedLockModule', 'application.');
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value !== undefined && (typeof value !== 'string' || value === '' || value.length > 100)) {
      throw new LockOptionsError(messages.option(`application.${name}`, value, 'a string of 1 to 100 characters'));
    }
  }
  return options;
}

const STORE_METHODS = ['start', 'stop', 'ping', 'acquire', 'touch', 'release', 'inspect', 'listen'] as const;

function checkStore(store: unknown): void {
  const isObject = typeof store === 'object' && store !== null;
  const missing = isObject
    ? STORE_METHODS.filter((method) => typeof (store as Partial<LockStore>)[method] !== 'function')
    : [];
  if (isObject && missing.length === 0) return;
  const lacks = isObject ? ` (it lacks ${missing.map((method) => `\`${method}\``).join(', ')})` : '';
  throw new LockOptionsError(messages.option('store', store, `an object with all methods of \`LockStore\`${lacks}`));
}
