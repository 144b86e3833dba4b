/**
 * Something else lies where Redis is to keep a lease: it hurts the requests for that key, and no other of their list. It is
 * never overwritten; whoever asks is told, and shown the way out.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { AcquireRequest, ReleaseAnswer, StoreAnswer } from '../../lib/stores/lock-store.js';
import { recordName } from '../../lib/stores/redis/redis-keys.js';
import { RedisLockStore } from '../../lib/stores/redis/redis.lock-store.js';
import { NO_LINES, NO_RECORDS, OTHER_TYPES } from './foreign-values.js';
import type { Put } from './foreign-values.js';
import { atMost, Driver, LONG, READ } from '../../lib/testing/contract/driver.js';

const prefix = `foreign-${randomUUID()}`;
const connection = process.env['REDIS_URL']!;
const EXCLUSIVE = { limit: 1, weight: 1 } as const;
const client = new Redis(connection, { lazyConnect: true });
const store = new RedisLockStore({
  connection,
  prefix,
  commandTimeout: 10_000,
  timing: { claimWindow: LONG, placeLife: LONG },
});
const driver = new Driver(store);

beforeAll(async () => {
  await client.connect();
  await store.start();
});

afterAll(async () => {
  const names = await client.keys(`${prefix}*`);
  if (names.length > 0) await client.unlink(...names);
  await store.stop();
  client.disconnect();
});

/** Says which Redis key it is, for which lock, and what to do. */
function refusal(key: string, name = recordName(prefix, key)): object {
  const said = 'holds something that is not a lock.*DEL.*forceRelease';
  const message = expect.stringMatching(new RegExp(`${name.replace(/[{}]/g, '\\$&')}.*${said}`));
  return { state: 'unknown', error: expect.objectContaining({ code: 'LOCK_UNAVAILABLE', key, message }) };
}

/** A key, and a request for it between those for two healthy ones. */
function trio(key: string, token = driver.token()) {
  const [before, behind] = [randomUUID(), randomUUID()];
  return [
    { ...EXCLUSIVE, key: before, token: driver.token(), ttl: LONG },
    { ...EXCLUSIVE, key, token, ttl: LONG },
    { ...EXCLUSIVE, key: behind, token: driver.token(), ttl: LONG },
  ];
}

const dump = (name: string): Promise<Buffer | null> => client.dumpBuffer(name);

describe.each(Object.entries(NO_RECORDS))('in place of a record: %s', (_, put) => {
  async function spoil(): Promise<{ key: string; name: string; value: Buffer | null }> {
    const key = randomUUID();
    const name = recordName(prefix, key);
    await put(client, name);
    return { key, name, value: await dump(name) };
  }

  it('is refused to whoever asks, and told; those of the same call are served', async () => {
    const { key, name, value } = await spoil();
    for (const wait of [false, true]) {
      const list = trio(key).map((request) => ({ ...request, wait }));
      expect(await store.acquire(list)).toMatchObject([{ state: 'held' }, refusal(key), { state: 'held' }]);
      expect(await store.touch(list)).toMatchObject([{ state: 'held' }, { state: 'gone' }, { state: 'held' }]);
      expect(await store.release(list)).toEqual([{ state: 'released' }, { state: 'gone' }, { state: 'released' }]);
      const single = await store.acquire([list[1]!]);
      expect(single).toMatchObject([refusal(key)]);
    }
    const passed = await driver.pass(key, driver.token(), 1, driver.token());
    expect(passed).toEqual({ state: 'gone', successor: { state: 'gone' } });
    expect(await dump(name)).toEqual(value);
  });

  it('is seen by inspect and taken away by repair, behind which the key can be locked', async () => {
    const { key } = await spoil();
    expect(await driver.inspect(key)).toEqual({
      key,
      holders: [],
      waiting: [],
      lastFencingToken: null,
      foreign: true,
    });
    expect(await store.repair(key)).toBe(true);
    expect(await store.repair(key)).toBe(false);
    expect(await driver.acquire(key, driver.token())).toMatchObject({ state: 'held' });
    expect((await driver.inspect(key)).foreign).toBeUndefined();
  });
});

describe('a lock that was overwritten in part', () => {
  it.each(['nonsense', 'x'.repeat(16), '0'.repeat(16), '-', '1'.repeat(17)])(
    'by %j never harms others',
    async (head) => {
      for (const waiters of [0, 2]) {
        const key = randomUUID();
        const { holder, waiting } = await driver.queue(key, waiters);
        await client.setrange(recordName(prefix, key), 0, head);
        for (const token of [holder, ...waiting]) {
          const [first, sick, last] = await store.touch(await held(trio(key, token)));
          expect([first!.state, last!.state]).toEqual(['held', 'held']);
          expect(['gone', 'unknown', 'held']).toContain(sick!.state);
        }
        expect(await driver.join(key, driver.token())).toMatchObject({ state: 'unknown' });
        expect(await driver.inspect(key)).toMatchObject({ holders: [], foreign: true });
        expect(await store.repair(key)).toBe(true);
        expect(await driver.join(key, driver.token())).toMatchObject({ state: 'held' });
      }
    },
  );
});

