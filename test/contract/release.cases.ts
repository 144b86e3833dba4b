/** Release: giving up a lease, a grant or a place in line, and never anybody else's. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

export function releaseCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('frees a key that nobody waits for', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    expect(await store.release(key, holder)).toBe('released');
    expect(await store.inspect(key)).toMatchObject({ holder: null, waiting: [] });
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  });

  it('passes the lease to the first in line for the claim window, with a new fencing token', async () => {
    const store = await scene.open({ claimWindow: 5_000 });
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 3);
    expect(await store.release(key, holder)).toBe('released');
    const state = await store.inspect(key);
    expect(state.holder!.token).toBe(waiting[0]);
    expect(state.holder!.fencingToken).toBeGreaterThan(fence);
    expect(state.holder!.expiresIn).toBeGreaterThan(0);
    expect(state.holder!.expiresIn).toBeLessThanOrEqual(5_000);
    expect(state.waiting).toEqual(waiting.slice(1));
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });
  });

  it('serves the line in the order of joining, whoever joined from wherever', async () => {
    const store = await scene.open();
    const peer = await scene.peerOf(store);
    const key = scene.key();
    let { holder } = await store.queue(key, 0);
    const waiting = [peer, store, store, peer, peer].map((each) => each.token());
    for (const token of waiting) await (token.startsWith(peer.store.processId) ? peer : store).join(key, token);
    const served: string[] = [];
    while (served.length < waiting.length) {
      await store.release(key, holder);
      holder = (await store.inspect(key)).holder!.token;
      served.push(holder);
    }
    expect(served).toEqual(waiting);
  });

  it('lets a waiter leave the line and the others keep their order', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 3);
    const [first, second, third] = waiting as [string, string, string];
    expect(await store.release(key, second)).toBe('released');
    expect(await store.inspect(key)).toMatchObject({ holder: { token: holder }, waiting: [first, third] });
    expect(await store.touch(key, second)).toEqual({ state: 'gone' });
    expect(await store.release(key, first)).toBe('released');
    await store.release(key, holder);
    expect((await store.inspect(key)).holder).toMatchObject({ token: third });
  });

  it('leaves the key free when the last waiter left before the holder did', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, waiting[0]!);
    await store.release(key, holder);
    expect(await store.inspect(key)).toMatchObject({ holder: null, waiting: [] });
  });

  it('passes on a grant that its waiter does not want any more', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    expect(await store.release(key, waiting[0]!)).toBe('released');
    expect(await store.inspect(key)).toMatchObject({ holder: { token: waiting[1] }, waiting: [] });
    expect(await store.release(key, waiting[1]!)).toBe('released');
    expect((await store.inspect(key)).holder).toBeNull();
  });

  it('still ends an expired lease that nobody was granted since', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1, SHORT);
    await scene.expire();
    expect(await store.release(key, holder)).toBe('released');
    expect((await store.inspect(key)).holder).toMatchObject({ token: waiting[0] });
    expect(await store.touch(key, holder)).toEqual({ state: 'gone' });
  });

  it('skips waiters that fell silent', async () => {
    const store = await scene.open({ placeLife: SHORT });
    const key = scene.key();
    const { holder } = await store.queue(key, 3);
    await scene.expire();
    expect(await store.release(key, holder)).toBe('released');
    expect(await store.inspect(key)).toMatchObject({ holder: null, waiting: [] });
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  });

  it('answers gone to a token it does not know, and changes nothing', async () => {
    const store = await scene.open();
    const key = scene.key();
    expect(await store.release(key, store.token())).toBe('gone');
    await store.queue(key, 2);
    const before = await store.lasting(key);
    expect(await store.release(key, store.token())).toBe('gone');
    expect(await store.lasting(key)).toEqual(before);
  });

  it('never touches the lease of whoever came after an expired one', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.acquire(key, next, LONG);
    await store.join(key, store.token());
    const before = await store.lasting(key);
    expect(await store.release(key, holder)).toBe('gone');
    expect(await store.lasting(key)).toEqual(before);
  });

  it('answers released again while the token is the last on record', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    const before = await store.lasting(key);
    expect(await store.release(key, holder)).toBe('released');
    expect(await store.lasting(key)).toEqual(before);
  });
}
