/** The queue: how places are kept and lost, and which token comes in when a lease ends without a release. */
import { deepEqual } from 'node:assert/strict';
import { grow, isBusy, isWaiting, isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { expiryOf, fenceOf, LONG, SHORT } from '../driver.js';
import { PLACE_LIFE } from '../scene.js';

export function queueCases({ it }: Cases): void {
  for (const by of ['touch', 'join', 'acquire'] as const)
    it(`keeps the place of a waiter that gives signs by ${by}, and drops those that do not`, async (scene) => {
      const store = await scene.open({ placeLife: PLACE_LIFE });
      const key = scene.key();
      const { holder, waiting } = await store.queue(key, 3);
      const alive = waiting[1]!;
      await scene.outlivePlaces(async () => like(await store[by](key, alive), { state: 'waiting' }));
      like(await store.inspect(key), { holders: [{ token: holder }], waiting: [alive] });
      await store.release(key, holder);
      like(await store.inspect(key), { holders: [{ token: alive }], waiting: [] });
    });

  it('takes the place of a waiter that falls silent', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    const key = scene.key();
    const { waiting } = await store.queue(key, 1);
    await scene.expire();
    deepEqual((await store.inspect(key)).waiting, []);
    like(await store.touch(key, waiting[0]!), { state: 'gone' });
  });

  it('does not move a waiter that asks again', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 3);
    for (const token of [waiting[2]!, waiting[0]!]) {
      like(await store.join(key, token), { state: 'waiting' });
      like(await store.touch(key, token), { state: 'waiting' });
    }
    deepEqual((await store.inspect(key)).waiting, waiting);
  });

  it('still counts a waiter as waiting that asks again without wanting to wait', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 2);
    isWaiting(await store.acquire(key, waiting[0]!));
    deepEqual((await store.inspect(key)).waiting, waiting);
  });

  for (const method of ['acquire', 'join'] as const)
    it(`gives the lease to the first in the queue that asks again (${method})`, async (scene) => {
      const store = await scene.open({ claimWindow: SHORT });
      const key = scene.key();
      const { fence, waiting } = await store.queue(key, 2, SHORT);
      await scene.expire();
      grow(fence, fenceOf(await store[method](key, waiting[0]!, LONG)));
      await scene.expire();
      like(await store.inspect(key), { holders: [{ token: waiting[0] }], waiting: [waiting[1]] });
    });

  it('lets no newcomer overtake the queue when a lease expires', async (scene) => {
    const store = await scene.open();
    const [key, hasty, patient] = [scene.key(), store.token(), store.token()];
    const { fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    like(await store.acquire(key, hasty), { state: 'busy' });
    like(await store.join(key, patient), { state: 'waiting' });
    const state = await store.inspect(key);
    like(state, { holders: [{ token: waiting[0] }], waiting: [waiting[1], patient] });
    grow(fence, state.holders[0]!.fencingToken);
  });

  it('tells a newcomer that had to let the queue go first when that claim ends', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const key = scene.key();
    await store.queue(key, 1, SHORT);
    await scene.expire();
    const answer = await store.acquire(key, store.token());
    isBusy(answer);
    isWithin(expiryOf(answer), 5_000);
  });

  it('gives the key to a newcomer when all in the queue fell silent', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    const [key, newcomer] = [scene.key(), store.token()];
    await store.queue(key, 3, SHORT);
    await scene.expire();
    like(await store.acquire(key, newcomer), { state: 'held' });
    like(await store.inspect(key), { holders: [{ token: newcomer }], waiting: [] });
  });

  for (const by of ['touch', 'acquire', 'join'] as const)
    it(`passes on a grant that is not claimed, by ${by} of the next`, async (scene) => {
      const store = await scene.open({ claimWindow: SHORT });
      const key = scene.key();
      const { holder, waiting } = await store.queue(key, 2);
      await store.release(key, holder);
      await scene.expire();
      deepEqual((await store.inspect(key)).holders, []);
      like(await store[by](key, waiting[1]!), { state: 'held' });
      like(await store.touch(key, waiting[0]!), { state: 'gone' });
    });

  it('passes on a grant that is not claimed when a newcomer asks', async (scene) => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    await scene.expire();
    like(await store.acquire(key, store.token()), { state: 'busy' });
    like(await store.touch(key, waiting[1]!), { state: 'held' });
  });

  it('accepts a late claim while no other was granted the key since', async (scene) => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    const granted = (await store.inspect(key)).lastFencingToken;
    await scene.expire();
    like(await store.touch(key, waiting[0]!), { state: 'held', fencingToken: granted });
    like(await store.touch(key, waiting[1]!), { state: 'waiting' });
  });

  it('needs one claim window for each waiter that falls silent after it was granted the key', async (scene) => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 3);
    await store.release(key, holder);
    await scene.expire();
    like(await store.touch(key, waiting[2]!), { state: 'waiting' });
    await scene.expire();
    like(await store.touch(key, waiting[2]!), { state: 'held' });
  });
}
