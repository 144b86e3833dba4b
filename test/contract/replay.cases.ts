/**
 * Replays: a connection that breaks may deliver a request twice, the second time much later. The second time changes
 * nothing.
 */
import { describe, expect, it } from '@jest/globals';
import { LONG, useScene } from './lock-store.harness.js';
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

    it('an acquire that does not wait changes nothing', async () => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key, scene);
      const before = await store.lasting(key);
      expect(['busy', 'gone']).toContain((await store.acquire(key, token, LONG)).state);
      expect(await store.lasting(key)).toEqual(before);
    });

    // The record remembers one token only. Older ones get at most a place behind everybody else, which the release
    // that follows an acquire on every connection takes away again, and silence otherwise.
    it('an acquire that waits delays nobody, and its own release undoes it', async () => {
      const store = await scene.open();
      const key = scene.key();
      const token = await finish(store, key, scene);
      const before = await store.lasting(key);
      const { waiting } = await store.inspect(key);
      expect(['waiting', 'gone']).toContain((await store.join(key, token)).state);
      expect((await store.inspect(key)).waiting.slice(0, waiting.length)).toEqual(waiting);
      await store.release(key, token);
      expect(await store.lasting(key)).toEqual(before);
    });
  });
}

/** An answer without what changes as time passes. */
function timeless(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('expiresIn' in answer && 'at' in answer)) return answer;
  const { expiresIn: _, at: __, ...rest } = answer;
  return rest;
}
