/** What loggers and serialisers see of locks, services, stores, modules and errors: enough, small, and no secret. */
import { jest } from '@jest/globals';
import { inspect, format } from 'node:util';
import { ConsoleLogger, Inject, Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  DistributedLockModule,
  getLockStoreToken,
  isLockError,
  LockLostError,
  LockService,
  MemoryLeases,
  MemoryLockStore,
} from 'nestjs-distributed-lock';
import type { Lock, LockStore } from 'nestjs-distributed-lock';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { closeAfterTest, lockModule, startWith } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

const SECRET = 's3cret-password';

@Injectable()
class Orders {
  @Inject() readonly locks!: LockService;
}

/** Everything an own enumerable property leads to, as serialisers that know nothing of classes walk. */
function walk(value: unknown, seen = new Set<object>()): string {
  if (typeof value === 'function') return '';
  if (typeof value !== 'object' || value === null) return String(value);
  if (seen.has(value)) return '';
  seen.add(value);
  const inside = [...Reflect.ownKeys(value)].filter((name) => Object.prototype.propertyIsEnumerable.call(value, name));
  return inside
    .map((name) => `${String(name)}=${walk((value as Record<PropertyKey, unknown>)[name], seen)}`)
    .join('\n');
}

/** What `write` writes to the standard streams. */
function written(write: () => void): string {
  const lines: string[] = [];
  const catching = (text: unknown): boolean => lines.push(String(text)) > 0;
  const spies = [process.stdout, process.stderr].map((each) => jest.spyOn(each, 'write').mockImplementation(catching));
  try {
    write();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines.join('');
}

const nestJson = new ConsoleLogger({ json: true });
const nestPlain = new ConsoleLogger({ colors: false });

/** Ways to log a thing. */
const WAYS: Record<string, (thing: object) => string> = {
  'util.inspect': (thing) => inspect(thing),
  'util.inspect to any depth': (thing) => inspect(thing, { depth: Infinity }),
  '%s': (thing) => format('%s', thing),
  '%o': (thing) => format('%o', thing),
  '%O': (thing) => format('%O', thing),
  '%j': (thing) => format('%j', thing),
  'JSON.stringify': (thing) => JSON.stringify(thing),
  'as a property': (thing) => inspect({ a: { b: { thing } } }, { depth: 10 }) + JSON.stringify({ a: { b: { thing } } }),
  'Nest’s logger': (thing) => written(() => nestPlain.log(thing)),
  'Nest’s logger, in JSON': (thing) => written(() => nestJson.log(thing)),
  'Nest’s logger, in JSON, as an error': (thing) => written(() => nestJson.error('failed', thing)),
  'own enumerable properties': (thing) => walk(thing),
  spread: (thing) => inspect({ ...thing }, { depth: Infinity }),
};

let url: string;
let stop: () => Promise<void>;
beforeAll(async () => {
  const user = ['on', `>${SECRET}`, '~*', '&*', '+@all'];
  const redis = await startRedis({ args: ['--user', 'app', ...user] });
  url = `redis://app:${SECRET}@127.0.0.1:${redis.port}`;
  stop = () => redis.stop();
});
afterAll(() => stop());

async function scene(): Promise<{ orders: Orders; locks: LockService; lock: Lock }> {
  const orders = await startWith(Orders, { connection: url, shutdownGrace: 0 });
  return { orders, locks: orders.locks, lock: await orders.locks.acquire('order:42', { ttl: '30s' }) };
}

/** The logger of Nest 10 says of an object of a class no more than that it is one. */
function isMute(way: string): boolean {
  return process.env['NEST_MAJOR'] === '10' && way.startsWith('Nest');
}

describe.each(Object.entries(WAYS))('logged by %s', (way, log) => {
  it('a lock shows what a person needs, and no token', async () => {
    const { lock } = await scene();
    const shown = log(lock);
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(lock.token);
    expect(shown.length).toBeLessThan(1_500);
    if (way === 'own enumerable properties' || way === 'spread' || isMute(way)) return;
    for (const part of ['order:42', String(lock.fencingToken), '30000', 'isHeld', 'expiresAt'])
      expect(shown).toContain(part);
  });

  it('a lock over several keys, a service, and what has it injected stay small and keep the secret', async () => {
    const { orders, locks } = await scene();
    const several = await locks.acquire(Array.from({ length: 60 }, (_, i) => `key:${i}`));
    for (const thing of [several, locks, orders]) {
      const shown = log(thing);
      expect(shown).not.toContain(SECRET);
      expect(shown.length).toBeLessThan(6_000);
    }
  });

  it('a lost lock’s errors show neither the result nor data of others', async () => {
    const { locks } = await scene();
    const result = { card: 'secret-card' };
    const lost = await rejection<LockLostError>(
      locks.withLock('lost', { ttl: 100, autoRenew: false }, async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return result;
      }),
    );
    expect(lost.result).toBe(result);
    for (const error of [lost, lost.cause as Error]) {
      const shown = log(error);
      expect(shown).not.toMatch(/secret-card|s3cret/);
      expect(shown.length).toBeLessThan(8_000);
      if (way !== 'spread' && way !== 'own enumerable properties') expect(shown).toContain('lost');
    }
  });
});

