/**
 * The Redis scripts without one of their guards, each in turn, on a real server: some promise of the store must be seen to
 * break. A guard that nothing misses is either not needed or not tested.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { DEFAULT_TIMING } from '../../lib/stores/lock-store.js';
import type { StoreTiming } from '../../lib/stores/lock-store.js';
import { recordName } from '../../lib/stores/redis/redis-keys.js';
import { script } from '../../lib/stores/redis/redis-requests.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { inspectScript } from '../../lib/stores/redis/scripts/inspect.js';
import { leaseScript } from '../../lib/stores/redis/scripts/lease-script.js';
import { startRedis } from '../support/redis-server.mjs';
import { Driver, LONG } from './lock-store.harness.js';
import { FENCING_PROMISES } from './script-guards/fencing.promises.js';
import { HOLD_MUTANTS } from './script-guards/hold.mutants.js';
import { HOLD_PROMISES } from './script-guards/hold.promises.js';
import { LINE_MUTANTS } from './script-guards/line.mutants.js';
import { LINE_PROMISES } from './script-guards/line.promises.js';
import { mutate } from './script-guards/mutant.js';
import type { Mutant } from './script-guards/mutant.js';
import type { Deniable, PromiseName, Stage } from './script-guards/promises.js';
import { RELEASE_MUTANTS } from './script-guards/release.mutants.js';
import { RELEASE_PROMISES } from './script-guards/release.promises.js';

const PROMISES = { ...HOLD_PROMISES, ...FENCING_PROMISES, ...LINE_PROMISES, ...RELEASE_PROMISES };
const NAMES = Object.keys(PROMISES) as PromiseName[];
const MUTANTS = [...HOLD_MUTANTS, ...LINE_MUTANTS, ...RELEASE_MUTANTS];
const DENIED: readonly Deniable[] = ['getrange', 'set', 'setrange', 'pexpire', 'zadd', 'publish'];

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
      const store = new RedisLockStore({ connection, prefix, commandTimeout: 10_000, timing: full });
      if (impaired) impair(store, full, impaired);
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
    const broken = await Promise.all(NAMES.map((name) => attempt(name)));
    expect(broken.filter((each) => each !== undefined)).toEqual([]);
  });

  it('are each missed when they are taken away', async () => {
    const survivors = await Promise.all(
      MUTANTS.map(async (mutant) => ((await attempt(mutant.breaks, mutant)) === undefined ? [mutant.guard] : [])),
    );
    expect(survivors.flat()).toEqual([]);
  });

  it('are taken away, and nothing else: what is left is a script', async () => {
    for (const mutant of MUTANTS) await client.call('SCRIPT', 'LOAD', sourceOf(mutant, DEFAULT_TIMING));
    expect(new Set(MUTANTS.map((mutant) => sourceOf(mutant, DEFAULT_TIMING))).size).toBeGreaterThan(60);
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

const isOfInspect = ({ guard }: Mutant): boolean => guard.startsWith('inspect');

function sourceOf(mutant: Mutant, timing: StoreTiming): string {
  return mutate(isOfInspect(mutant) ? inspectScript(timing) : leaseScript(timing), timing, mutant);
}

/** Gives a store a script without a guard. */
function impair(store: RedisLockStore, timing: StoreTiming, mutant: Mutant): void {
  Object.assign(store, { [isOfInspect(mutant) ? 'look' : 'change']: script(sourceOf(mutant, timing)) });
}
