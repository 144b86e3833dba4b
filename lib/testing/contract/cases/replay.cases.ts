/**
 * Replays: a connection that breaks may deliver a request twice, the second time much later. The second time changes
 * nothing.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { LONG, SHORT } from '../driver.js';
import { FINISHED, RELEASED_OR_GONE, SAME_ANSWER } from './replay.requests.js';
import { twiceInARow } from './replay.twice.js';

export function replayCases({ describe, it }: Cases): void {
  describe('twice in a row', () => {
    twiceInARow({ it }, SAME_ANSWER, RELEASED_OR_GONE);
  });

  for (const [name, finish] of Object.entries(FINISHED))
    describe(`late, for a lease that was ${name}`, () => {
      it('a touch is answered gone and changes nothing', async (scene) => {
        const store = await scene.open();
        const key = scene.key();
        const token = await finish(store, key, scene);
        const before = await store.lasting(key);
        like(await store.touch(key, token), { state: 'gone' });
        deepEqual(await store.lasting(key), before);
      });

      it('a release changes nothing', async (scene) => {
        const store = await scene.open();
        const key = scene.key();
        const token = await finish(store, key, scene);
        const before = await store.lasting(key);
        ok(['released', 'gone'].includes(await store.release(key, token)));
        deepEqual(await store.lasting(key), before);
      });

      for (const method of ['acquire', 'join'] as const)
        it(`an acquire is answered gone and changes nothing (${method})`, async (scene) => {
          const store = await scene.open();
          const key = scene.key();
          const token = await finish(store, key, scene);
          const before = await store.lasting(key);
          like(await store[method](key, token, LONG), { state: 'gone' });
          deepEqual(await store.lasting(key), before);
        });

      for (const method of ['acquire', 'join'] as const)
        it(`an acquire does not even take the key when it is free (${method})`, async (scene) => {
          const store = await scene.open();
          const key = scene.key();
          const token = await finish(store, key, scene);
          for (let state = await store.inspect(key); state.holders[0]; state = await store.inspect(key)) {
            await store.release(key, state.holders[0].token);
          }
          like(await store[method](key, token, LONG), { state: 'gone' });
          deepEqual((await store.inspect(key)).holders, []);
        });

      it('a release with the last fencing token changes nothing', async (scene) => {
        const store = await scene.open();
        const key = scene.key();
        const token = await finish(store, key, scene);
        const before = await store.lasting(key);
        const { successor } = await store.pass(key, token, 1, store.token());
        like(successor, { state: 'gone' });
        deepEqual(await store.lasting(key), before);
      });
    });

  // Its caller may never have heard of it, and may still be asking.
  it('late, for a lease that expired and was taken by another, an acquire waits again', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.queue(key, 1);
    const before = await store.lasting(key);
    like(await store.touch(key, holder), { state: 'gone' });
    like(await store.join(key, holder), { state: 'waiting' });
    equal(await store.release(key, holder), 'released');
    deepEqual(await store.lasting(key), before);
  });
}