describe.each(Object.entries(WAYS).filter(([way]) => !/own enumerable|spread/.test(way)))(
  'logged by %s',
  (way, log) => {
    it('the store in use, the module and its options keep the secret', async () => {
      const dynamic = DistributedLockModule.forRoot({ connection: url });
      if (log !== WAYS['%j'] && log !== WAYS['JSON.stringify'] && !log.toString().includes('JSON')) {
        expect(inspect(dynamic, { depth: Infinity })).not.toContain(SECRET);
      }
      const moduleRef = closeAfterTest(await Test.createTestingModule({ imports: [dynamic] }).compile());
      const store = moduleRef.get<LockStore>(getLockStoreToken());
      const shown = log(store as object);
      expect(shown).not.toContain(SECRET);
      expect(shown.length).toBeLessThan(1_000);
      if (!isMute(way)) expect(shown).toMatch(/prefix.*lock/s);
    });
  },
);

it('the stores in memory show how many keys they know, and none of them', async () => {
  const leases = new MemoryLeases();
  const store = new MemoryLockStore(leases);
  const orders = await startWith(Orders, { connection: undefined, store });
  const lock = await orders.locks.acquire('secret:key');
  for (const thing of [leases, store, orders.locks]) {
    const shown = inspect(thing, { depth: Infinity }) + JSON.stringify(thing);
    expect(shown).not.toMatch(/secret/);
    expect(shown).not.toContain(lock.token);
    expect(shown.length).toBeLessThan(800);
  }
  expect(JSON.parse(JSON.stringify(store))).toEqual({ keys: 1 });
});

it('structuredClone takes a lock, a service and errors, and no more than they show', async () => {
  const { locks, lock } = await scene();
  expect(structuredClone({ lock, locks })).toEqual({ lock: {}, locks: {} });
  const busy = await rejection<Error>(locks.acquire('order:42', { wait: 0 }));
  expect((structuredClone(busy) as Error).message).toBe(busy.message);
});

it('a lock, a service and errors say in JSON what they are', async () => {
  const { locks, lock } = await scene();
  expect(JSON.parse(JSON.stringify(lock))).toEqual({
    key: 'order:42',
    token: `${lock.token.slice(0, 11)}…`,
    mode: 'write',
    fencingToken: lock.fencingToken,
    ttl: 30_000,
    isHeld: true,
    isReleased: false,
    acquiredAt: lock.acquiredAt.toISOString(),
    expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(JSON.parse(JSON.stringify(locks))).toMatchObject({ ttl: 30_000, isClosing: false });
  const busy = await rejection(locks.acquire('order:42', { wait: 0 }));
  expect(JSON.parse(JSON.stringify(busy))).toEqual({
    name: 'LockBusyError',
    message: expect.stringContaining('"order:42"'),
    code: 'LOCK_BUSY',
    key: 'order:42',
    retryAfterMs: expect.any(Number),
  });
  expect(inspect(busy)).toMatch(/^LockBusyError: The key "order:42".*\n +at [^]*code: 'LOCK_BUSY'/);
  await lock.release();
  expect(JSON.parse(JSON.stringify(lock))).toMatchObject({ isHeld: false, isReleased: true });
});

it.each(['log', 'error', 'warn', 'debug', 'verbose'] as const)(
  'Nest’s JSON logger does not throw in a section: %s',
  async (level) => {
    const { locks } = await scene();
    const logger = new Logger('Orders');
    Logger.overrideLogger(nestJson);
    try {
      const text = await locks.withLock('logged', async (lock) => written(() => logger[level](lock, { lock, locks })));
      expect(text).toContain('logged');
      expect(text).not.toContain(SECRET);
    } finally {
      Logger.overrideLogger(false);
    }
  },
);

describe('looking at a lock', () => {
  it('sends nothing and runs nobody’s code, even where the lease has just ended', async () => {
    const store = new MemoryLockStore();
    const orders = await startWith(Orders, { connection: undefined, store });
    const lock = await orders.locks.acquire('key', { ttl: 100, autoRenew: false });
    const told: unknown[] = [];
    lock.signal.addEventListener('abort', () => told.push('aborted'));
    orders.locks.events$.subscribe((event) => told.push(event.type));
    const sent = (['acquire', 'touch', 'release', 'inspect'] as const).map((name) => jest.spyOn(store, name));
    const end = performance.now() + 120;
    // The event loop is blocked, so no timer has noticed yet.
    while (performance.now() < end);
    const shown = inspect(lock) + JSON.stringify(lock) + format('%o', lock);
    expect(shown).toContain('isHeld: false');
    expect(told).toEqual([]);
    for (const spy of sent) expect(spy).not.toHaveBeenCalled();
    expect(lock.isHeld).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['aborted', 'lost']);
  });

  it('asks a store of the user’s own nothing', async () => {
    const names: string[] = [];
    const store = new Proxy(new MemoryLockStore(), {
      get(target, name) {
        names.push(String(name));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const orders = await startWith(Orders, { connection: undefined, store });
    const lock = await orders.locks.acquire('key');
    names.length = 0;
    for (const thing of [lock, orders.locks, orders]) void (inspect(thing) + JSON.stringify(thing) + walk(thing));
    expect(names).toEqual([]);
  });
});

it('a wrong password is in no error, however it is shown', async () => {
  const wrong = url.replace(SECRET, 'another-s3cret');
  const module = Test.createTestingModule({ imports: [lockModule({ connection: wrong, commandTimeout: 1_000 })] });
  const error = await rejection<Error>(module.compile());
  expect(isLockError(error)).toBe(true);
  for (const [way, log] of Object.entries(WAYS))
    expect([way, log(error)]).not.toEqual([way, expect.stringContaining('s3cret')]);
});
