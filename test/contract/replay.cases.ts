/**
 * Replays: a connection that breaks may deliver a request twice, the second time much later. The second time changes
 * nothing.
 */
import { describe, expect, it } from '@jest/globals';
import { LONG, SHORT, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';
import { FINISHED, RELEASED_OR_GONE, SAME_ANSWER } from './replay.requests.js';

export function replayCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  describe('twice in a row', () => {
    it.each(SAME_ANSWER)('same answer, nothing changes: %s', async (_, prepare) => {
      const store = await scene.open();
      const key = scene.key();
      const request = await prepare(store, key, scene);
      const first = await request();
      const after = await store.lasting(key);
      expect(timeless(await request())).toEqual(timeless(first));
      expect(await store.lasting(key)).toEqual(after);
    });

    it.each(RELEASED_OR_GONE)('nothing changes: %s', async (_, prepare) => {
      const store = await scene.open();
      const key = scene.key();
      const request = await prepare(store, key, scene);
      expect(await request()).toBe('released');
      const after = await store.lasting(key);
      expect(['released', 'gone']).toContain(await request());
      expect(await store.lasting(key)).toEqual(after);
    });
  });

  describe.each(FINISHED)('late, for a lease that was %s', (_, finish) => {
    it('a touch is answered gone and changes nothing', async () => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key, scene);
      const before = await store.lasting(key);
      expect(await store.touch(key, token)).toEqual({ state: 'gone' });
      expect(await store.lasting(key)).toEqual(before);
    });

    it('a release changes nothing', async () => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key, scene);
      const before = await store.lasting(key);
      expect(['released', 'gone']).toContain(await store.release(key, token));
      expect(await store.lasting(key)).toEqual(before);
    });

    it.each(['acquire', 'join'] as const)('an acquire is answered gone and changes nothing (%s)', async (method) => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key, scene);
      const before = await store.lasting(key);
      expect(await store[method](key, token, LONG)).toEqual({ state: 'gone' });
      expect(await store.lasting(key)).toEqual(before);
    });

    it.each(['acquire', 'join'] as const)(
      'an acquire does not even take the key when it is free (%s)',
      async (method) => {
        const store = await scene.open();
        const key = scene.key();
        const token = await finish(store, key, scene);
        for (let state = await store.inspect(key); state.holder; state = await store.inspect(key)) {
          await store.release(key, state.holder.token);
        }
        expect(await store[method](key, token, LONG)).toEqual({ state: 'gone' });
        expect((await store.inspect(key)).holder).toBeNull();
      },
    );

    it('a release with the last fencing token changes nothing', async () => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key, scene);
      const before = await store.lasting(key);
      const { successor } = await store.pass(key, token, 1, store.token());
      expect(successor).toEqual({ state: 'gone' });
      expect(await store.lasting(key)).toEqual(before);
    });
  });

  // Its caller may never have heard of it, and may still be asking.
  it('late, for a lease that expired and was taken by another, an acquire waits again', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.queue(key, 1);
    const before = await store.lasting(key);
    expect(await store.touch(key, holder)).toEqual({ state: 'gone' });
    expect(await store.join(key, holder)).toMatchObject({ state: 'waiting' });
    expect(await store.release(key, holder)).toBe('released');
    expect(await store.lasting(key)).toEqual(before);
  });
}

/** An answer without what changes as time passes. */
function timeless(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('expiresIn' in answer && 'at' in answer)) return answer;
  const { expiresIn: _, at: __, ...rest } = answer;
  return rest;
}
