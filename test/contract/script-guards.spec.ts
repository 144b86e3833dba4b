/**
 * The Redis scripts without one of their guards, each in turn, on a real server: some promise of the store must be seen to
 * break. A guard that nothing misses is either not needed or not tested.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { DEFAULT_TIMING } from '../../lib/stores/protocol.js';
import type { StoreTiming } from '../../lib/stores/lock-store.js';
import { recordName } from '../../lib/stores/redis/redis-keys.js';
import { script } from '../../lib/stores/redis/redis-requests.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { inspectScript } from '../../lib/stores/redis/scripts/inspect.js';
import { leaseScript } from '../../lib/stores/redis/scripts/lease-script.js';
import { listScript } from '../../lib/stores/redis/scripts/list.js';
import { shareBranch } from '../../lib/stores/redis/scripts/share-branch.js';
import { tellingScript } from '../../lib/stores/redis/scripts/telling.js';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { Driver, LONG } from '../../lib/testing/contract/driver.js';
import { FENCING_PROMISES } from './script-guards/fencing.promises.js';
import { HOLD_MUTANTS } from './script-guards/hold.mutants.js';
import { HOLD_PROMISES } from './script-guards/hold.promises.js';
import { OPERATIONS_MUTANTS } from './script-guards/operations.mutants.js';
import { OPERATIONS_PROMISES } from './script-guards/operations.promises.js';
import { QUEUE_MUTANTS } from './script-guards/queue.mutants.js';
import { QUEUE_PROMISES } from './script-guards/queue.promises.js';
import { mutate } from './script-guards/mutant.js';
import type { Mutant } from './script-guards/mutant.js';
import type { Deniable, PromiseName, Stage } from './script-guards/promises.js';
import { RELEASE_MUTANTS } from './script-guards/release.mutants.js';
import { RELEASE_PROMISES } from './script-guards/release.promises.js';
import { SHARE_CHANGE_MUTANTS } from './script-guards/share-change.mutants.js';
import { SHARE_CHANGE_PROMISES } from './script-guards/share-change.promises.js';
import { SHARE_LEASE_MUTANTS } from './script-guards/share-lease.mutants.js';
import { SHARE_LEASE_PROMISES } from './script-guards/share-lease.promises.js';
import { SHARE_QUEUE_MUTANTS } from './script-guards/share-queue.mutants.js';
import { SHARE_QUEUE_PROMISES } from './script-guards/share-queue.promises.js';
import { SHARE_RECORD_MUTANTS } from './script-guards/share-record.mutants.js';
import { SHARE_RECORD_PROMISES } from './script-guards/share-record.promises.js';

const PROMISES = {
  ...HOLD_PROMISES,
  ...FENCING_PROMISES,
  ...QUEUE_PROMISES,
  ...RELEASE_PROMISES,
  ...SHARE_LEASE_PROMISES,
  ...SHARE_RECORD_PROMISES,
  ...SHARE_QUEUE_PROMISES,
  ...SHARE_CHANGE_PROMISES,
  ...OPERATIONS_PROMISES,
};
const NAMES = Object.keys(PROMISES) as PromiseName[];
const MUTANTS = [
  ...HOLD_MUTANTS,
  ...QUEUE_MUTANTS,
  ...RELEASE_MUTANTS,
  ...SHARE_LEASE_MUTANTS,
  ...SHARE_RECORD_MUTANTS,
  ...SHARE_QUEUE_MUTANTS,
  ...SHARE_CHANGE_MUTANTS,
  ...OPERATIONS_MUTANTS,
];
/** Stands in place of the branch for shared keys. */
const SHARED = '<shared>';

const DENIED: readonly Deniable[] = ['getrange', 'set', 'setrange', 'pexpire', 'zadd', 'publish', 'hset', 'zcount'];

