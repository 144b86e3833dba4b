/** Grants where a key is shared: each waiter that is let in hears of it, and a holder whose wish may be granted. */
import { deepEqual } from 'node:assert/strict';
import { like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, EXCLUSIVE, READ, SHORT } from '../driver.js';
import { GrantLog } from '../grant-log.js';

export function shareGrantCases({ it }: Cases): void {
  it('reports every waiter that a release lets in', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const log = await new GrantLog().listenTo(store);
    const key = scene.key();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const waiting = await store.line(key, READ, READ, READ);
    await store.release(key, writer!.token);
    const { holders } = await store.inspect(key);
    for (const [i, token] of waiting.entries()) {
      like(await log.until(token), { token, fencingToken: holders[i]!.fencingToken, ttl: 5_000 });
    }
  });

  it('reports a waiter that comes in where another gave up its place, or crashed', async (scene) => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    const [left, crashed] = [scene.key(), scene.key()];
    await store.enter(left, READ);
    const [writer, reader] = await store.line(left, EXCLUSIVE, READ);
    await store.release(left, writer!);
    await log.until(reader!);
    const [gone, alive] = await store.enter(crashed, atMost(2), atMost(2));
    const [waiter] = await store.line(crashed, atMost(2));
    await store.touch(crashed, gone!.token, SHORT);
    await scene.expire();
    await store.touch(crashed, alive!.token);
    await log.until(waiter!);
  });

  it('reports those that a downgrade lets in', async (scene) => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    const key = scene.key();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const waiting = await store.line(key, READ, READ);
    await store.convert(key, writer!.token, READ);
    for (const token of waiting) await log.until(token);
  });

  for (const way of ['left', 'crashed'] as const)
    it(`tells a holder that its wish may be granted when the last other ${way}`, async (scene) => {
      const store = await scene.open();
      const log = await new GrantLog().listenTo(store);
      const key = scene.key();
      const [first, second, third] = await store.enter(key, READ, READ, READ);
      await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
      const [waiter] = await store.line(key, READ, EXCLUSIVE);
      await store.release(key, second!.token);
      deepEqual(log.heard.includes(first!.token), false);
      if (way === 'left') {
        await store.release(key, third!.token);
      } else {
        await store.touch(key, third!.token, SHORT);
        await scene.expire();
        await store.touch(key, waiter!);
      }
      like(await log.until(first!.token), { token: first!.token, fencingToken: first!.fence });
      like(await store.convert(key, first!.token, EXCLUSIVE, { wait: true }), { state: 'held' });
    });
}
