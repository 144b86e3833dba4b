/** Wishes: a holder waits for another share of its key than it has, ahead of the queue, while others are in the way. */
import { deepEqual, equal } from 'node:assert/strict';
import { grow, isBusy, isWaiting, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, fenceOf, LONG, READ, SHORT } from '../driver.js';
import type { Driver } from '../driver.js';

/** How a wish ends; its holder is one of two of at most five. */
const ENDS: Readonly<Record<string, (store: Driver, key: string, token: string) => Promise<unknown>>> = {
  'a conversion to the share that it has': (store, key, token) => store.convert(key, token, atMost(5)),
  'a conversion to a greater limit': (store, key, token) => store.convert(key, token, READ),
  'a conversion to a smaller limit': (store, key, token) => store.convert(key, token, atMost(4)),
  'its release': (store, key, token) => store.release(key, token),
};

export function wishCases({ it }: Cases): void {
  it('leaves the holder its share, and is granted ahead of the queue when the others have left', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [reader, other] = await store.enter(key, READ, READ);
    const waiting = await store.line(key, EXCLUSIVE, READ);
    isWaiting(await store.convert(key, reader!.token, EXCLUSIVE, { wait: true }));
    like((await store.inspect(key)).holders[0], { token: reader!.token, fencingToken: reader!.fence, ...READ });
    like(await store.touch(key, reader!.token), { state: 'held', fencingToken: reader!.fence });
    await store.release(key, other!.token);
    like(await store.inspect(key), { holders: [{ token: reader!.token }], waiting });
    const fence = fenceOf(await store.convert(key, reader!.token, EXCLUSIVE, { wait: true }));
    grow(other!.fence, fence);
    like(await store.inspect(key), { holders: [{ token: reader!.token, ...EXCLUSIVE }], waiting });
    await store.release(key, reader!.token);
    like(await store.inspect(key), { holders: [{ token: waiting[0] }], waiting: waiting.slice(1) });
  });

  it('keeps all others out', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [reader, other] = await store.enter(key, READ, READ);
    await store.convert(key, reader!.token, EXCLUSIVE, { wait: true });
    isBusy(await store.acquire(key, store.token(), LONG, READ));
    const [waiter] = await store.line(key, READ);
    for (const token of [waiter!, other!.token, reader!.token]) await store.touch(key, token);
    const successor = store.token();
    isWaiting((await store.pass(key, other!.token, other!.fence, successor, LONG, READ)).successor);
    like(await store.inspect(key), { holders: [{ token: reader!.token }], waiting: [waiter, successor] });
  });

  it('is granted when the leases of the others have ended', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [reader, other] = await store.enter(key, READ, READ);
    isWaiting(await store.convert(key, reader!.token, EXCLUSIVE, { wait: true }));
    await store.touch(key, other!.token, SHORT);
    await scene.expire();
    grow(other!.fence, fenceOf(await store.convert(key, reader!.token, EXCLUSIVE, { wait: true })));
  });

  for (const wait of [true, false])
    it(`refuses that of another holder at once (${wait ? 'it would wait' : 'it would not'})`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [first, second] = await store.enter(key, READ, READ);
      await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
      isBusy(await store.convert(key, second!.token, EXCLUSIVE, { wait }));
      await store.release(key, second!.token);
      like(await store.convert(key, first!.token, EXCLUSIVE, { wait: true }), { state: 'held' });
    });

  for (const [name, end] of Object.entries(ENDS))
    it(`ends by ${name}, and the queue comes in`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [first, second] = await store.enter(key, atMost(5), atMost(5));
      await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
      const [waiter] = await store.line(key, atMost(5));
      await end(store, key, first!.token);
      equal((await store.holding(key)).at(-1), waiter);
      isWaiting(await store.convert(key, second!.token, EXCLUSIVE, { wait: true }));
    });

  it('is replaced by the next one of the same holder, and stays where that does not wait', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, atMost(5), atMost(5, 2));
    await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
    isBusy(await store.convert(key, first!.token, atMost(5, 4)));
    isBusy(await store.acquire(key, store.token(), LONG, atMost(5)));
    isWaiting(await store.convert(key, first!.token, atMost(5, 4), { wait: true }));
    await store.release(key, second!.token);
    like(await store.convert(key, first!.token, atMost(5, 4), { wait: true }), { fencingToken: first!.fence });
  });

  it('ends with the lease of its holder, and the queue comes in', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, READ, READ);
    await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
    const [waiter] = await store.line(key, READ);
    await store.touch(key, first!.token, SHORT);
    await scene.expire();
    like(await store.touch(key, waiter!), { state: 'held' });
    deepEqual(await store.holding(key), [second!.token, waiter]);
    isWaiting(await store.convert(key, second!.token, EXCLUSIVE, { wait: true }));
  });

  it('is not ended by a touch or an acquire of its holder', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first] = await store.enter(key, READ, READ);
    await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
    await store.touch(key, first!.token);
    await store.acquire(key, first!.token, LONG, READ);
    isBusy(await store.acquire(key, store.token(), LONG, READ));
  });

  it('is not in the way of what another holder has already', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, READ, READ);
    await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
    like(await store.convert(key, second!.token, READ), { state: 'held', fencingToken: second!.fence });
    isBusy(await store.acquire(key, store.token(), LONG, READ));
  });
}
