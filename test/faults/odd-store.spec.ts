/** A store of the user's own that answers what no store may: nothing is known then, and nothing breaks. */
import { Test } from '@nestjs/testing';
import { DistributedLockModule, LockService, MemoryLockStore } from 'nestjs-distributed-lock';
import type { Duration, GrantListener, LockStore } from 'nestjs-distributed-lock';
import { start } from '../support/apps/apps.js';
import { isFree, keyBecomes, nextEvent } from '../support/waiting.js';

type Method = 'acquire' | 'touch' | 'release' | 'inspect' | 'stop';

/** What a method does instead of answering. */
type Oddity = (requests: readonly unknown[]) => unknown;

const answers =
  (...list: unknown[]): Oddity =>
  async () =>
    list;

const NONSENSE: Readonly<Record<string, Oddity>> = {
  nothing: async () => undefined,
  null: async () => null,
  'a text': async () => 'QUEUED',
  'a number': async () => 1,
  'an object': async () => ({ 0: { state: 'gone' }, length: 1 }),
  'too few': answers(),
  'too many': answers({ state: 'gone' }, { state: 'gone' }),
  'a hole': async () => Array.from({ length: 1 }),
  'a list of null': answers(null),
  'a list of texts': answers('gone'),
  'no state': answers({}),
  'an unknown state': answers({ state: 'lost' }),
  'no promise': () => [{ state: 'gone' }],
  'no promise, and nothing': () => undefined,
  'an error thrown at once': () => {
    throw new Error('out of order');
  },
  'an error that is none': async () => Promise.reject(undefined as unknown as Error),
  'what can only throw': answers(
    new Proxy(
      {},
      {
        get() {
          throw new Error('not to be asked');
        },
      },
    ),
  ),
};

const FENCES: Readonly<Record<string, Oddity>> = Object.fromEntries(
  [undefined, null, NaN, 0, -1, 1.5, Infinity, '7', 2 ** 53, {}].map((fencingToken) => [
    `the fencing token ${String(fencingToken)}`,
    answers({ state: 'held', fencingToken }),
  ]),
);

const PLACES: Readonly<Record<string, Oddity>> = {
  'no time left': answers({ state: 'waiting' }),
  'no reason': answers({ state: 'unknown' }),
  'a time that is none': answers({ state: 'waiting', expiresIn: NaN, at: NaN }),
  'a time as a text': answers({ state: 'waiting', expiresIn: '5', at: '7' }),
};

const HOLDER = { token: 'a', fencingToken: 1, expiresIn: 1_000, limit: 1, weight: 1 };

const HOLDERS: Readonly<Record<string, Oddity>> = Object.fromEntries(
  [
    undefined,
    null,
    HOLDER,
    [null],
    ['a'],
    [HOLDER, {}],
    ...Object.entries({ token: 7, fencingToken: 0.5, expiresIn: NaN, limit: 0, weight: 0 }).map(([field, odd]) => [
      { ...HOLDER, [field]: odd },
    ]),
    [{ ...HOLDER, weight: 2 }],
    [{ ...HOLDER, limit: '1' }],
    [{ ...HOLDER, limit: undefined }],
  ].map((holders) => [
    `the holders ${JSON.stringify(holders)}`,
    answers({ key: 'key', holders, waiting: [], lastFencingToken: 1 }),
  ]),
);

const NEVER: Oddity = () => new Promise(() => undefined);

/** A store that goes wrong in one method, for as long as it is told to. */
function oddStore(): { store: LockStore; odd(method: Method, oddity: Oddity): void; well(): void } {
  const memory = new MemoryLockStore();
  const oddities: Partial<Record<Method, Oddity>> = {};
  const through = (method: Method) => (requests: readonly never[]) =>
    (oddities[method] ?? ((given: readonly never[]) => memory[method](given)))(requests) as never;
  const store: LockStore = {
    start: () => memory.start(),
    stop: () => (oddities['stop'] as (() => Promise<void>) | undefined)?.() ?? memory.stop(),
    ping: () => memory.ping(),
    listen: (processId, listener) => memory.listen(processId, listener),
    acquire: through('acquire'),
    touch: through('touch'),
    release: through('release'),
    inspect: through('inspect'),
  };
  return {
    store,
    odd: (method, oddity) => void (oddities[method] = oddity),
    well: () => {
      for (const method of Object.keys(oddities)) delete oddities[method as Method];
    },
  };
}

async function open({ commandTimeout = '5s' }: { commandTimeout?: Duration } = {}) {
  const scene = oddStore();
  const options = { store: scene.store, ttl: '400ms', shutdownGrace: '500ms', commandTimeout } as const;
  const moduleRef = await start({ imports: [DistributedLockModule.forRoot(options)] });
  return { ...scene, app: moduleRef, locks: moduleRef.get(LockService) };
}

const UNAVAILABLE = { code: 'LOCK_UNAVAILABLE' };

