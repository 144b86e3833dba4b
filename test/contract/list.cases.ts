/** Lists: many requests in one, each for itself, in order. */
import { expect, it } from '@jest/globals';
import { LONG, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

const KIND = { kind: 'exclusive' } as const;
const RELEASED = { state: 'released' };

export function listCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('answers an empty list with an empty list', async () => {
    const { store } = await scene.open();
    expect(await store.acquire([])).toEqual([]);
    expect(await store.touch([])).toEqual([]);
    expect(await store.release([])).toEqual([]);
    expect(await store.inspect([])).toEqual([]);
  });

  it.each(['', ' ', 'a b', 'a 3 b 3 c'])(
    'takes a token that nobody was given (%j) for no other request',
    async (foreign) => {
      const driver = await scene.open();
      const { store } = driver;
      const [key, other] = [scene.key(), scene.key()];
      const { holder, fence } = await driver.queue(other, 0);
      const newcomer = driver.token();
      const answers = await Promise.all([
        store.release([{ ...KIND, key: other, token: foreign, fencingToken: fence + 5 }]),
        store.release([{ ...KIND, key: other, token: foreign }]),
        store.touch([
          { ...KIND, key: other, token: foreign, ttl: LONG },
          { ...KIND, key: other, token: holder, ttl: LONG },
        ]),
        store.acquire([{ ...KIND, key, token: newcomer, ttl: LONG, wait: false }]),
      ]);
      expect(answers).toMatchObject([
        [{ state: 'gone' }],
        [{ state: 'gone' }],
        [{ state: 'gone' }, { state: 'held', fencingToken: fence }],
        [{ state: 'held' }],
      ]);
      expect(await store.inspect([key, other])).toMatchObject([
        { holder: { token: newcomer } },
        { holder: { token: holder } },
      ]);
    },
  );

  it('answers in the order of the requests, each by the state of its own key', async () => {
    const driver = await scene.open();
    const { store } = driver;
    const [free, taken, mine, released] = [scene.key(), scene.key(), scene.key(), scene.key()];
    const [newcomer, unknown] = [driver.token(), driver.token()];
    const other = await driver.queue(taken, 1);
    const own = await driver.queue(mine, 1);
    const past = await driver.queue(released, 0);
    await driver.release(released, past.holder);

    expect(
      await store.acquire([
        { ...KIND, key: taken, token: newcomer, ttl: LONG, wait: false },
        { ...KIND, key: free, token: newcomer, ttl: LONG, wait: false },
        { ...KIND, key: released, token: past.holder, ttl: LONG, wait: true },
        { ...KIND, key: mine, token: own.holder, ttl: LONG, wait: false },
        { ...KIND, key: mine, token: newcomer, ttl: LONG, wait: true },
      ]),
    ).toMatchObject([
      { state: 'busy' },
      { state: 'held' },
      { state: 'gone' },
      { state: 'held', fencingToken: own.fence },
      { state: 'waiting' },
    ]);
    expect(
      await store.touch([
        { ...KIND, key: taken, token: unknown, ttl: LONG },
        { ...KIND, key: mine, token: own.holder, ttl: LONG },
        { ...KIND, key: taken, token: other.waiting[0]!, ttl: LONG },
      ]),
    ).toMatchObject([{ state: 'gone' }, { state: 'held', fencingToken: own.fence }, { state: 'waiting' }]);
    expect(
      await store.release([
        { ...KIND, key: taken, token: unknown },
        { ...KIND, key: mine, token: own.waiting[0]! },
        { ...KIND, key: taken, token: other.holder },
      ]),
    ).toEqual([{ state: 'gone' }, RELEASED, RELEASED]);
    expect(await store.inspect([mine, taken, released])).toMatchObject([
      { key: mine, holder: { token: own.holder }, waiting: [newcomer] },
      { key: taken, holder: { token: other.waiting[0] }, waiting: [] },
      { key: released, holder: null },
    ]);
  });

  it('treats requests for one key as if they came one after the other', async () => {
    const driver = await scene.open();
    const { store } = driver;
    const key = scene.key();
    const [a, b, c] = [driver.token(), driver.token(), driver.token()];
    const acquire = (token: string, wait: boolean) => ({ ...KIND, key, token, ttl: LONG, wait });

    const acquired = await store.acquire([acquire(a, false), acquire(b, false), acquire(c, true), acquire(b, true)]);
    expect(acquired).toMatchObject([{ state: 'held' }, { state: 'busy' }, { state: 'waiting' }, { state: 'waiting' }]);
    const touched = await store.touch([a, b, a].map((token) => ({ ...KIND, key, token, ttl: LONG })));
    expect(touched).toMatchObject([acquired[0], { state: 'waiting' }, acquired[0]]);
    expect((await store.inspect([key, key])).map(({ waiting }) => waiting)).toEqual([
      [c, b],
      [c, b],
    ]);
    expect(await store.release([a, c, b, b].map((token) => ({ ...KIND, key, token })))).toEqual([
      RELEASED,
      RELEASED,
      RELEASED,
      RELEASED,
    ]);
    expect(await driver.inspect(key)).toMatchObject({ holder: null, waiting: [] });
  });

  it('comes behind what was asked for before it', async () => {
    const driver = await scene.open();
    const { store } = driver;
    const key = scene.key();
    const { holder } = await driver.queue(key, 0);
    const ask = (name: string, token: string) => ({ ...KIND, key: name, token, ttl: LONG, wait: false });
    const [, , answers] = await Promise.all([
      store.acquire([ask(scene.key(), driver.token())]),
      store.release([{ ...KIND, key, token: holder }]),
      store.acquire([ask(key, driver.token()), ask(scene.key(), driver.token())]),
    ]);
    expect(answers).toMatchObject([{ state: 'held' }, { state: 'held' }]);
  });

  it('gives the same request twice the same answer', async () => {
    const driver = await scene.open();
    const { store } = driver;
    const key = scene.key();
    const [a, b] = [driver.token(), driver.token()];
    const acquire = (token: string) => ({ ...KIND, key, token, ttl: LONG, wait: true });
    const [first, second, third, fourth] = await store.acquire([acquire(a), acquire(a), acquire(b), acquire(b)]);
    expect(first).toMatchObject({ state: 'held' });
    expect(second).toEqual(first);
    expect([third, fourth]).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }]);
    expect((await driver.inspect(key)).waiting).toEqual([b]);
  });

  it('carries long lists', async () => {
    const driver = await scene.open();
    const { store } = driver;
    const requests = Array.from({ length: 500 }, () => ({
      ...KIND,
      key: scene.key(),
      token: driver.token(),
      ttl: LONG,
    }));
    const acquired = await store.acquire(requests.map((request) => ({ ...request, wait: false })));
    expect(acquired.map(({ state }) => state)).toEqual(requests.map(() => 'held'));
    expect(await store.touch(requests)).toEqual(acquired);
    expect((await store.inspect(requests.map(({ key }) => key))).map(({ holder }) => holder?.token)).toEqual(
      requests.map(({ token }) => token),
    );
    expect(await store.release(requests)).toEqual(requests.map(() => RELEASED));
  });

  it('leaves the list and its requests as they were', async () => {
    const driver = await scene.open();
    const requests = Object.freeze([
      Object.freeze({ ...KIND, key: scene.key(), token: driver.token(), ttl: LONG, wait: true }),
    ]);
    expect(await driver.store.acquire(requests)).toHaveLength(1);
    expect(await driver.store.touch(requests)).toHaveLength(1);
    expect(await driver.store.inspect(Object.freeze(requests.map(({ key }) => key)))).toHaveLength(1);
    expect(await driver.store.release(requests)).toEqual([RELEASED]);
  });

  it('carries out what is asked in one turn in the order of asking, kinds mixed', async () => {
    const store = await scene.open();
    const key = scene.key();
    const [a, b, c] = [store.token(), store.token(), store.token()];
    const answers = await Promise.all([
      store.acquire(key, a),
      store.release(key, a),
      store.join(key, a),
      store.join(key, b),
      store.acquire(key, c),
      store.pass(key, b, 1, c),
      store.release(key, b),
      store.join(key, c),
    ]);
    expect(answers).toMatchObject([
      { state: 'held' },
      'released',
      { state: 'gone' },
      { state: 'held' },
      { state: 'busy' },
      { state: 'released', successor: { state: 'held' } },
      'gone',
      { state: 'held' },
    ]);
    expect(answers[7]).toEqual(answers[5].successor);
  });
}