describe('the guards of the scripts', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;
  const restricted = new Map<string, Redis>();

  beforeAll(async () => {
    server = await startRedis();
    client = open(server.url);
    for (const command of DENIED) {
      await client.call('ACL', 'SETUSER', command, 'on', 'nopass', '~*', '&*', '+@all', `-${command}`);
      restricted.set(command, open(server.url.replace('//', `//${command}:any@`)));
    }
  });

  afterAll(async () => {
    for (const each of [client, ...restricted.values()]) each.disconnect();
    await server.stop();
  });

  /** Puts a promise to the test; answers what broke it. */
  async function attempt(name: PromiseName, mutant: Mutant | null = null): Promise<unknown> {
    const prefix = `guards-${randomUUID()}`;
    const stores: RedisLockStore[] = [];
    const open = (connection: Redis, timing: Partial<StoreTiming> = {}, impaired: Mutant | null = mutant): Driver => {
      const full = { ...DEFAULT_TIMING, claimWindow: LONG, placeLife: LONG, ...timing };
      const template = impaired ? impair(connection, full, impaired) : connection;
      const store = new RedisLockStore({ connection: template, prefix, commandTimeout: 10_000, timing: full });
      stores.push(store);
      return new Driver(store);
    };
    const stage: Stage = {
      key: randomUUID(),
      open: (timing) => open(client, timing),
      intact: () => open(client, {}, null),
      openWithout: (command) => open(restricted.get(command)!),
      redis: client,
      record: (key) => recordName(prefix, key),
      names: () => client.keys(`${prefix}*`),
    };
    try {
      await PROMISES[name](stage);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      for (const store of stores) await store.stop();
    }
  }

  it('are all there, and keep every promise', async () => {
    const outcomes = await Promise.all(NAMES.map(async (name) => ({ name, error: await attempt(name) })));
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it('are each missed when they are taken away', async () => {
    const survivors = await Promise.all(
      MUTANTS.map(async (mutant) => ((await attempt(mutant.breaks, mutant)) === undefined ? [mutant.guard] : [])),
    );
    expect(survivors.flat()).toEqual([]);
  });

  it('are taken away, and nothing else: what is left is a script', async () => {
    for (const mutant of MUTANTS) await client.call('SCRIPT', 'LOAD', sourceOf(mutant, DEFAULT_TIMING));
    expect(new Set(MUTANTS.map((mutant) => sourceOf(mutant, DEFAULT_TIMING))).size).toBeGreaterThan(120);
  });

  it('protect each of these promises', () => {
    const protectedOnes = new Set(MUTANTS.map(({ breaks }) => breaks));
    expect(NAMES.filter((name) => !protectedOnes.has(name))).toEqual([]);
  });
});

/**
 * A client for many stores, whose duplicates are one connection: hundreds of their own would take longer to come about
 * than the leases last that are looked at.
 */
function open(url: string): Redis {
  const client = new Redis(url);
  const shared = client.duplicate({ enableOfflineQueue: true, lazyConnect: false });
  shared.setMaxListeners(0);
  const disconnect = shared.disconnect.bind(shared);
  shared.disconnect = () => undefined;
  client.duplicate = () => shared;
  client.once('close', () => disconnect());
  return client;
}

/** Scripts of their own, by the first word of their guards. */
const SCRIPTS: Readonly<Record<string, (timing: StoreTiming) => string>> = {
  'inspect:': inspectScript,
  'list:': listScript,
  'telling:': tellingScript,
};

const wholeOf = ({ guard }: Mutant, timing: StoreTiming): string =>
  (SCRIPTS[guard.split(' ')[0]!] ?? leaseScript)(timing);

/** What is done where a key is shared has guards of its own, though some of its text is the same. */
function sourceOf(mutant: Mutant, timing: StoreTiming): string {
  const [whole, shared] = [wholeOf(mutant, timing), shareBranch(timing)];
  if (mutant.guard.startsWith('shared')) return whole.replace(shared, () => mutate(shared, timing, mutant));
  return mutate(whole.replace(shared, SHARED), timing, mutant).replace(SHARED, () => shared);
}

/** A client whose duplicates run a script without a guard in place of the whole one. */
function impair(connection: Redis, timing: StoreTiming, mutant: Mutant): Redis {
  const [whole, flawed] = [script(wholeOf(mutant, timing)), script(sourceOf(mutant, timing))];
  const client = connection.duplicate();
  const swapped = withMethods(client, {
    evalsha: (sha: string, ...rest: [number]) => client.evalsha(sha === whole.sha ? flawed.sha : sha, ...rest),
    eval: (source: string, ...rest: [number]) => client.eval(source === whole.source ? flawed.source : source, ...rest),
  });
  return withMethods(connection, { duplicate: () => swapped });
}

function withMethods(client: Redis, methods: Readonly<Record<string, unknown>>): Redis {
  return new Proxy(client, {
    get(target, name) {
      if (typeof name === 'string' && name in methods) return methods[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
