/** Inspect: what people see of a key. */
import { deepEqual } from 'node:assert/strict';
import { isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { LONG, SHORT } from '../driver.js';

export function inspectCases({ it }: Cases): void {
  it('knows nothing of a key that was never locked', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    like(await store.inspect(key), { key, holders: [], waiting: [], lastFencingToken: null });
  });

  it('shows the holder, the queue in order and the fencing token', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 3);
    like(await store.inspect(key), {
      key,
      holders: [{ token: holder, fencingToken: fence, limit: 1, weight: 1 }],
      waiting,
      lastFencingToken: fence,
    });
  });

  it('shows the rest of the lease in milliseconds', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 0, LONG);
    isWithin((await store.inspect(key)).holders[0]!.expiresIn, LONG);
  });

  it('shows a key as free after its release, and remembers the fencing token', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    like(await store.inspect(key), { key, holders: [], waiting: [], lastFencingToken: fence });
  });

  it('shows a key as free after its lease expired, and remembers the fencing token', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    like(await store.inspect(key), { key, holders: [], waiting: [], lastFencingToken: fence });
  });

  it('admits no waiter', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    for (let i = 0; i < 2; i++) {
      like(await store.inspect(key), { key, holders: [], waiting, lastFencingToken: fence });
    }
    like(await store.touch(key, holder), { state: 'held', fencingToken: fence });
  });

  it('prolongs neither a lease nor a place in the queue', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    const key = scene.key();
    const { fence } = await store.queue(key, 1, SHORT);
    await store.inspect(key);
    await scene.expire();
    like(await store.inspect(key), { key, holders: [], waiting: [], lastFencingToken: fence });
  });

  it('shows the same to every process', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    await store.queue(key, 2);
    deepEqual(await peer.lasting(key), await store.lasting(key));
  });
}
