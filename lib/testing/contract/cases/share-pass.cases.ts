/** A release with a successor where a key is shared: it comes in beside the others if it fits and no other waits. */
import { deepEqual, equal } from 'node:assert/strict';
import { grow, isWaiting, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, fenceOf, LONG, READ, SHORT } from '../driver.js';

export function sharePassCases({ it }: Cases): void {
  it('lets it in beside the others', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const [first, second] = await store.enter(key, atMost(2), atMost(2));
    const { state, successor: answer } = await store.pass(key, first!.token, first!.fence, successor, LONG, atMost(2));
    equal(state, 'released');
    grow(second!.fence, fenceOf(answer!));
    deepEqual(await store.holding(key), [second!.token, successor]);
  });

  it('gives it a place in the queue where it does not fit', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const [first, second] = await store.enter(key, READ, READ);
    const { state, successor: answer } = await store.pass(key, first!.token, first!.fence, successor);
    equal(state, 'released');
    isWaiting(answer);
    like(await store.inspect(key), { holders: [{ token: second!.token }], waiting: [successor] });
    await store.release(key, second!.token);
    like(await store.inspect(key), { holders: [{ token: successor, ...EXCLUSIVE }], waiting: [] });
  });

  it('lets the queue in first, and gives it a place at the end', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const [writer] = await store.enter(key, EXCLUSIVE);
    const waiting = await store.line(key, READ, READ, EXCLUSIVE);
    const { successor: answer } = await store.pass(key, writer!.token, writer!.fence, successor, LONG, READ);
    isWaiting(answer);
    deepEqual(await store.holding(key), waiting.slice(0, 2));
    deepEqual((await store.inspect(key)).waiting, [waiting[2], successor]);
    for (const token of waiting.slice(0, 2)) await store.release(key, token);
    await store.release(key, waiting[2]!);
    like(await store.inspect(key), { holders: [{ token: successor, ...READ }], waiting: [] });
  });

  it('lets it in by its next touch where the whole queue came in before it', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const [writer] = await store.enter(key, EXCLUSIVE);
    const [reader] = await store.line(key, READ);
    isWaiting((await store.pass(key, writer!.token, writer!.fence, successor, LONG, READ)).successor);
    like(await store.touch(key, successor), { state: 'held' });
    deepEqual(await store.holding(key), [reader, successor]);
  });

  it('leaves a successor that holds the key already what it has', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [first, second] = await store.enter(key, READ, READ);
    const answer = await store.pass(key, first!.token, first!.fence, second!.token, LONG, READ);
    like(answer, { state: 'released', successor: { state: 'held', fencingToken: second!.fence } });
    like(await store.inspect(key), { holders: [{ token: second!.token, fencingToken: second!.fence }], waiting: [] });
    await store.release(key, second!.token);
    like(await store.inspect(key), { holders: [], waiting: [] });
  });

  it('does nothing for that of a token whose lease has ended', async (scene) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const [expired, other] = await store.enter(key, READ, READ);
    await store.touch(key, expired!.token, SHORT);
    await scene.expire();
    const answer = await store.pass(key, expired!.token, expired!.fence, successor, LONG, READ);
    like(answer, { state: 'gone', successor: { state: 'gone' } });
    like(await store.inspect(key), { holders: [{ token: other!.token }], waiting: [] });
  });
}