describe.each(['line', 'seen'])('in place of a %s', (part) => {
  const { 'a sorted set': _, ...others } = OTHER_TYPES;
  const kinds = { ...others, 'a string': NO_LINES['a string']! };

  it.each(Object.entries(kinds))('%s: the key can be locked, and not waited for', async (_, put) => {
    const key = randomUUID();
    const name = `${recordName(prefix, key)}:${part}`;
    await put(client, name);
    const [value, list] = [await dump(name), trio(key).map((request) => ({ ...request, wait: true }))];
    expect((await store.acquire(list)).map(({ state }) => state)).toEqual(['held', 'held', 'held']);
    const waiter = trio(key).map((request) => ({ ...request, wait: true }));
    expect(await store.acquire(waiter)).toMatchObject([{ state: 'held' }, refusal(key, name), { state: 'held' }]);
    expect(await driver.inspect(key)).toMatchObject({
      holders: [{ token: list[1]!.token }],
      waiting: [],
      foreign: true,
    });
    expect(await store.release(list)).toEqual(list.map(() => ({ state: 'released' })));
    expect(await dump(name)).toEqual(value);
    expect(await store.repair(key)).toBe(true);
    const { holder, waiting } = await driver.queue(key, 1);
    await driver.release(key, holder);
    expect(await driver.inspect(key)).toMatchObject({ holders: [{ token: waiting[0] }] });
  });

  it.each(Object.entries(kinds))('%s, over one that was in use: a release still frees the key', async (_, put) => {
    const key = randomUUID();
    const { holder } = await driver.queue(key, 2);
    const name = `${recordName(prefix, key)}:${part}`;
    await client.del(name);
    await put(client, name);
    expect(await driver.release(key, holder)).toBe('released');
    expect(await driver.acquire(key, driver.token())).toMatchObject({ state: 'held' });
  });
});

describe.each(['ends', 'limits', 'shares', 'wants'])('in place of the %s of a key', (part) => {
  const { [part === 'shares' || part === 'wants' ? 'a hash' : 'a sorted set']: _, ...others } = OTHER_TYPES;
  const kinds = { ...others, 'a string': NO_LINES['a string']! };
  const PERMIT = atMost(9);

  it.each(Object.entries(kinds))('%s: the key can be locked, and not be shared', async (_, put) => {
    const key = randomUUID();
    const name = `${recordName(prefix, key)}:${part}`;
    await put(client, name);
    const value = await dump(name);
    const [list, sharing] = [trio(key), trio(key).map((request) => ({ ...request, ...PERMIT }))];
    const wait = true;
    expect((await store.acquire(list.map((each) => ({ ...each, wait })))).map(({ state }) => state)).toEqual(HELD);
    if (part !== 'wants') expect(await store.release(list)).toEqual(list.map(() => ({ state: 'released' })));
    const answers = await store.acquire(sharing.map((each) => ({ ...each, wait })));
    expect(answers).toMatchObject([{ state: 'held' }, refusal(key, name), { state: 'held' }]);
    expect(await dump(name)).toEqual(value);
    expect((await driver.inspect(key)).foreign).toBe(true);
    expect(await store.repair(key)).toBe(true);
    if (part === 'wants') await driver.release(key, list[1]!.token);
    expect(await driver.acquire(key, sharing[1]!.token, LONG, PERMIT)).toMatchObject({ state: 'held' });
    expect((await driver.inspect(key)).foreign).toBeUndefined();
  });

  it.each(Object.entries(kinds))('%s, over one that was in use: hurts nobody else', async (_, put) => {
    const key = randomUUID();
    const [first, second] = await driver.enter(key, PERMIT, PERMIT);
    const [waiting] = await driver.line(key, EXCLUSIVE, PERMIT);
    const name = `${recordName(prefix, key)}:${part}`;
    await client.del(name);
    await put(client, name);
    const sharing = trio(key).map((request) => ({ ...request, ...PERMIT, wait: true }));
    const [before, , behind] = await store.acquire(sharing);
    expect([before!.state, behind!.state]).toEqual(['held', 'held']);
    expect((await driver.inspect(key)).foreign).toBe(true);
    expect(await store.repair(key)).toBe(true);
    for (const { token } of [first!, second!]) await store.release([{ key, token }]);
    for (const token of await driver.holding(key)) if (token !== waiting) await driver.release(key, token);
    expect(await driver.touch(key, waiting!)).toMatchObject({ state: 'held' });
  });
});

