/** Conversions: a holder gets another share of its key without letting go of it. */
import { deepEqual, equal } from 'node:assert/strict';
import { SHARED_FENCE_BLOCK } from '../../../stores/protocol.js';
import { grow, isBusy, isWithin, like, timeless } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, expiryOf, fenceOf, LONG, READ, SHORT } from '../driver.js';

/** So far ahead of any count or clock that only what is on record can make the next one greater. */
const AHEAD = 3_600_000_000;

export function convertCases({ describe, it }: Cases): void {
  describe('a downgrade', () => {
    it('keeps the fencing token, and lets in the readers at the head of the queue', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [writer] = await store.enter(key, EXCLUSIVE);
      const waiting = await store.line(key, READ, READ, EXCLUSIVE, READ);
      like(await store.convert(key, writer!.token, READ), { state: 'held', fencingToken: writer!.fence });
      const { holders, waiting: left } = await store.inspect(key);
      like(holders, [
        { token: writer!.token, fencingToken: writer!.fence, ...READ },
        { token: waiting[0], ...READ },
        { token: waiting[1], ...READ },
      ]);
      deepEqual(left, waiting.slice(2));
      like(await store.touch(key, writer!.token), { state: 'held', fencingToken: writer!.fence });
      grow(writer!.fence + SHARED_FENCE_BLOCK - 1, ...holders.slice(1).map(({ fencingToken }) => fencingToken));
    });

    it('lets newcomers in beside it where no other waits', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [writer] = await store.enter(key, EXCLUSIVE);
      await store.convert(key, writer!.token, atMost(2));
      const [other] = await store.enter(key, atMost(2));
      deepEqual(await store.holding(key), [writer!.token, other!.token]);
      isBusy(await store.acquire(key, store.token(), LONG, atMost(2)));
    });

    it('makes the next grants follow the last fencing token that was used', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [writer] = await store.enter(key, EXCLUSIVE);
      await store.convert(key, writer!.token, READ, { fencingToken: writer!.fence + AHEAD });
      const [reader] = await store.enter(key, READ);
      grow(writer!.fence + AHEAD, reader!.fence);
    });

    it('makes the lease one that is gone when it ends', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [writer] = await store.enter(key, EXCLUSIVE);
      await store.convert(key, writer!.token, READ, { ttl: SHORT });
      await scene.expire();
      like(await store.touch(key, writer!.token), { state: 'gone' });
    });

    it('is still granted to an expired lease while no other was granted the key since', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const { holder, fence } = await store.queue(key, 0, SHORT);
      await scene.expire();
      like(await store.convert(key, holder, READ), { state: 'held', fencingToken: fence });
      like((await store.inspect(key)).holders, [{ token: holder, ...READ }]);
    });
  });

  describe('an upgrade', () => {
    it('is granted to the only holder, with a new fencing token', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [reader] = await store.enter(key, READ);
      const fence = fenceOf(await store.convert(key, reader!.token, EXCLUSIVE));
      grow(reader!.fence + SHARED_FENCE_BLOCK - 1, fence);
      like((await store.inspect(key)).holders, [{ token: reader!.token, fencingToken: fence, ...EXCLUSIVE }]);
      isBusy(await store.acquire(key, store.token(), LONG, READ));
      like(await store.touch(key, reader!.token), { state: 'held', fencingToken: fence });
      equal(await store.release(key, reader!.token), 'released');
    });

    it('follows what was used under the lease, and under those that ended before', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [reader, other] = await store.enter(key, READ, READ);
      await store.release(key, other!.token);
      const told = { fencingToken: reader!.fence + AHEAD };
      const fence = fenceOf(await store.convert(key, reader!.token, EXCLUSIVE, told));
      grow(reader!.fence, other!.fence, reader!.fence + AHEAD, fence);
      await store.release(key, reader!.token, fence + 1);
      grow(fence + 1, (await store.enter(key, READ))[0]!.fence);
    });

    it('is refused beside another holder where it does not wait', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [reader] = await store.enter(key, READ, READ);
      const before = await store.lasting(key);
      isBusy(await store.convert(key, reader!.token, EXCLUSIVE));
      deepEqual(await store.lasting(key), before);
      // There is no wish that would keep others out.
      await store.enter(key, READ);
    });
  });

  it('changes weights and limits within what is free', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, atMost(5), atMost(5, 2));
    isBusy(await store.convert(key, first!.token, atMost(5, 4)));
    like(await store.convert(key, first!.token, atMost(5, 3)), { state: 'held', fencingToken: first!.fence });
    isBusy(await store.acquire(key, store.token(), LONG, atMost(5)));
    like(await store.convert(key, first!.token, atMost(8)), { state: 'held', fencingToken: first!.fence });
    isBusy(await store.convert(key, first!.token, atMost(2)));
    const fence = fenceOf(await store.convert(key, first!.token, atMost(3)));
    grow(second!.fence + SHARED_FENCE_BLOCK - 1, fence);
    like((await store.inspect(key)).holders, [
      { token: second!.token, ...atMost(5, 2) },
      { token: first!.token, fencingToken: fence, ...atMost(3) },
    ]);
    isBusy(await store.acquire(key, store.token(), LONG, READ));
  });

  it('lets the queue in where it takes less than before', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [holder] = await store.enter(key, atMost(4, 4));
    const waiting = await store.line(key, atMost(4, 2), atMost(4), atMost(4));
    await store.convert(key, holder!.token, atMost(4));
    deepEqual(await store.holding(key), [holder!.token, ...waiting.slice(0, 2)]);
  });

  it('counts the ttl from then on, whatever is answered', async (scene) => {
    const store = await scene.open();
    const [held, waits, busy] = [scene.key(), scene.key(), scene.key()];
    for (const [key, share, wait, count] of [
      [held, EXCLUSIVE, false, 1],
      [waits, EXCLUSIVE, true, 2],
      [busy, EXCLUSIVE, false, 2],
    ] as const) {
      const [holder] = await store.enter(key, ...Array.from({ length: count }, () => READ));
      const answer = await store.convert(key, holder!.token, share, { wait, ttl: 20_000 });
      if (count > 1) isWithin(expiryOf(answer), 20_000);
      const state = (await store.inspect(key)).holders.find(({ token }) => token === holder!.token);
      isWithin(state!.expiresIn, 20_000);
    }
  });

  it('is refused to a token that does not hold the key', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    like(await store.convert(key, store.token(), READ), { state: 'gone' });
    const [holder, released, expired] = await store.enter(key, READ, READ, READ);
    const [waiter] = await store.line(key, EXCLUSIVE);
    await store.release(key, released!.token);
    await store.touch(key, expired!.token, SHORT);
    await scene.expire();
    const before = await store.lasting(key);
    for (const token of [store.token(), waiter!, released!.token, expired!.token]) {
      for (const wait of [true, false]) like(await store.convert(key, token, READ, { wait }), { state: 'gone' });
    }
    deepEqual(await store.lasting(key), before);
    deepEqual(await store.holding(key), [holder!.token]);
  });

  for (const [name, own, wanted, others] of [
    ['a downgrade', EXCLUSIVE, READ, 0],
    ['an upgrade', READ, EXCLUSIVE, 0],
    ['an upgrade that waits', READ, EXCLUSIVE, 1],
    ['a conversion to a smaller limit', READ, atMost(3), 1],
    ['a conversion to a greater weight', atMost(3), atMost(3, 2), 0],
  ] as const)
    it(`replayed gives the same answer and changes nothing: ${name}`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [holder] = await store.enter(key, own, ...Array.from({ length: others }, () => READ));
      await store.line(key, EXCLUSIVE, READ);
      const convert = () => store.convert(key, holder!.token, wanted, { wait: true });
      const first = await convert();
      const after = await store.lasting(key);
      deepEqual(timeless(await convert()), timeless(first));
      deepEqual(await store.lasting(key), after);
    });
}
