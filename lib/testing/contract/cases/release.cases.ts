/** Release: giving up a lease, a grant or a place in the queue, and never that of another token. */
import { deepEqual, equal } from 'node:assert/strict';
import { grow, isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { LONG, SHORT } from '../driver.js';

export function releaseCases({ it }: Cases): void {
  it('frees a key that no other waits for', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    equal(await store.release(key, holder), 'released');
    like(await store.inspect(key), { holders: [], waiting: [] });
    like(await store.acquire(key, store.token()), { state: 'held' });
  });

  it('passes the lease to the first in the queue for the claim window, with a new fencing token', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 3);
    equal(await store.release(key, holder), 'released');
    const state = await store.inspect(key);
    like(state, { holders: [{ token: waiting[0] }], waiting: waiting.slice(1) });
    grow(fence, state.holders[0]!.fencingToken);
    isWithin(state.holders[0]!.expiresIn, 5_000);
    like(await store.acquire(key, store.token()), { state: 'busy' });
  });

  it('serves the queue in the order of joining, whatever process joined', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const key = scene.key();
    let { holder } = await store.queue(key, 0);
    const waiting = [peer, store, store, peer, peer].map((each) => each.token());
    for (const token of waiting) await (token.startsWith(peer.processId) ? peer : store).join(key, token);
    const served: string[] = [];
    while (served.length < waiting.length) {
      await store.release(key, holder);
      holder = (await store.inspect(key)).holders[0]!.token;
      served.push(holder);
    }
    deepEqual(served, waiting);
  });

  it('lets a waiter leave the queue and the others keep their order', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 3);
    const [first, second, third] = waiting as [string, string, string];
    equal(await store.release(key, second), 'released');
    like(await store.inspect(key), { holders: [{ token: holder }], waiting: [first, third] });
    like(await store.touch(key, second), { state: 'gone' });
    equal(await store.release(key, first), 'released');
    await store.release(key, holder);
    like((await store.inspect(key)).holders[0], { token: third });
  });

  it('leaves the key free when the last waiter left before the holder did', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, waiting[0]!);
    await store.release(key, holder);
    like(await store.inspect(key), { holders: [], waiting: [] });
  });

  it('passes on a grant that its waiter does not want any more', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    equal(await store.release(key, waiting[0]!), 'released');
    like(await store.inspect(key), { holders: [{ token: waiting[1] }], waiting: [] });
    equal(await store.release(key, waiting[1]!), 'released');
    deepEqual((await store.inspect(key)).holders, []);
  });

  it('still ends an expired lease while no other was granted the key since', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1, SHORT);
    await scene.expire();
    equal(await store.release(key, holder), 'released');
    like((await store.inspect(key)).holders[0], { token: waiting[0] });
    like(await store.touch(key, holder), { state: 'gone' });
  });

  it('skips waiters that fell silent', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    const key = scene.key();
    const { holder } = await store.queue(key, 3);
    await scene.expire();
    equal(await store.release(key, holder), 'released');
    like(await store.inspect(key), { holders: [], waiting: [] });
    like(await store.acquire(key, store.token()), { state: 'held' });
  });

  it('answers gone to a token it does not know, and changes nothing', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    equal(await store.release(key, store.token()), 'gone');
    await store.queue(key, 2);
    const before = await store.lasting(key);
    equal(await store.release(key, store.token()), 'gone');
    deepEqual(await store.lasting(key), before);
  });

  it('never touches the lease of the token that came after an expired one', async (scene) => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.acquire(key, next, LONG);
    await store.join(key, store.token());
    const before = await store.lasting(key);
    equal(await store.release(key, holder), 'gone');
    deepEqual(await store.lasting(key), before);
  });

  it('answers released again while the token is the last on record', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    const before = await store.lasting(key);
    equal(await store.release(key, holder), 'released');
    deepEqual(await store.lasting(key), before);
  });
}