const HELD = ['held', 'held', 'held'];

describe('nonsense at a lock and beside it', () => {
  const SEEDS = [1, 2, 3, 4, 5, 6];

  it.each(SEEDS)('hurts nobody else, whatever it is, seed %i', async (seed) => {
    const { below, pick } = random(seed);
    for (let round = 0; round < 40; round++) {
      const [sick, healthy] = [randomUUID(), randomUUID()];
      const name = recordName(prefix, sick);
      const { holder, waiting } = await driver.queue(sick, below(3));
      const puts: [string, Put | undefined][] = [
        [name, pick([undefined, ...Object.values(NO_RECORDS)])],
        [`${name}:line`, pick([undefined, ...Object.values(NO_LINES)])],
        [`${name}:seen`, pick([undefined, ...Object.values(NO_LINES)])],
        [`${name}:ends`, pick([undefined, undefined, ...Object.values(NO_LINES)])],
        [`${name}:limits`, pick([undefined, undefined, ...Object.values(NO_LINES)])],
        [`${name}:shares`, pick([undefined, undefined, ...Object.values(OTHER_TYPES)])],
        [`${name}:wants`, pick([undefined, undefined, ...Object.values(OTHER_TYPES)])],
      ];
      for (const [at, put] of puts) {
        if (!put) continue;
        await client.del(at);
        await put(client, at);
        if (at === name && below(2) === 0) await client.pexpire(at, 1 + below(700_000));
      }
      const good = await driver.queue(healthy, 1);
      const tokens = [holder, ...waiting, driver.token(), driver.token(), 'stranger'];
      for (let step = 0; step < 6; step++) {
        const token = pick(tokens);
        const answers = await mixed(
          pick(['acquire', 'share', 'touch', 'convert', 'release', 'pass', 'pass on to a reader']),
          sick,
          token,
          healthy,
          good.holder,
        );
        expect(answers.map((answer) => STATES.has(answer.state))).toEqual([true, true, true]);
        expect([answers[0]!.state, answers[2]!.state]).toEqual(['held', 'held']);
      }
      await driver.inspect(sick);
      await store.repair(sick);
      const left = (await driver.inspect(sick)).holders[0];
      if (left) await driver.release(sick, left.token);
      expect((await driver.inspect(sick)).foreign).toBeUndefined();
    }
  });

  const STATES = new Set(['held', 'waiting', 'busy', 'gone', 'unknown', 'released']);

  /** A request for a sick key between two of the holder of a healthy one, in one turn. */
  async function mixed(
    action: 'acquire' | 'share' | 'touch' | 'convert' | 'release' | 'pass' | 'pass on to a reader',
    key: string,
    token: string,
    healthy: string,
    holder: string,
  ): Promise<(StoreAnswer | ReleaseAnswer)[]> {
    const request = { ...EXCLUSIVE, key, token, ttl: LONG };
    const good = { ...EXCLUSIVE, key: healthy, token: holder, ttl: LONG, wait: true };
    const successor = { ...EXCLUSIVE, token: driver.token(), ttl: LONG };
    const sick = {
      acquire: () => store.acquire([{ ...request, wait: true }]),
      share: () => store.acquire([{ ...request, ...READ, wait: true }]),
      touch: () => store.touch([request]),
      convert: () => store.convert({ ...request, ...READ, wait: true }),
      release: () => store.release([request]),
      pass: () => store.release([{ ...request, fencingToken: 1_764_243_342_123_456, successor }]),
      'pass on to a reader': () =>
        store.release([{ ...request, fencingToken: 1_764_243_342_123_456, successor: { ...successor, ...READ } }]),
    }[action];
    // The first leaves at once; the others share a call.
    return (await Promise.all([store.acquire([good]), sick(), store.acquire([good])])).flat();
  }
});

async function held<Request extends Omit<AcquireRequest, 'wait'>>(
  list: readonly Request[],
): Promise<readonly Request[]> {
  const [first, , last] = list;
  await store.acquire([first!, last!].map((request) => ({ ...request, wait: false })));
  return list;
}

/** A small generator of numbers that look random (Lehmer's, modulus 2^31 − 1), the same for the same seed. */
function random(seed: number): { below(limit: number): number; pick<Item>(items: readonly Item[]): Item } {
  let state = seed * 48_271;
  const below = (limit: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  return { below, pick: (items) => items[below(items.length)]! };
}
