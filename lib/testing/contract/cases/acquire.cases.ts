/** Acquire: which token gets the lease, and what the others are told. */
import { deepEqual, equal } from 'node:assert/strict';
import { grow, isBusy, isWaiting, isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { clockOf, expiryOf, fenceOf, LONG, SHORT } from '../driver.js';

export function acquireCases({ it }: Cases): void {
  it('gives a free key to the first token that asks', async (scene) => {
    const store = await scene.open();
    const [key, token] = [scene.key(), store.token()];
    const fencingToken = fenceOf(await store.join(key, token));
    like((await store.inspect(key)).holders[0], { token, fencingToken });
  });

  it('answers busy to a second token that does not want to wait, and keeps no trace of it', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 0);
    const before = await store.lasting(key);
    isBusy(await store.acquire(key, store.token()));
    deepEqual(await store.lasting(key), before);
  });

  it('gives a second token that waits a place in the queue', async (scene) => {
    const store = await scene.open();
    const [key, waiter] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0);
    isWaiting(await store.join(key, waiter));
    like(await store.inspect(key), { holders: [{ token: holder }], waiting: [waiter] });
  });

  for (const method of ['acquire', 'join'] as const)
    it(`tells in milliseconds when the present lease ends (${method})`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      await store.queue(key, 0, LONG);
      isWithin(expiryOf(await store[method](key, store.token())), LONG);
    });

  it('tells its clock, in microseconds, with what it says of the present lease', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 1);
    const waiter = store.token();
    const asks = [store.acquire, store.join, store.touch];
    const clocks: number[] = [];
    for (const ask of asks) {
      clocks.push(clockOf(await ask.call(store, key, waiter)));
      await scene.advance(10);
    }
    // The timers of this process and the clock of the store are two clocks.
    for (const i of [1, 2]) isWithin(5_000, clocks[i]! - clocks[i - 1]!);
  });

  it('excludes other processes', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    like(await peer.acquire(key, peer.token()), { state: 'busy' });
    like((await peer.inspect(key)).holders[0], { token: holder });
  });

  it('gives the same grant again to its holder', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 1);
    like(await store.acquire(key, holder), { state: 'held', fencingToken: fence });
    like(await store.join(key, holder), { state: 'held', fencingToken: fence });
  });

  it('counts the full ttl from the last acquire of the holder', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0, SHORT);
    await store.acquire(key, holder, LONG);
    await scene.expire();
    like(await store.acquire(key, store.token()), { state: 'busy' });

    await store.acquire(key, holder, SHORT);
    await scene.expire();
    like(await store.acquire(key, store.token()), { state: 'held' });
  });

  it('gives an expired lease to the next token that asks', async (scene) => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    const nextFence = fenceOf(await store.acquire(key, next));
    grow(fence, nextFence);
    like((await store.inspect(key)).holders[0], { token: next, fencingToken: nextFence });
  });

  it('gives an expired lease back to its holder while no other was granted the key since', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    like(await store.acquire(key, holder), { state: 'held', fencingToken: fence });
    like(await store.acquire(key, store.token()), { state: 'busy' });
  });

  it('treats the holder of an expired lease as any other token once another was granted the key', async (scene) => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.acquire(key, next);
    like(await store.acquire(key, holder), { state: 'busy' });
    like((await store.inspect(key)).holders[0], { token: next });
  });

  for (const method of ['acquire', 'join'] as const)
    it(`answers gone to a token that was released (${method})`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const { holder } = await store.queue(key, 0);
      await store.release(key, holder);
      like(await store[method](key, holder), { state: 'gone' });
      like(await store.inspect(key), { holders: [], waiting: [] });
      like(await store.acquire(key, store.token()), { state: 'held' });
    });

  it('keeps keys apart', async (scene) => {
    const store = await scene.open();
    const token = store.token();
    const [one, other] = [scene.key(), scene.key()];
    like(await store.acquire(one, token), { state: 'held' });
    like(await store.acquire(other, store.token()), { state: 'held' });
    like(await store.touch(other, token), { state: 'gone' });
    equal(await store.release(other, token), 'gone');
    like((await store.inspect(one)).holders[0], { token });
  });

  it('grants a key that many want at once to exactly one', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? store : peer)).map((each) => each.acquire(key, each.token())),
    );
    equal(answers.filter(({ state }) => state === 'held').length, 1);
    equal(answers.filter(({ state }) => state === 'busy').length, 39);
  });
}
