/**
 * Replays: a connection that breaks may deliver a request twice, the second time much later. The second time changes
 * nothing.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { LONG, SHORT } from '../driver.js';
import { FINISHED, RELEASED_OR_GONE, SAME_ANSWER } from './replay.requests.js';

export function replayCases({ describe, it }: Cases): void {
  describe('twice in a row', () => {
    for (const [name, prepare] of Object.entries(SAME_ANSWER))
      it(`same answer, nothing changes: ${name}`, async (scene) => {
        const store = await scene.open();
        const key = scene.key();
        const request = await prepare(store, key, scene);
        const first = await request();
        const after = await store.lasting(key);
        deepEqual(timeless(await request()), timeless(first));
        deepEqual(await store.lasting(key), after);
      });

    for (const [name, prepare] of Object.entries(RELEASED_OR_GONE))
      it(`nothing changes: ${name}`, async (scene) => {
        const store = await scene.open();
        const key = scene.key();
        const request = await prepare(store, key, scene);
        equal(await request(), 'released');
        const after = await store.lasting(key);
        ok(['released', 'gone'].includes((await request()) as string));
        deepEqual(await store.lasting(key), after);
      });
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

/** An answer without what changes as time passes. */
function timeless(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('expiresIn' in answer && 'at' in answer)) return answer;
  const { expiresIn: _, at: __, ...rest } = answer;
  return rest;
}