describe.each(Object.entries({ ...NONSENSE, ...FENCES, ...PLACES }))('a store that answers %s', (name, oddity) => {
  it('to an acquire: the caller is refused, and the key can be locked later', async () => {
    const { locks, odd, well } = await open();
    odd('acquire', oddity);
    await expect(locks.acquire('key', { wait: 0 })).rejects.toMatchObject(UNAVAILABLE);
    await expect(locks.acquire(['a', 'b'])).rejects.toMatchObject(UNAVAILABLE);
    well();
    await (await locks.acquire('key')).release();
  });

  it('to a touch: the lock is held until its lease ends, and is not given up before', async () => {
    const { locks, odd, well } = await open();
    const lock = await locks.acquire('key');
    odd('touch', oddity);
    await expect(lock.renew()).rejects.toMatchObject(UNAVAILABLE);
    expect(lock.isHeld).toBe(true);
    await nextEvent(locks, 'failed');
    well();
    await lock.renew();
    await lock.release();
    expect(isFree(await locks.inspect('key'))).toBe(true);
  });

  it('to a release: it is sent again until it is answered', async () => {
    // That is what a store says of a release that it may have carried out twice.
    if (name === 'no reason') return;
    const { locks, odd, well } = await open();
    const lock = await locks.acquire('key', { ttl: '60s' });
    odd('release', oddity);
    const failed = nextEvent(locks, 'failed');
    await lock.release();
    expect(await failed).toMatchObject({ during: 'release' });
    well();
    await keyBecomes(locks, 'key', isFree);
  });
});

it.each(Object.entries({ ...NONSENSE, ...HOLDERS }))(
  'a store that shows %s: inspect and forceRelease refuse',
  async (_, oddity) => {
    const { locks, odd } = await open();
    odd('inspect', oddity);
    await expect(locks.inspect('key')).rejects.toBeInstanceOf(Error);
    await expect(locks.forceRelease('key')).rejects.toBeInstanceOf(Error);
  },
);

describe('a store that never answers, or not in time', () => {
  const late = { commandTimeout: '100ms' } as const;

  it.each(['inspect', 'forceRelease', 'acquire', 'tryAcquire'] as const)('%s fails in time', async (method) => {
    const { locks, odd } = await open(late);
    odd('inspect', NEVER);
    odd('acquire', NEVER);
    await expect(locks[method]('key')).rejects.toMatchObject({ ...UNAVAILABLE, message: /commandTimeout/ });
  });

  it('renew() fails in time, and release() settles', async () => {
    const { locks, odd, well } = await open(late);
    const lock = await locks.acquire('key', { ttl: '60s' });
    odd('touch', NEVER);
    await expect(lock.renew()).rejects.toMatchObject(UNAVAILABLE);
    odd('release', NEVER);
    expect(await lock.release()).toBe(true);
    well();
    await keyBecomes(locks, 'key', isFree);
  });

  it('stop(): the application closes', async () => {
    const { app, odd } = await open(late);
    odd('stop', NEVER);
    // The test ends, which it would not if the application went on closing.
    await app.close().catch(() => undefined);
  });

  it('what it grants too late is given back', async () => {
    const { store, locks, odd, well } = await open(late);
    const sound = new Promise<void>((resolve) => setTimeout(resolve, 300));
    odd('acquire', async (requests) => {
      await sound;
      well();
      return store.acquire(requests as never);
    });
    await expect(locks.acquire('key', { wait: 0 })).rejects.toMatchObject(UNAVAILABLE);
    await sound;
    await keyBecomes(locks, 'key', isFree);
  });
});

it('a store that confuses the answers of a list: none of them is believed', async () => {
  const { locks, odd, well } = await open();
  const held = await Promise.all(['a', 'b', 'c'].map((key) => locks.acquire(key)));
  odd('touch', async (requests) => requests.slice(1).map(() => ({ state: 'gone' })));
  await nextEvent(locks, 'failed');
  expect(held.map(({ isHeld }) => isHeld)).toEqual([true, true, true]);
  well();
  for (const lock of held) await lock.release();
});

it('a store that is sound in all but one answer of a list: the others are renewed', async () => {
  const { locks, store, odd, well } = await open();
  const sound = store.touch.bind(store);
  const held = await Promise.all(['a', 'b', 'c'].map((key) => locks.acquire(key)));
  well();
  odd('touch', async (requests) => {
    well();
    const all: unknown[] = await sound(requests as never);
    odd('touch', async () => null);
    return all.map((answer, i) => (i === 1 ? null : answer));
  });
  const failed = await nextEvent(locks, 'failed');
  well();
  expect(failed.during).toBe('renew');
  for (const lock of held) await lock.release();
});

it.each(Object.keys(oddStore().store))('a store without %s is refused at the start', async (method) => {
  const { store } = oddStore();
  const imports = [DistributedLockModule.forRoot({ store: { ...store, [method]: undefined } })];
  await expect(Test.createTestingModule({ imports }).compile()).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
});

it.each<[string, Oddity]>([
  ['throws', NONSENSE['an error thrown at once']!],
  ['rejects', async () => Promise.reject(new Error('out of order'))],
])('a store that %s: inspect and forceRelease fail as they say', async (_, oddity) => {
  const { locks, odd } = await open();
  await locks.acquire('key');
  odd('inspect', oddity);
  for (const ask of [() => locks.inspect('key'), () => locks.forceRelease('key')]) {
    await expect(ask()).rejects.toMatchObject({ ...UNAVAILABLE, key: 'key' });
  }
});

it.each([undefined, null, {}, 'granted', { token: 5 }, { token: 'token', fencingToken: '7', ttl: 1, at: 1 }])(
  'a store that reports %j as a grant: it is none, and nothing is thrown into the store',
  async (grant) => {
    const scene = oddStore();
    let listener: GrantListener | null = null;
    const store = { ...scene.store, listen: (_: string, given: GrantListener | null) => void (listener ??= given) };
    await start({ imports: [DistributedLockModule.forRoot({ store })] });
    expect(() => listener!.granted(grant as never)).not.toThrow();
  },
);
