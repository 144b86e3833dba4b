/** What the library relies on of a user's store, whatever that does: here of the methods that a store may leave out. */
import { describe, expect, it, jest } from '@jest/globals';
import { CheckedStore } from '../../../lib/stores/checked-store.js';
import type { AcquireRequest, LockStore, TogetherAnswer } from '../../../lib/stores/lock-store.js';
import { MemoryLockStore } from '../../../lib/stores/memory/memory.lock-store.js';
import { outcomeOf } from '../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../support/fakes/fake-clock.js';

const EXCLUSIVE = { limit: 1, weight: 1 } as const;
const REQUEST: AcquireRequest = { key: 'key', token: 'token', ...EXCLUSIVE, ttl: 1_000, wait: false };
const TWO = [REQUEST, { ...REQUEST, key: 'other' }];
const LIMIT = 5_000;

/** A store of the user's with these methods in place of its own. */
function checked(methods: Partial<Record<keyof LockStore, unknown>>): CheckedStore {
  return new CheckedStore(Object.assign(new MemoryLockStore(), methods) as LockStore, LIMIT);
}

describe('a store that can do without', () => {
  it('has neither method where the user wrote none', () => {
    const store = checked({ acquireTogether: undefined, convert: undefined });
    expect('acquireTogether' in store || 'convert' in store).toBe(false);
  });
});

describe('acquireTogether', () => {
  useFakeClock();

  it.each<TogetherAnswer>([
    { state: 'held', fencingTokens: [3, 4] },
    { state: 'busy', index: 1, expiresIn: 0 },
  ])('answers what the store answers: $state', async (answer) => {
    const acquireTogether = jest.fn<NonNullable<LockStore['acquireTogether']>>().mockResolvedValue(answer);
    expect(await checked({ acquireTogether }).acquireTogether!(TWO)).toEqual(answer);
    expect(acquireTogether).toHaveBeenCalledWith(TWO);
  });

  it('is undefined where the store does not see the keys together', () => {
    expect(checked({ acquireTogether: () => undefined }).acquireTogether!(TWO)).toBeUndefined();
  });

  it.each([
    null,
    'held',
    { state: 'held' },
    { state: 'held', fencingTokens: [3] },
    { state: 'held', fencingTokens: [3, 0] },
    { state: 'held', fencingTokens: [3, 4, 5] },
    { state: 'busy', index: 2, expiresIn: 1 },
    { state: 'busy', index: -1, expiresIn: 1 },
    { state: 'busy', index: 0, expiresIn: NaN },
    { state: 'gone' },
  ])('rejects where %j comes of it', async (answer) => {
    const store = checked({ acquireTogether: () => Promise.resolve(answer) });
    await expect(store.acquireTogether!(TWO)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  });

  it('rejects, and does not throw, where the store throws or promises nothing', async () => {
    const error = new Error('no');
    const throwing = checked({
      acquireTogether: () => {
        throw error;
      },
    });
    await expect(throwing.acquireTogether!(TWO)).rejects.toBe(error);
    const store = checked({ acquireTogether: () => ({ state: 'held', fencingTokens: [3, 4] }) });
    await expect(store.acquireTogether!(TWO)).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  });

  it('rejects in time where the store is silent', async () => {
    const asked = outcomeOf(checked({ acquireTogether: () => new Promise(() => undefined) }).acquireTogether!(TWO)!);
    await advance(LIMIT);
    expect(asked.state).toBe('rejected');
  });
});

describe('convert', () => {
  useFakeClock();

  it('answers what the store answers', async () => {
    for (const answer of [
      { state: 'held', fencingToken: 3 },
      { state: 'busy', expiresIn: 1, at: 2 },
      { state: 'gone' },
    ]) {
      expect(await checked({ convert: () => Promise.resolve(answer) }).convert!(REQUEST)).toEqual(answer);
    }
  });

  it('does not know where something else comes of it', async () => {
    for (const answer of [undefined, 'held', { state: 'held' }, { state: 'released' }]) {
      const answered = await checked({ convert: () => Promise.resolve(answer) }).convert!(REQUEST);
      expect(answered).toMatchObject({ state: 'unknown', error: { code: 'LOCK_UNAVAILABLE', key: 'key' } });
    }
  });

  it('rejects in time where the store is silent', async () => {
    const asked = outcomeOf(checked({ convert: () => new Promise(() => undefined) }).convert!(REQUEST));
    await advance(LIMIT);
    await flush();
    expect(asked.state).toBe('rejected');
  });
});

describe('list', () => {
  useFakeClock();
  const summary = { key: 'key', holderCount: 0, holder: null, waitingCount: 1 };
  const first = (list: unknown) => checked({ list }).list!('*')[Symbol.asyncIterator]().next();

  it('answers what the store answers, and stops it when the consumer stops', async () => {
    const ended = jest.fn();
    const store = checked({
      async *list(match: string) {
        try {
          for (;;) yield [{ ...summary, key: match }];
        } finally {
          ended();
        }
      },
    });
    for await (const piece of store.list!('a*')) {
      expect(piece).toEqual([{ ...summary, key: 'a*' }]);
      break;
    }
    await flush();
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('away');
      },
    ],
    ['is no iterable', () => undefined],
    [
      'yields nonsense',
      async function* () {
        yield [{ key: 1 }];
      },
    ],
    [
      'yields no list',
      async function* () {
        yield summary;
      },
    ],
  ])('rejects where the store %s', async (_, list) => {
    await expect(first(list)).rejects.toThrow();
  });

  it('rejects in time where the store is silent', async () => {
    const outcome = outcomeOf(
      first(() => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) })),
    );
    await advance(LIMIT);
    expect(outcome).toMatchObject({ state: 'rejected', value: expect.any(Error) });
  });
});

describe('what processes say of themselves', () => {
  useFakeClock();
  const NAMES = ['introduce', 'describe', 'hear', 'tell', 'list'] as const;

  it('is absent where the user wrote none', () => {
    const store = checked(Object.fromEntries(NAMES.map((name) => [name, undefined])));
    expect(NAMES.filter((name) => name in store)).toEqual([]);
  });

  it('rejects in time where the store is silent', async () => {
    const silent = () => new Promise(() => undefined);
    const store = checked({ introduce: silent, describe: silent, hear: silent, tell: silent });
    const sent = [store.introduce!('id', '', 1), store.describe!(['id']), store.hear!('id'), store.tell!('id', '')];
    const outcomes = Promise.allSettled(sent);
    await advance(LIMIT);
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  it('reads descriptions of one length only', async () => {
    expect(await checked({ describe: async () => ['a', 1] }).describe!(['x', 'y'])).toEqual(['a', undefined]);
    await expect(checked({ describe: async () => ['a'] }).describe!(['x', 'y'])).rejects.toThrow();
  });
});
