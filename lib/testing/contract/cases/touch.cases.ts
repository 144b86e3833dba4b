/** Touch: signs of life of holders and of waiters, and what they learn by them. */
import { deepEqual } from 'node:assert/strict';
import { grow, isWaiting, isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { expiryOf, fenceOf, LONG, SHORT } from '../driver.js';

export function touchCases({ it }: Cases): void {
  it('extends the lease of a holder, with the same fencing token', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0, SHORT);
    like(await store.touch(key, holder, LONG), { state: 'held', fencingToken: fence });
    await scene.expire();
    like(await store.acquire(key, store.token()), { state: 'busy' });
  });

  it('counts the ttl it was given from now on, shorter ones too', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0, LONG);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    like(await store.acquire(key, store.token()), { state: 'held' });
  });

  it('extends an expired lease while no other was granted the key since, waiters or not', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 1, SHORT);
    await scene.expire();
    like(await store.touch(key, holder), { state: 'held', fencingToken: fence });
    like(await store.inspect(key), { holders: [{ token: holder }], waiting });
    like(await store.touch(key, waiting[0]!), { state: 'waiting' });
  });

  it('answers gone to the holder of an expired lease once another was granted the key', async (scene) => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.acquire(key, next);
    const before = await store.lasting(key);
    like(await store.touch(key, holder), { state: 'gone' });
    deepEqual(await store.lasting(key), before);
  });

  it('tells a waiter when the present lease ends', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 2);
    for (const waiter of waiting) {
      const answer = await store.touch(key, waiter);
      isWaiting(answer);
      isWithin(expiryOf(answer), LONG);
    }
    deepEqual((await store.inspect(key)).waiting, waiting);
  });

  it('gives an expired lease to the first in the queue, for the full ttl and with a new fencing token', async (scene) => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    grow(fence, fenceOf(await store.touch(key, waiting[0]!, LONG)));
    await scene.expire();
    like(await store.inspect(key), { holders: [{ token: waiting[0] }], waiting: [waiting[1]] });
  });

  it('admits the first in the queue when it is not the one that touches', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 3, SHORT);
    await scene.expire();
    like(await store.touch(key, waiting[1]!), { state: 'waiting' });
    like(await store.inspect(key), { holders: [{ token: waiting[0] }], waiting: waiting.slice(1) });
  });

  it('claims a lease that was passed on, for the full ttl and with the fencing token of the grant', async (scene) => {
    const store = await scene.open({ claimWindow: LONG });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, holder);
    const granted = (await store.inspect(key)).holders[0]!.fencingToken;
    like(await store.touch(key, waiting[0]!, SHORT), { state: 'held', fencingToken: granted });
    await scene.expire();
    like(await store.acquire(key, store.token()), { state: 'held' });
  });

  it('is how a holder learns that it was released', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    like(await store.touch(key, holder), { state: 'gone' });
    deepEqual((await store.inspect(key)).holders, []);
  });

  for (const [name, ttl] of [
    ['a key that was never locked', 0],
    ['a held key', LONG],
    ['an expired lease', SHORT],
  ] as const)
    it(`answers gone to a token it does not know, and adds it nowhere: ${name}`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      if (ttl > 0) await store.queue(key, 1, ttl);
      await scene.expire();
      const before = await store.lasting(key);
      like(await store.touch(key, store.token()), { state: 'gone' });
      deepEqual(await store.lasting(key), before);
    });
}
