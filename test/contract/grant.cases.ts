/** Grants: who is told that a waiter was admitted, and what a listener may do. */
import { expect, it } from '@jest/globals';
import { GrantLog } from './grant-log.js';
import { SHORT, clockOf, useScene } from './lock-store.harness.js';
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
    const log = await new GrantLog().listenTo(store);
    await log.until(await passOn(store));
  });

  it.each([
    ['the request of a newcomer', (store: Driver, key: string) => store.acquire(key, store.token())],
    ['a newcomer that joins', (store: Driver, key: string) => store.join(key, store.token())],
    ['the touch of the second', (store: Driver, key: string, second: string) => store.touch(key, second)],
    ['the request of the second', (store: Driver, key: string, second: string) => store.acquire(key, second)],
  ])('reports a waiter that %s admits', async (_, request) => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
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
    for (const [{ store: each }, log] of logs) {
      expect(log.heard.filter((token) => !token.startsWith(each.processId))).toEqual([]);
    }
  });

  it('says which grant it was, how long it may go unclaimed, and when it was given by the clock of its answers', async () => {
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
    const { fencingToken } = (await store.inspect(key)).holder!;
    expect(grant).toEqual({ token: waiter, fencingToken, ttl: 5_000, at: expect.any(Number) });
    expect(grant.at).toBeGreaterThanOrEqual(before + 50_000);
    expect(grant.at).toBeLessThanOrEqual(after - 10_000);
  });

  it('reports a waiter that a lease with a successor is passed to, and not the successor', async () => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence, waiting } = await store.queue(key, 1);
    await store.pass(key, holder, fence, successor);
    await log.until(waiting[0]!);
    await log.until(await passOn(store));
    expect(log.heard).not.toContain(successor);
  });

  it('never calls the listener inside the request that admits', async () => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    let calling = false;
    const heardInside: boolean[] = [];
    store.store.listen({
      granted: (grant) => {
        heardInside.push(calling);
        log.granted(grant);
      },
      resumed: () => undefined,
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
    await new GrantLog().listenTo(store);
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    const claimed = new Promise((resolve) =>
      store.store.listen({ granted: ({ token }) => resolve(store.touch(key, token)), resumed: () => undefined }),
    );
    await store.release(key, holder);
    expect(await claimed).toMatchObject({ state: 'held' });
    expect((await store.inspect(key)).holder).toMatchObject({ token: waiting[0] });
  });

  it('survives a listener that throws', async () => {
    const store = await scene.open();
    const log = await new GrantLog().listenTo(store);
    const fail = (): never => {
      throw new Error('from the listener of a test');
    };
    store.store.listen({
      granted: (grant) => {
        log.granted(grant);
        fail();
      },
      resumed: fail,
    });
    await log.until(await passOn(store));
    await log.until(await passOn(store));
  });

  it('has one listener, the last, and none after null', async () => {
    const store = await scene.open();
    const first = await new GrantLog().listenTo(store);
    const before = [...first.heard];
    const second = new GrantLog();
    store.store.listen(second);
    const once = await passOn(store);
    await second.until(once);
    store.store.listen(null);
    const unheard = await passOn(store);
    const third = new GrantLog();
    store.store.listen(third);
    const last = await passOn(store);
    // Grants of one process are reported in order, so whatever `unheard` caused has happened by now.
    await third.until(last);
    expect(first.heard).toEqual(before);
    expect(second.heard).not.toContain(unheard);
  });
}
