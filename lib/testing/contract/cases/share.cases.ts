/**
 * Sharing: who comes in beside whom. A key is given to as many as the smallest limit among its holders and the newcomer
 * allows, in the order of asking, and nobody overtakes.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { grow, isBusy, isWaiting, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, fenceOf, LONG, READ, SHORT } from '../driver.js';

export function shareCases({ it }: Cases): void {
  it('lets readers in beside each other, of any process, and shows what each has', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    const [first] = await store.enter(key, READ);
    const [second] = await peer.enter(key, READ);
    const [third] = await store.enter(key, READ);
    const holders = [first!, second!, third!].map(({ token, fence }) => ({ token, fencingToken: fence, ...READ }));
    like(await store.inspect(key), { holders, waiting: [], lastFencingToken: third!.fence });
    deepEqual(await peer.lasting(key), await store.lasting(key));
  });

  it('keeps writers out while there is a reader, and readers while there is a writer', async (scene) => {
    const store = await scene.open();
    const [read, written] = [scene.key(), scene.key()];
    const [reader] = await store.enter(read, READ);
    const [writer] = await store.enter(written, EXCLUSIVE);
    isBusy(await store.acquire(read, store.token()));
    isBusy(await store.acquire(written, store.token(), LONG, READ));
    const waiting = [...(await store.line(read, EXCLUSIVE)), ...(await store.line(written, READ))];
    like(await store.store.inspect([read, written]), [
      { holders: [{ token: reader!.token }], waiting: waiting.slice(0, 1) },
      { holders: [{ token: writer!.token }], waiting: waiting.slice(1) },
    ]);
  });

  it('lets in as many as the limit says, and the next one when one of them leaves', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const holders = await store.enter(key, atMost(3), atMost(3), atMost(3));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(3)));
    const waiting = await store.line(key, atMost(3), atMost(3));
    await store.release(key, holders[1]!.token);
    const [first, , third] = holders.map(({ token }) => token);
    like(await store.inspect(key), { waiting: waiting.slice(1) });
    deepEqual(await store.holding(key), [first, third, waiting[0]]);
  });

  it('counts weights', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [light] = await store.enter(key, atMost(5, 2));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(5, 4)));
    await store.enter(key, atMost(5, 3));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(5)));
    await store.release(key, light!.token);
    isBusy(await store.acquire(key, store.token(), LONG, atMost(5, 3)));
    await store.enter(key, atMost(5, 2));
  });

  it('goes by the smallest limit where callers disagree, as long as the one that named it is there', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [wide] = await store.enter(key, atMost(4));
    const [narrow] = await store.enter(key, atMost(2));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(4)));
    isBusy(await store.acquire(key, store.token(), LONG, READ));
    await store.release(key, narrow!.token);
    await store.enter(key, atMost(4), atMost(4));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(3)));
    await store.enter(key, atMost(4));
    isBusy(await store.acquire(key, store.token(), LONG, READ));
    await store.release(key, wide!.token);
    await store.enter(key, READ);
  });

  it('lets no newcomer overtake a writer that waits, though it would fit', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [reader] = await store.enter(key, READ);
    const [writer] = await store.line(key, EXCLUSIVE);
    isBusy(await store.acquire(key, store.token(), LONG, READ));
    const [late] = await store.line(key, READ);
    isWaiting(await store.touch(key, late!));
    like(await store.inspect(key), { holders: [{ token: reader!.token }], waiting: [writer, late] });
    await store.release(key, reader!.token);
    like(await store.inspect(key), { holders: [{ token: writer }], waiting: [late] });
  });

  it('lets nobody overtake a waiter of large weight', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, atMost(4), atMost(4));
    const [heavy, light] = await store.line(key, atMost(4, 4), atMost(4));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(4)));
    await store.release(key, first!.token);
    isWaiting(await store.touch(key, light!));
    deepEqual(await store.holding(key), [second!.token]);
    await store.release(key, second!.token);
    like(await store.inspect(key), { holders: [{ token: heavy, ...atMost(4, 4) }], waiting: [light] });
  });

  it('lets readers that stand behind each other in together, and none behind the next writer', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const key = scene.key();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const waiting = await store.line(key, READ, READ, READ, EXCLUSIVE, READ);
    await store.release(key, writer!.token);
    const { holders, waiting: left } = await store.inspect(key);
    deepEqual(
      holders.map(({ token }) => token),
      waiting.slice(0, 3),
    );
    deepEqual(left, waiting.slice(3));
    grow(writer!.fence, ...holders.map(({ fencingToken }) => fencingToken));
    equal(
      holders.every(({ expiresIn }) => expiresIn <= 5_000),
      true,
    );
  });

  it('lets as many in as fit, in order, when a heavy one leaves', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [heavy, light] = await store.enter(key, atMost(5, 4), atMost(5));
    const waiting = await store.line(key, atMost(5, 2), atMost(5), atMost(5, 3), atMost(5));
    await store.release(key, heavy!.token);
    deepEqual(await store.holding(key), [light!.token, waiting[0], waiting[1]]);
    deepEqual((await store.inspect(key)).waiting, waiting.slice(2));
  });

  it('lets in those behind the head when a waiter that kept them out gives up', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [reader] = await store.enter(key, READ);
    const waiting = await store.line(key, EXCLUSIVE, READ, READ, EXCLUSIVE);
    equal(await store.release(key, waiting[0]!), 'released');
    deepEqual(await store.holding(key), [reader!.token, waiting[1], waiting[2]]);
    deepEqual((await store.inspect(key)).waiting, [waiting[3]]);
  });

  for (const by of ['a waiter', 'a holder'] as const)
    it(`lets in those behind a waiter that fell silent, by the next touch of ${by}`, async (scene) => {
      const store = await scene.open({ placeLife: 2_000 });
      const key = scene.key();
      const [reader] = await store.enter(key, READ);
      const [writer, ...readers] = await store.line(key, EXCLUSIVE, READ, READ);
      for (let passed = 0; passed < 2_400; passed += 200) {
        await scene.advance(200);
        for (const token of readers) await store.join(key, token, LONG, READ);
      }
      await store.touch(key, by === 'a waiter' ? readers[1]! : reader!.token);
      deepEqual((await store.holding(key)).sort(), [reader!.token, ...readers].sort());
      like(await store.touch(key, writer!), { state: 'gone' });
    });

  it('lets in all that fit when the first of them finds an expired lease of a writer', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0);
    const waiting = await store.line(key, READ, READ, EXCLUSIVE);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    grow(fence, fenceOf(await store.touch(key, waiting[0]!, LONG)));
    const { holders } = await store.inspect(key);
    like(holders, [{ token: waiting[0] }, { token: waiting[1] }]);
    deepEqual([holders[0]!.expiresIn > 5_000, holders[1]!.expiresIn <= 5_000], [true, true]);
    like(await store.touch(key, holder), { state: 'gone' });
  });

  it('keeps what a waiter wanted when it joined', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [permit] = await store.enter(key, atMost(2));
    const [writer, heavy] = await store.line(key, EXCLUSIVE, atMost(2, 2));
    isWaiting(await store.join(key, writer!, LONG, READ));
    await store.release(key, permit!.token);
    like(await store.inspect(key), { holders: [{ token: writer, ...EXCLUSIVE }], waiting: [heavy] });
    await store.release(key, writer!);
    like(await store.inspect(key), { holders: [{ token: heavy, ...atMost(2, 2) }], waiting: [] });
  });

  it('gives what a writer leaves to readers, and what they leave to a writer', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const fences: number[] = [];
    for (let round = 0; round < 5; round++) {
      const [writer] = await store.enter(key, EXCLUSIVE);
      await store.release(key, writer!.token);
      const readers = await store.enter(key, READ, READ, atMost(3));
      fences.push(...[writer!, ...readers].map(({ fence }) => fence));
      for (const { token } of readers) equal(await store.release(key, token), 'released');
      like(await store.inspect(key), { holders: [], waiting: [] });
    }
    grow(...fences);
  });

  it('gives a key that many want at once to as many as may have it', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? store : peer)).map((each) =>
        each.acquire(key, each.token(), LONG, atMost(5)),
      ),
    );
    equal(answers.filter(({ state }) => state === 'held').length, 5);
    equal(answers.filter(({ state }) => state === 'busy').length, 35);
    equal((await store.holding(key)).length, 5);
  });

  it('lets hundreds of readers in, and out', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    const key = scene.key();
    const tokens = Array.from({ length: 300 }, () => driver.token());
    const asked = tokens.map((token) => ({ key, token, ...READ, ttl: LONG, wait: true }));
    const fences = (await store.acquire(asked)).map(fenceOf);
    grow(...fences);
    const [state] = await store.inspect([key]);
    deepEqual(
      state!.holders.map(({ token, fencingToken }) => [token, fencingToken]),
      tokens.map((token, i) => [token, fences[i]]),
    );
    const [writer] = await driver.line(key, EXCLUSIVE);
    like(
      await store.touch(asked),
      fences.map((fencingToken) => ({ state: 'held', fencingToken })),
    );
    like(
      await store.release(asked),
      tokens.map(() => ({ state: 'released' })),
    );
    deepEqual(await driver.holding(key), [writer]);
  });
}
