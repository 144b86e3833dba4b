/** Grants: which process is told that a waiter was admitted, and what a listener may do. */
import { deepEqual, equal } from 'node:assert/strict';
import type { StoreAnswer } from '../../../stores/lock-store.js';
import { isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { clockOf, Driver, SHORT } from '../driver.js';
import { GrantLog } from '../grant-log.js';
import type { Scene } from '../scene.js';

/** Requests by which a waiter other than the one that asks is admitted. */
const ADMITTING: Readonly<Record<string, (store: Driver, key: string, second: string) => Promise<unknown>>> = {
  'the request of a newcomer': (store, key) => store.acquire(key, store.token()),
  'a newcomer that joins': (store, key) => store.join(key, store.token()),
  'the touch of the second': (store, key, second) => store.touch(key, second),
  'the request of the second': (store, key, second) => store.acquire(key, second),
};

export function grantCases({ it }: Cases): void {
  it('reports a waiter that a release admits', async (scene) => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    await log.until(await passOn(scene, store));
  });

  for (const [name, request] of Object.entries(ADMITTING))
    it(`reports a waiter that ${name} admits`, async (scene) => {
      const store = await scene.open();
      const log = await new GrantLog().listenTo(store);
      const key = scene.key();
      const { waiting } = await store.queue(key, 2, SHORT);
      await scene.expire();
      await request(store, key, waiting[1]!);
      await log.until(waiting[0]!);
      equal(log.heard.includes(waiting[1]!), false);
    });

  it('reports tokens of its own process only', async (scene) => {
    const store = await scene.open();
    const peer = await scene.open();
    const logs = new Map<Driver, GrantLog>();
    for (const each of [store, peer]) logs.set(each, await new GrantLog().listenTo(each));
    const key = scene.key();
    const [first, second, third] = [store.token(), peer.token(), store.token()];
    await store.acquire(key, first);
    await peer.join(key, second);
    await store.join(key, third);
    await store.release(key, first);
    await logs.get(peer)!.until(second);
    await peer.release(key, second);
    await logs.get(store)!.until(third);
    for (const [{ processId }, log] of logs) {
      deepEqual(
        log.heard.filter((token) => !token.startsWith(processId)),
        [],
      );
    }
  });

  it('reports to each of several processes that listen through one store, until that one ends it', async (scene) => {
    const first = await scene.open();
    const second = new Driver(first.store);
    const logs = [await new GrantLog().listenTo(first), await new GrantLog().listenTo(second)];
    const heard = [await passOn(scene, first), await passOn(scene, second)];
    await Promise.all(logs.map((log, i) => log.until(heard[i]!)));
    deepEqual(
      logs.map(({ heard: tokens }) => tokens.includes(heard[0]!)),
      [true, false],
    );
    first.listen(null);
    await logs[1]!.until(await passOn(scene, second));
    const unheard = await passOn(scene, first);
    await logs[1]!.until(await passOn(scene, second));
    equal(logs[0]!.heard.includes(unheard), false);
  });

  it('says which grant it was, how long it may go unclaimed, and when it was given by the clock of its answers', async (scene) => {
    const store = await scene.open({ claimWindow: 5_000 });
    const log = await new GrantLog().listenTo(store);
    const [key, waiter] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0);
    const before = clockOf(await store.join(key, waiter));
    await scene.advance(50);
    await store.release(key, holder);
    const grant = await log.until(waiter);
    await scene.advance(10);
    const after = clockOf(await store.join(key, store.token()));
    const { fencingToken } = (await store.inspect(key)).holders[0]!;
    like(grant, { token: waiter, fencingToken, ttl: 5_000 });
    // The timers of this process and the clock of the store are two clocks.
    isWithin(45_000, grant.at - before);
    isWithin(5_000, after - grant.at);
  });

  it('reports a waiter that a lease with a successor is passed to, and not the successor', async (scene) => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence, waiting } = await store.queue(key, 1);
    await store.pass(key, holder, fence, successor);
    await log.until(waiting[0]!);
    await log.until(await passOn(scene, store));
    equal(log.heard.includes(successor), false);
  });

  it('never calls the listener inside the request that admits', async (scene) => {
    const store = await scene.open();
    let calling = false;
    const heardInside: boolean[] = [];
    const log = await new GrantLog(() => heardInside.push(calling)).listenTo(store);
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    calling = true;
    const released = store.release(key, holder);
    calling = false;
    await released;
    await log.until(waiting[0]!);
    equal(heardInside.includes(true), false, 'the listener was called before the request had returned');
  });

  it('lets the listener use the store', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    let claimed: Promise<StoreAnswer> | undefined;
    const log = await new GrantLog(({ token }) => (claimed = store.touch(key, token))).listenTo(store);
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, holder);
    await log.until(waiting[0]!);
    like(await claimed, { state: 'held' });
    like((await store.inspect(key)).holders, [{ token: waiting[0] }]);
  });

  it('survives a listener that throws', async (scene) => {
    const store = await scene.open();
    const fail = (): never => {
      throw new Error('from the listener of a test');
    };
    const log = await new GrantLog(fail).listenTo(store);
    await log.until(await passOn(scene, store));
    await log.until(await passOn(scene, store));
  });

  it('has one listener, the last, and none after null', async (scene) => {
    const store = await scene.open();
    const first = await new GrantLog().listenTo(store);
    const before = [...first.heard];
    const second = await new GrantLog().listenTo(store);
    const once = await passOn(scene, store);
    await second.until(once);
    store.listen(null);
    const unheard = await passOn(scene, store);
    const third = await new GrantLog().listenTo(store);
    const last = await passOn(scene, store);
    // Grants of one process are reported in order, so whatever `unheard` caused has happened by now.
    await third.until(last);
    deepEqual(first.heard, before);
    equal(second.heard.includes(unheard), false);
  });
}

/** Passes a key of its own to a waiter; returns the waiter's token. */
async function passOn(scene: Scene, store: Driver): Promise<string> {
  const key = scene.key();
  const { holder, waiting } = await store.queue(key, 1);
  await store.release(key, holder);
  return waiting[0]!;
}
