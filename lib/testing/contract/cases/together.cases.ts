/** Several keys in one step: all of them, or none. */
import { deepEqual, equal } from 'node:assert/strict';
import { isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, LONG, READ, SHORT } from '../driver.js';
import type { Driver } from '../driver.js';

export function togetherCases({ it }: Cases): void {
  it('takes all keys that are free, each with its own fencing token', async (scene) => {
    const store = await scene.open();
    const requests = Array.from({ length: 5 }, () => ({ key: scene.key(), token: store.token() }));
    const answer = await store.together(requests);
    const states = await store.store.inspect(requests.map(({ key }) => key));
    like(
      states.map(({ holders }) => holders),
      requests.map(({ token }) => [{ token, ...EXCLUSIVE }]),
    );
    const fencingTokens = states.map(({ holders }) => holders[0]!.fencingToken);
    deepEqual(answer, { state: 'held', fencingTokens });
  });

  it('takes none where one is held, says which, and when that lease ends', async (scene) => {
    const store = await scene.open();
    const requests = Array.from({ length: 4 }, () => ({ key: scene.key(), token: store.token() }));
    const [first, second, third, fourth] = requests as [Request, Request, Request, Request];
    await store.acquire(third.key, store.token(), 20_000);
    await store.acquire(fourth.key, store.token());
    await store.queue(second.key, 0, SHORT);
    await scene.expire();
    const before = await Promise.all(requests.map(({ key }) => store.lasting(key)));
    const answer = await store.together([first, second, third, fourth]);
    like(answer, { state: 'busy', index: 2 });
    isWithin((answer as { expiresIn: number }).expiresIn, 20_000);
    deepEqual(await Promise.all(requests.map(({ key }) => store.lasting(key))), before);
  });

  it('takes over expired leases', async (scene) => {
    const store = await scene.open();
    const requests = Array.from({ length: 2 }, () => ({ key: scene.key(), token: store.token() }));
    await store.queue(requests[1]!.key, 0, SHORT);
    await scene.expire();
    like(await store.together(requests), { state: 'held' });
    deepEqual(await store.holding(requests[1]!.key), [requests[1]!.token]);
  });

  it('does not overtake the queue of a key whose lease expired', async (scene) => {
    const store = await scene.open();
    const requests = Array.from({ length: 2 }, () => ({ key: scene.key(), token: store.token() }));
    const { waiting } = await store.queue(requests[1]!.key, 1, SHORT);
    await scene.expire();
    like(await store.together(requests), { state: 'busy', index: 1 });
    deepEqual(await store.holding(requests[0]!.key), []);
    like(await store.touch(requests[1]!.key, waiting[0]!), { state: 'held' });
  });

  it('counts a key that its token holds already, for the ttl from then on', async (scene) => {
    const store = await scene.open();
    const [one, other] = [scene.key(), scene.key()];
    const { holder, fence } = await store.queue(one, 1);
    const requests = [
      { key: other, token: store.token() },
      { key: one, token: holder, ttl: 20_000 },
    ];
    const answer = await store.together(requests);
    like(answer, { state: 'held' });
    equal((answer as { fencingTokens: readonly number[] }).fencingTokens[1], fence);
    isWithin((await store.inspect(one)).holders[0]!.expiresIn, 20_000);
  });

  it('replayed gives the same answer and changes nothing', async (scene) => {
    const store = await scene.open();
    const requests = Array.from({ length: 3 }, () => ({ key: scene.key(), token: store.token() }));
    const first = await store.together(requests);
    const before = await Promise.all(requests.map(({ key }) => store.lasting(key)));
    deepEqual(await store.together(requests), first);
    deepEqual(await Promise.all(requests.map(({ key }) => store.lasting(key))), before);
  });

  for (const since of [0, 1])
    it(`takes nothing for a token that was released (${since} had the key since)`, async (scene) => {
      const store = await scene.open();
      const [fresh, released] = [scene.key(), scene.key()].map((key) => ({ key, token: store.token() }));
      await store.acquire(released!.key, released!.token);
      await store.release(released!.key, released!.token);
      for (let i = 0; i < since; i++) await store.release(released!.key, (await store.queue(released!.key, 0)).holder);
      like(await store.together([fresh!, released!]), { state: 'busy', index: 1 });
      deepEqual(await store.holding(fresh!.key), []);
      deepEqual(await store.holding(released!.key), []);
    });

  it('gives crossing sets of keys that many want at once to one of them', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const keys = Array.from({ length: 4 }, () => scene.key());
    const ask = (driver: Driver, i: number) =>
      driver.together([...keys.slice(i % 4), ...keys.slice(0, i % 4)].map((key) => ({ key, token: driver.token() })));
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i % 2 === 0 ? store : peer, i)));
    equal(answers.filter(({ state }) => state === 'held').length, 1);
    for (const key of keys) equal((await store.holding(key)).length, 1);
  });
}

/** Declared only for stores that share keys. */
export function shareTogetherCases({ it }: Cases): void {
  it('takes each key with a share of its own, beside those that have it', async (scene) => {
    const store = await scene.open();
    const [read, written, limited] = [scene.key(), scene.key(), scene.key()];
    await store.enter(read, READ);
    await store.enter(limited, atMost(3, 2));
    const requests = [
      { key: read, token: store.token(), ...READ },
      { key: written, token: store.token() },
      { key: limited, token: store.token(), ...atMost(3) },
    ];
    like(await store.together(requests), { state: 'held' });
    deepEqual((await store.holding(read)).at(-1), requests[0]!.token);
    const again = requests.map((request) => ({ ...request, token: store.token() }));
    like(await store.together([again[0]!, again[2]!]), { state: 'busy', index: 1 });
    equal((await store.holding(read)).length, 2);
  });

  it('does not overtake a writer that waits for one of them', async (scene) => {
    const store = await scene.open();
    const [one, other] = [scene.key(), scene.key()];
    await store.enter(other, READ);
    await store.line(other, EXCLUSIVE);
    const readers = [one, other].map((key) => ({ key, token: store.token(), ...READ, ttl: LONG }));
    like(await store.together(readers), { state: 'busy', index: 1 });
    deepEqual(await store.holding(one), []);
  });
}

interface Request {
  readonly key: string;
  readonly token: string;
}
