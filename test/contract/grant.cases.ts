/** Grants: who is told that a waiter was admitted, and what a listener may do. */
import { expect, it } from '@jest/globals';
import { GrantLog, SHORT, useScene } from './lock-store.harness.js';
import type { Driver, LockStoreHarnessFactory } from './lock-store.harness.js';

export function grantCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  /** Passes a key of its own to a waiter; returns the waiter's token. */
  async function passOn(store: Driver): Promise<string> {
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, holder);
    return waiting[0]!;
  }

  it('reports a waiter that a release admits', async () => {
    const store = await scene.open();
    const log = new GrantLog();
    store.store.onGrant(log.listen);
    await log.until(await passOn(store));
  });

  it.each([
    ['the request of a newcomer', (store: Driver, key: string) => store.acquire(key, store.token())],
    ['a newcomer that joins', (store: Driver, key: string) => store.join(key, store.token())],
    ['the touch of the second', (store: Driver, key: string, second: string) => store.touch(key, second)],
    ['the request of the second', (store: Driver, key: string, second: string) => store.acquire(key, second)],
  ])('reports a waiter that %s admits', async (_, request) => {
    const store = await scene.open();
    const log = new GrantLog();
    store.store.onGrant(log.listen);
    const key = scene.key();
    const { waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    await request(store, key, waiting[1]!);
    await log.until(waiting[0]!);
    expect(log.heard).not.toContain(waiting[1]);
  });

  it('reports tokens of its own process only', async () => {
    const store = await scene.open();
    const peer = await scene.peerOf(store);
    const logs = new Map([store, peer].map((each) => [each.store, new GrantLog()]));
    for (const [each, log] of logs) each.onGrant(log.listen);
    const key = scene.key();
    const [first, second, third] = [store.token(), peer.token(), store.token()];
    await store.acquire(key, first);
    await peer.join(key, second);
    await store.join(key, third);
    await store.release(key, first);
    await logs.get(peer.store)!.until(second);
    await peer.release(key, second);
    await logs.get(store.store)!.until(third);
    for (const [each, log] of logs) {
      expect(log.heard.filter((token) => !token.startsWith(each.processId))).toEqual([]);
    }
  });

  it('never calls the listener inside the request that admits', async () => {
    const store = await scene.open();
    const log = new GrantLog();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    let calling = false;
    const heardInside: boolean[] = [];
    store.store.onGrant((token) => {
      heardInside.push(calling);
      log.listen(token);
    });
    calling = true;
    const released = store.release(key, holder);
    calling = false;
    await released;
    await log.until(waiting[0]!);
    expect(heardInside).not.toContain(true);
  });

  it('lets the listener use the store', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    const claimed = new Promise((resolve) => store.store.onGrant((token) => resolve(store.touch(key, token))));
    await store.release(key, holder);
    expect(await claimed).toMatchObject({ state: 'held' });
    expect((await store.inspect(key)).holder).toMatchObject({ token: waiting[0] });
  });

  it('survives a listener that throws', async () => {
    const store = await scene.open();
    const log = new GrantLog();
    store.store.onGrant((token) => {
      log.listen(token);
      throw new Error('from the listener of a test');
    });
    await log.until(await passOn(store));
    await log.until(await passOn(store));
  });

  it('has one listener, the last, and none after null', async () => {
    const store = await scene.open();
    const [first, second, third] = [new GrantLog(), new GrantLog(), new GrantLog()];
    store.store.onGrant(first.listen);
    store.store.onGrant(second.listen);
    const once = await passOn(store);
    await second.until(once);
    store.store.onGrant(null);
    const unheard = await passOn(store);
    store.store.onGrant(third.listen);
    const last = await passOn(store);
    // Grants of one process are reported in order, so whatever `unheard` caused has happened by now.
    await third.until(last);
    expect(first.heard).toEqual([]);
    expect(second.heard).not.toContain(unheard);
  });
}
