/** A release with a successor: the lease goes to the queue, or else to a waiter of the same process, in one step. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { grow, isWaiting, isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { expiryOf, fenceOf, LONG, SHORT } from '../driver.js';
import type { Driver } from '../driver.js';

/** How a token may not hold the lease it gives back; returns that token. */
const NOT_HELD: Readonly<Record<string, (store: Driver, key: string) => Promise<string>>> = {
  'a token that never asked': async (store) => store.token(),
  'a token that was released, of a key that is free': async (store, key) => {
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    return holder;
  },
  'a token that was released, of a key that another holds': async (store, key) => {
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    await store.queue(key, 0);
    return holder;
  },
  'a token that was released, of a key with a queue': async (store, key) => {
    const { holder } = await store.queue(key, 2);
    await store.release(key, holder);
    return holder;
  },
};

export function passCases({ it }: Cases): void {
  it('gives the lease to the successor when the queue is empty, for the ttl it asks for', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    const answer = await store.pass(key, holder, fence, successor, 5_000);
    const state = await store.inspect(key);
    like(state, { holders: [{ token: successor }], waiting: [] });
    const { fencingToken, expiresIn } = state.holders[0]!;
    like(answer, { state: 'released', successor: { state: 'held', fencingToken } });
    grow(fence, fencingToken);
    isWithin(expiresIn, 5_000);
    like(await store.touch(key, holder), { state: 'gone' });
  });

  it('gives the lease to the queue first, and the successor a place at its end', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence, waiting } = await store.queue(key, 2);
    const answer = await store.pass(key, holder, fence, successor);
    equal(answer.state, 'released');
    isWaiting(answer.successor);
    isWithin(expiryOf(answer.successor!), 5_000);
    const state = await store.inspect(key);
    like(state, { holders: [{ token: waiting[0] }], waiting: [waiting[1], successor] });
    grow(fence, state.holders[0]!.fencingToken);
  });

  it('serves the successor in its turn', async (scene) => {
    const store = await scene.open();
    const [key, successor, later] = [scene.key(), store.token(), store.token()];
    const { holder, fence, waiting } = await store.queue(key, 1);
    await store.pass(key, holder, fence, successor);
    await store.join(key, later);
    await store.release(key, waiting[0]!);
    like(await store.touch(key, successor), { state: 'held' });
    await store.release(key, successor);
    like(await store.touch(key, later), { state: 'held' });
  });

  it('keeps the place of a successor no longer than that of any other waiter', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 1);
    await store.pass(key, holder, fence, successor);
    await scene.expire();
    like(await store.touch(key, successor), { state: 'gone' });
  });

  it('gives the lease to the successor when all in the queue fell silent', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 3);
    await scene.expire();
    like(await store.pass(key, holder, fence, successor), { successor: { state: 'held' } });
    like(await store.inspect(key), { holders: [{ token: successor }], waiting: [] });
  });

  it('still passes on an expired lease while no other was granted the key since', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    like(await store.pass(key, holder, fence, successor), { successor: { state: 'held' } });
    like((await store.inspect(key)).holders[0], { token: successor });
  });

  for (const [name, prepare] of Object.entries(NOT_HELD))
    it(`does nothing for the successor of ${name}`, async (scene) => {
      const store = await scene.open();
      const [key, successor] = [scene.key(), store.token()];
      const token = await prepare(store, key);
      const before = await store.lasting(key);
      const { state, successor: answer } = await store.pass(key, token, 1, successor);
      ok(['released', 'gone'].includes(state));
      like(answer, { state: 'gone' });
      deepEqual(await store.lasting(key), before);
    });

  // It cannot have got there but by a request that was sent again behind the end of its lease.
  it('takes a token that only waits out of the queue, and does nothing for its successor', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, waiting } = await store.queue(key, 2);
    const answer = await store.pass(key, waiting[0]!, 1, successor);
    like(answer, { state: 'gone', successor: { state: 'gone' } });
    like(await store.inspect(key), { holders: [{ token: holder }], waiting: [waiting[1]] });
    like(await store.touch(key, waiting[0]!), { state: 'gone' });
  });

  for (const waiters of [0, 2])
    it(`replayed while the successor ${waiters === 0 ? 'holds' : 'waits'} gives the same answer and changes nothing`, async (scene) => {
      const store = await scene.open();
      const [key, successor] = [scene.key(), store.token()];
      const { holder, fence } = await store.queue(key, waiters);
      const first = await store.pass(key, holder, fence, successor);
      const before = await store.lasting(key);
      const second = await store.pass(key, holder, fence, successor);
      ok(['released', 'gone'].includes(second.state));
      if (waiters === 0) deepEqual(second.successor, first.successor);
      else isWaiting(second.successor);
      deepEqual(await store.lasting(key), before);
    });

  it('replayed counts the ttl of a successor that holds from then on', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.pass(key, holder, fence, successor, SHORT);
    await store.pass(key, holder, fence, successor, LONG);
    await scene.expire();
    like((await store.inspect(key)).holders[0], { token: successor });
  });

  for (const waiters of [0, 1])
    it(`replayed after the successor ${waiters === 0 ? 'held' : 'waited'} and was released does not bring it back`, async (scene) => {
      const store = await scene.open();
      const [key, successor] = [scene.key(), store.token()];
      const { holder, fence } = await store.queue(key, waiters);
      await store.pass(key, holder, fence, successor);
      equal(await store.release(key, successor), 'released');
      const before = await store.lasting(key);
      like(await store.pass(key, holder, fence, successor), { successor: { state: 'gone' } });
      deepEqual(await store.lasting(key), before);
      like(await store.touch(key, successor), { state: 'gone' });
    });

  it('is for the successor what its own acquire would have been: asked again it has the same', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    const { successor: answer } = await store.pass(key, holder, fence, successor);
    deepEqual(await store.join(key, successor), answer);
    deepEqual(await store.touch(key, successor), answer);
    grow(fence, fenceOf(answer!));
  });
}
