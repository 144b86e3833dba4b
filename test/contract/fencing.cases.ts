/** Fencing tokens: they grow with every grant of a key, and only then. */
import { expect, it } from '@jest/globals';
import { FENCE_BLOCK } from '../../lib/stores/lock-store.js';
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

  /** So far ahead of the clock that only what is on record can make the next one greater. */
  const AHEAD = 3_600_000_000;

  it('grow over the last that was used of a lease which was passed on inside a process', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder, fence + AHEAD);
    expect((await store.inspect(key)).lastFencingToken).toBe(fence + AHEAD);
    expect(fenceOf(await store.acquire(key, next))).toBe(fence + AHEAD + 1);
    await store.release(key, next);
    expect(fenceOf(await store.acquire(key, store.token()))).toBe(fence + AHEAD + 2);
  });

  it.each([0, 1])('grow over the last that was used when the lease goes on (%d in line)', async (waiters) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, waiters);
    await store.pass(key, holder, fence + AHEAD, successor);
    expect((await store.inspect(key)).holder!.fencingToken).toBe(fence + AHEAD + 1);
    expect((await store.inspect(key)).lastFencingToken).toBe(fence + AHEAD + 1);
  });

  it('do not count the last one used again when the release is replayed', async () => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.pass(key, holder, fence + 1, successor);
    const { lastFencingToken } = await store.inspect(key);
    await store.pass(key, holder, fence + AHEAD, successor);
    expect((await store.inspect(key)).lastFencingToken).toBe(lastFencingToken);
  });

  it.each([
    ['a newcomer', 0],
    ['a waiter', 1],
  ])('leave the whole block of a lease that ended by itself to its owner (%s)', async (_, waiters) => {
    const store = await scene.open();
    const [key, holder] = [scene.key(), store.token()];
    const past = await store.queue(key, 0);
    await store.release(key, past.holder, past.fence + AHEAD);
    const fence = fenceOf(await store.acquire(key, holder));
    const waiter = store.token();
    if (waiters === 1) await store.join(key, waiter);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    expect(fenceOf(await store.acquire(key, waiter))).toBe(fence + FENCE_BLOCK);
  });

  it('leave the whole block to its owner even where the line goes first', async () => {
    const store = await scene.open();
    const [key, holder, waiter] = [scene.key(), store.token(), store.token()];
    const past = await store.queue(key, 0);
    await store.release(key, past.holder, past.fence + AHEAD);
    const fence = fenceOf(await store.acquire(key, holder));
    await store.join(key, waiter);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    await store.join(key, store.token());
    expect((await store.inspect(key)).holder).toMatchObject({ token: waiter, fencingToken: fence + FENCE_BLOCK });
  });

  it('grow when a lease is given back by somebody who knows its token only', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(fenceOf(await store.acquire(key, next))).toBeGreaterThan(fence);
  });
}
