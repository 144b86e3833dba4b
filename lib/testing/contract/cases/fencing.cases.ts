/** Fencing tokens: they grow with every grant of a key, and only then. */
import { equal, ok } from 'node:assert/strict';
import { FENCE_BLOCK } from '../../../stores/protocol.js';
import { grow, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { fenceOf, SHORT } from '../driver.js';

/** So far ahead of any count or clock that only what is on record can make the next one greater. */
const AHEAD = 3_600_000_000;

export function fencingCases({ it }: Cases): void {
  it('are positive integers that a number can count', async (scene) => {
    const store = await scene.open();
    const { fence } = await store.queue(scene.key(), 0);
    ok(Number.isSafeInteger(fence) && fence > 0, String(fence));
  });

  it('grow with every grant of a key, however quickly they follow each other', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    const fences: number[] = [];
    for (let i = 0; i < 100; i++) {
      const each = i % 3 === 0 ? peer : store;
      const token = each.token();
      fences.push(fenceOf(await each.acquire(key, token)));
      await each.release(key, token);
    }
    grow(...fences);
  });

  it('grow when a lease is passed on', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 20);
    const fences = [fence];
    for (const token of [holder, ...waiting.slice(0, -1)]) {
      await store.release(key, token);
      fences.push((await store.inspect(key)).holders[0]!.fencingToken);
    }
    grow(...fences);
    equal(fences.length, 21);
  });

  it('grow when a waiter or a newcomer takes over an expired lease', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { fence, waiting } = await store.queue(key, 1, SHORT);
    await scene.expire();
    const second = fenceOf(await store.touch(key, waiting[0]!, SHORT));
    await scene.expire();
    const third = fenceOf(await store.acquire(key, store.token()));
    grow(fence, second, third);
  });

  it('stay the same within one hold', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 1, SHORT);
    equal(fenceOf(await store.touch(key, holder, SHORT)), fence);
    await scene.expire();
    equal(fenceOf(await store.touch(key, holder)), fence);
    equal(fenceOf(await store.acquire(key, holder)), fence);
    equal((await store.inspect(key)).lastFencingToken, fence);
  });

  it('grow even after the store may have dropped the record of the key', async (scene) => {
    const store = await scene.open({ retention: SHORT });
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    await scene.expire();
    grow(fence, fenceOf(await store.acquire(key, next)));
  });

  it('grow over the last that was used of a lease which was passed on inside a process', async (scene) => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder, fence + AHEAD);
    equal((await store.inspect(key)).lastFencingToken, fence + AHEAD);
    const second = fenceOf(await store.acquire(key, next));
    await store.release(key, next);
    grow(fence + AHEAD, second, fenceOf(await store.acquire(key, store.token())));
  });

  for (const waiters of [0, 1])
    it(`grow over the last that was used when the lease goes on (${waiters} in the queue)`, async (scene) => {
      const store = await scene.open();
      const [key, successor] = [scene.key(), store.token()];
      const { holder, fence } = await store.queue(key, waiters);
      await store.pass(key, holder, fence + AHEAD, successor);
      const { holders, lastFencingToken } = await store.inspect(key);
      grow(fence + AHEAD, holders[0]!.fencingToken);
      equal(lastFencingToken, holders[0]!.fencingToken);
    });

  it('do not count the last one used again when the release is replayed', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.pass(key, holder, fence + 1, successor);
    const { lastFencingToken } = await store.inspect(key);
    await store.pass(key, holder, fence + AHEAD, successor);
    equal((await store.inspect(key)).lastFencingToken, lastFencingToken);
  });

  for (const next of ['a newcomer', 'a waiter'])
    it(`leave the whole block of a lease that ended by itself to its owner (${next})`, async (scene) => {
      const store = await scene.open();
      const [key, holder] = [scene.key(), store.token()];
      const past = await store.queue(key, 0);
      await store.release(key, past.holder, past.fence + AHEAD);
      const fence = fenceOf(await store.acquire(key, holder));
      const waiter = store.token();
      if (next === 'a waiter') await store.join(key, waiter);
      await store.touch(key, holder, SHORT);
      await scene.expire();
      grow(fence + FENCE_BLOCK - 1, fenceOf(await store.acquire(key, waiter)));
    });

  it('leave the whole block to its owner even where the queue goes first', async (scene) => {
    const store = await scene.open();
    const [key, holder, waiter] = [scene.key(), store.token(), store.token()];
    const past = await store.queue(key, 0);
    await store.release(key, past.holder, past.fence + AHEAD);
    const fence = fenceOf(await store.acquire(key, holder));
    await store.join(key, waiter);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    await store.join(key, store.token());
    const { holders } = await store.inspect(key);
    like(holders, [{ token: waiter }]);
    grow(fence + FENCE_BLOCK - 1, holders[0]!.fencingToken);
  });

  it('grow when a release does not tell the last one that was used', async (scene) => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    grow(fence, fenceOf(await store.acquire(key, next)));
  });
}
