/**
 * The leases of holders that share a key: each ends at its own time and is then gone, has its own fencing token, and is
 * given back by itself.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../../../stores/protocol.js';
import { grow, isBusy, isWaiting, isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, expiryOf, fenceOf, LONG, READ, SHORT } from '../driver.js';

/** So far ahead of any count or clock that only what is on record can make the next one greater. */
const AHEAD = 3_600_000_000;

export function shareLeaseCases({ describe, it }: Cases): void {
  it('gives the same grant again to its holder, and nothing else by it', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, READ, READ);
    for (const method of ['acquire', 'join'] as const) {
      like(await store[method](key, first!.token, LONG, READ), { state: 'held', fencingToken: first!.fence });
      like(await store[method](key, second!.token, LONG, atMost(2)), { state: 'held', fencingToken: second!.fence });
    }
    like(await store.touch(key, first!.token), { state: 'held', fencingToken: first!.fence });
    like((await store.inspect(key)).holders, [{ ...READ }, { ...READ }]);
  });

  it('ends each lease at its own time, whatever the others do', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [crashed, alive] = await store.enter(key, READ, READ);
    const [writer] = await store.line(key, EXCLUSIVE);
    await store.touch(key, crashed!.token, SHORT);
    await store.touch(key, alive!.token, LONG);
    await scene.expire();
    deepEqual(await store.holding(key), [alive!.token]);
    isWaiting(await store.touch(key, writer!));
    await store.touch(key, alive!.token, SHORT);
    await scene.expire();
    like(await store.touch(key, writer!), { state: 'held' });
    deepEqual(await store.holding(key), [writer]);
  });

  it('keeps a lease that is extended, however long ago the key was taken', async (scene) => {
    const store = await scene.open({ retention: SHORT });
    const [key, token] = [scene.key(), store.token()];
    const fence = fenceOf(await store.acquire(key, token, 1_000, READ));
    await store.touch(key, token, LONG);
    await scene.advance(1_400);
    like(await store.touch(key, token), { state: 'held', fencingToken: fence });
    isBusy(await store.acquire(key, store.token()));
  });

  it('frees what a crashed holder took, and no more', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [crashed] = await store.enter(key, atMost(3, 2), atMost(3));
    await store.touch(key, crashed!.token, SHORT);
    await scene.expire();
    isBusy(await store.acquire(key, store.token(), LONG, atMost(3, 3)));
    await store.enter(key, atMost(3, 2));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(3)));
  });

  it('widens the key again when the one that named the smallest limit crashes', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [, crashed] = await store.enter(key, READ, atMost(2));
    await store.touch(key, crashed!.token, SHORT);
    await scene.expire();
    await store.enter(key, READ, READ);
  });

  for (const others of [0, 1])
    it(`does not bring an expired lease back, though no other was granted the key since (${others} beside it)`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [expired] = await store.enter(key, READ, ...Array.from({ length: others }, () => READ));
      await store.touch(key, expired!.token, SHORT);
      await scene.expire();
      like(await store.touch(key, expired!.token), { state: 'gone' });
      equal((await store.holding(key)).length, others);
      equal(await store.release(key, expired!.token), 'gone');
    });

  it('takes the holder of an expired lease for a newcomer, or refuses it', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [expired] = await store.enter(key, READ);
    await store.touch(key, expired!.token, SHORT);
    await scene.expire();
    const answer = await store.acquire(key, expired!.token, LONG, READ);
    if (answer.state !== 'gone') grow(expired!.fence, fenceOf(answer));
    deepEqual(await store.holding(key), answer.state === 'gone' ? [] : [expired!.token]);
  });

  it('tells when the first of the leases ends', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [, first, waiter] = [await store.enter(key, READ), await store.enter(key, READ), store.token()];
    await store.touch(key, first[0]!.token, 20_000);
    for (const method of ['acquire', 'join', 'touch'] as const) {
      const answer = await store[method](key, waiter);
      isWithin(expiryOf(answer), 20_000);
      ok(expiryOf(answer) > 10_000, `${expiryOf(answer)} ms`);
    }
  });

  it('gives back the lease of its token alone, and for good', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, READ, READ);
    equal(await store.release(key, first!.token), 'released');
    deepEqual(await store.holding(key), [second!.token]);
    for (const ask of [store.acquire, store.join, store.touch]) {
      like(await ask.call(store, key, first!.token, LONG, READ), { state: 'gone' });
    }
    isBusy(await store.acquire(key, store.token()));
    equal(await store.release(key, second!.token), 'released');
    like(await store.inspect(key), { holders: [], waiting: [] });
    for (const { token } of [first!, second!]) like(await store.join(key, token, LONG, READ), { state: 'gone' });
  });

  describe('fencing tokens', () => {
    it('leave each holder its block', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const holders = await store.enter(key, READ, READ, atMost(4), READ);
      for (const [i, { fence }] of holders.slice(1).entries()) ok(fence >= holders[i]!.fence + SHARED_FENCE_BLOCK);
    });

    it('leave the block of a lease that ended behind them, whichever way it did', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [first, second] = await store.enter(key, READ, READ);
      await store.release(key, second!.token);
      await store.release(key, first!.token);
      equal((await store.inspect(key)).lastFencingToken, second!.fence + SHARED_FENCE_BLOCK - 1);
      const [third] = await store.enter(key, READ);
      await store.touch(key, third!.token, SHORT);
      await scene.expire();
      const [writer] = await store.enter(key, EXCLUSIVE);
      grow(second!.fence + SHARED_FENCE_BLOCK - 1, third!.fence, third!.fence + SHARED_FENCE_BLOCK - 1, writer!.fence);
    });

    it('grow over the last that was used', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [first, second] = await store.enter(key, READ, READ);
      equal(await store.release(key, first!.token, first!.fence + AHEAD), 'released');
      const [third] = await store.enter(key, READ);
      grow(second!.fence, first!.fence + AHEAD, third!.fence);
      await store.release(key, second!.token);
      await store.release(key, third!.token, third!.fence + AHEAD);
      equal((await store.inspect(key)).lastFencingToken, third!.fence + AHEAD);
      const [writer] = await store.enter(key, EXCLUSIVE);
      await store.release(key, writer!.token, writer!.fence + AHEAD);
      grow(third!.fence + AHEAD, writer!.fence, writer!.fence + AHEAD, (await store.enter(key, READ))[0]!.fence);
    });

    it('leave the whole block of a writer whose lease ended by itself to it', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [past] = await store.enter(key, EXCLUSIVE);
      await store.release(key, past!.token, past!.fence + AHEAD);
      const [writer] = await store.enter(key, EXCLUSIVE);
      await store.touch(key, writer!.token, SHORT);
      await scene.expire();
      const [reader] = await store.enter(key, READ);
      grow(writer!.fence + FENCE_BLOCK - 1, reader!.fence);
    });
  });
}
