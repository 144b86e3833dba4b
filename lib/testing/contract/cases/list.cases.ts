/** Lists: many requests in one, each for itself, in order. */
import { deepEqual, equal } from 'node:assert/strict';
import { like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { EXCLUSIVE, LONG } from '../driver.js';

const RELEASED = { state: 'released' };

export function listCases({ it }: Cases): void {
  it('answers an empty list with an empty list', async (scene) => {
    const { store } = await scene.open();
    deepEqual(await store.acquire([]), []);
    deepEqual(await store.touch([]), []);
    deepEqual(await store.release([]), []);
    deepEqual(await store.inspect([]), []);
  });

  for (const foreign of ['', ' ', 'a b', 'a 3 b 3 c'])
    it(`takes a token that was never given out (${JSON.stringify(foreign)}) for no other request`, async (scene) => {
      const driver = await scene.open();
      const { store } = driver;
      const [key, other] = [scene.key(), scene.key()];
      const { holder, fence } = await driver.queue(other, 0);
      const newcomer = driver.token();
      const answers = await Promise.all([
        store.release([{ ...EXCLUSIVE, key: other, token: foreign, fencingToken: fence + 5 }]),
        store.release([{ ...EXCLUSIVE, key: other, token: foreign }]),
        store.touch([
          { ...EXCLUSIVE, key: other, token: foreign, ttl: LONG },
          { ...EXCLUSIVE, key: other, token: holder, ttl: LONG },
        ]),
        store.acquire([{ ...EXCLUSIVE, key, token: newcomer, ttl: LONG, wait: false }]),
      ]);
      like(answers, [
        [{ state: 'gone' }],
        [{ state: 'gone' }],
        [{ state: 'gone' }, { state: 'held', fencingToken: fence }],
        [{ state: 'held' }],
      ]);
      like(await store.inspect([key, other]), [{ holders: [{ token: newcomer }] }, { holders: [{ token: holder }] }]);
    });

  it('answers in the order of the requests, each by the state of its own key', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    const [free, taken, mine, released] = [scene.key(), scene.key(), scene.key(), scene.key()];
    const [newcomer, unknown] = [driver.token(), driver.token()];
    const other = await driver.queue(taken, 1);
    const own = await driver.queue(mine, 1);
    const past = await driver.queue(released, 0);
    await driver.release(released, past.holder);

    like(
      await store.acquire([
        { ...EXCLUSIVE, key: taken, token: newcomer, ttl: LONG, wait: false },
        { ...EXCLUSIVE, key: free, token: newcomer, ttl: LONG, wait: false },
        { ...EXCLUSIVE, key: released, token: past.holder, ttl: LONG, wait: true },
        { ...EXCLUSIVE, key: mine, token: own.holder, ttl: LONG, wait: false },
        { ...EXCLUSIVE, key: mine, token: newcomer, ttl: LONG, wait: true },
      ]),
      [
        { state: 'busy' },
        { state: 'held' },
        { state: 'gone' },
        { state: 'held', fencingToken: own.fence },
        { state: 'waiting' },
      ],
    );
    like(
      await store.touch([
        { ...EXCLUSIVE, key: taken, token: unknown, ttl: LONG },
        { ...EXCLUSIVE, key: mine, token: own.holder, ttl: LONG },
        { ...EXCLUSIVE, key: taken, token: other.waiting[0]!, ttl: LONG },
      ]),
      [{ state: 'gone' }, { state: 'held', fencingToken: own.fence }, { state: 'waiting' }],
    );
    like(
      await store.release([
        { ...EXCLUSIVE, key: taken, token: unknown },
        { ...EXCLUSIVE, key: mine, token: own.waiting[0]! },
        { ...EXCLUSIVE, key: taken, token: other.holder },
      ]),
      [{ state: 'gone' }, RELEASED, RELEASED],
    );
    like(await store.inspect([mine, taken, released]), [
      { key: mine, holders: [{ token: own.holder }], waiting: [newcomer] },
      { key: taken, holders: [{ token: other.waiting[0] }], waiting: [] },
      { key: released, holders: [] },
    ]);
  });

  it('treats requests for one key as if they came one after the other', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    const key = scene.key();
    const [a, b, c] = [driver.token(), driver.token(), driver.token()];
    const acquire = (token: string, wait: boolean) => ({ ...EXCLUSIVE, key, token, ttl: LONG, wait });

    const acquired = await store.acquire([acquire(a, false), acquire(b, false), acquire(c, true), acquire(b, true)]);
    like(acquired, [{ state: 'held' }, { state: 'busy' }, { state: 'waiting' }, { state: 'waiting' }]);
    const touched = await store.touch([a, b, a].map((token) => ({ ...EXCLUSIVE, key, token, ttl: LONG })));
    like(touched, [acquired[0], { state: 'waiting' }, acquired[0]]);
    deepEqual(
      (await store.inspect([key, key])).map(({ waiting }) => waiting),
      [
        [c, b],
        [c, b],
      ],
    );
    like(await store.release([a, c, b, b].map((token) => ({ ...EXCLUSIVE, key, token }))), [
      RELEASED,
      RELEASED,
      RELEASED,
      RELEASED,
    ]);
    like(await driver.inspect(key), { holders: [], waiting: [] });
  });

  it('gives the same request twice the same answer', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    const key = scene.key();
    const [a, b] = [driver.token(), driver.token()];
    const acquire = (token: string) => ({ ...EXCLUSIVE, key, token, ttl: LONG, wait: true });
    const [first, second, third, fourth] = await store.acquire([acquire(a), acquire(a), acquire(b), acquire(b)]);
    like(first, { state: 'held' });
    deepEqual(second, first);
    like([third, fourth], [{ state: 'waiting' }, { state: 'waiting' }]);
    deepEqual((await driver.inspect(key)).waiting, [b]);
  });

  it('carries long lists', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    const requests = Array.from({ length: 500 }, () => ({
      ...EXCLUSIVE,
      key: scene.key(),
      token: driver.token(),
      ttl: LONG,
    }));
    const acquired = await store.acquire(requests.map((request) => ({ ...request, wait: false })));
    deepEqual(
      acquired.map(({ state }) => state),
      requests.map(() => 'held'),
    );
    deepEqual(await store.touch(requests), acquired);
    deepEqual(
      (await store.inspect(requests.map(({ key }) => key))).map(({ holders }) => holders[0]?.token),
      requests.map(({ token }) => token),
    );
    like(
      await store.release(requests),
      requests.map(() => RELEASED),
    );
  });

  it('leaves the list and its requests as they were', async (scene) => {
    const driver = await scene.open();
    const requests = Object.freeze([
      Object.freeze({ ...EXCLUSIVE, key: scene.key(), token: driver.token(), ttl: LONG, wait: true }),
    ]);
    equal((await driver.store.acquire(requests)).length, 1);
    equal((await driver.store.touch(requests)).length, 1);
    equal((await driver.store.inspect(Object.freeze(requests.map(({ key }) => key)))).length, 1);
    like(await driver.store.release(requests), [RELEASED]);
  });
}
