/** Fencing tokens: they grow with every grant of a key, and only then. */
import { expect, it } from '@jest/globals';
import { SHORT, fenceOf, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

export function fencingCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('are safe integers that begin with the clock, in microseconds', async () => {
    const store = await scene.open();
    const { fence } = await store.queue(scene.key(), 0);
    expect(Number.isSafeInteger(fence)).toBe(true);
    expect(fence).toBeGreaterThan(Date.UTC(2020) * 1000);
  });

  // Counting up from the last one is not enough: a server that restarts, or a replica that takes over, may have lost the
  // last grants and would count from an earlier one. The clock is past all of them.
  it('keep up with the clock, so that those of grants that a server forgot are not given out again', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await scene.advance(200);
    await store.release(key, holder);
    expect(fenceOf(await store.acquire(key, next))).toBeGreaterThan(fence + 150_000);
  });

  it('grow with every grant of a key, however quickly they follow each other', async () => {
    const store = await scene.open();
    const peer = await scene.peerOf(store);
    const key = scene.key();
    const fences: number[] = [];
    for (let i = 0; i < 100; i++) {
      const each = i % 3 === 0 ? peer : store;
      const token = each.token();
      fences.push(fenceOf(await each.acquire(key, token)));
      await each.release(key, token);
    }
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  });

  it('grow when a lease is passed on', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 20);
    const fences = [fence];
    for (const token of [holder, ...waiting.slice(0, -1)]) {
      await store.release(key, token);
      fences.push((await store.inspect(key)).holder!.fencingToken);
    }
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    expect(fences).toHaveLength(21);
  });

  it('grow when a waiter or a newcomer takes over an expired lease', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { fence, waiting } = await store.queue(key, 1, SHORT);
    await scene.expire();
    const second = fenceOf(await store.touch(key, waiting[0]!, SHORT));
    await scene.expire();
    const third = fenceOf(await store.acquire(key, store.token()));
    expect(second).toBeGreaterThan(fence);
    expect(third).toBeGreaterThan(second);
  });

  it('stay the same within one hold', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 1, SHORT);
    expect(fenceOf(await store.touch(key, holder, SHORT))).toBe(fence);
    await scene.expire();
    expect(fenceOf(await store.touch(key, holder))).toBe(fence);
    expect(fenceOf(await store.acquire(key, holder))).toBe(fence);
    expect((await store.inspect(key)).lastFencingToken).toBe(fence);
  });

  it('grow even after the record of the key was dropped', async () => {
    const store = await scene.open({ retention: SHORT });
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    await scene.expire();
    expect((await store.inspect(key)).lastFencingToken).toBeNull();
    expect(fenceOf(await store.acquire(key, next))).toBeGreaterThan(fence);
  });
}
