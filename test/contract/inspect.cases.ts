/** Inspect: what people see of a key. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

export function inspectCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('knows nothing of a key that nobody locked', async () => {
    const store = await scene.open();
    const key = scene.key();
    expect(await store.inspect(key)).toEqual({ key, holder: null, waiting: [], lastFencingToken: null });
  });

  it('shows the holder, the line in order and the fencing token', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 3);
    expect(await store.inspect(key)).toEqual({
      key,
      holder: { token: holder, fencingToken: fence, expiresIn: expect.any(Number) },
      waiting,
      lastFencingToken: fence,
    });
  });

  it('shows the rest of the lease in whole milliseconds', async () => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 0, LONG);
    const { expiresIn } = (await store.inspect(key)).holder!;
    expect(Number.isInteger(expiresIn)).toBe(true);
    expect(expiresIn).toBeGreaterThan(0);
    expect(expiresIn).toBeLessThanOrEqual(LONG);
  });

  it('shows a key as free after its release, and remembers the fencing token', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(await store.inspect(key)).toEqual({ key, holder: null, waiting: [], lastFencingToken: fence });
  });

  it('shows a key as free after its lease expired, and remembers the fencing token', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    expect(await store.inspect(key)).toEqual({ key, holder: null, waiting: [], lastFencingToken: fence });
  });

  it('admits nobody', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    for (let i = 0; i < 2; i++) {
      expect(await store.inspect(key)).toEqual({ key, holder: null, waiting, lastFencingToken: fence });
    }
    expect(await store.touch(key, holder)).toEqual({ state: 'held', fencingToken: fence });
  });

  it('prolongs neither a lease nor a place in line', async () => {
    const store = await scene.open({ placeLife: SHORT });
    const key = scene.key();
    const { fence } = await store.queue(key, 1, SHORT);
    await store.inspect(key);
    await scene.expire();
    expect(await store.inspect(key)).toEqual({ key, holder: null, waiting: [], lastFencingToken: fence });
  });

  it('shows the same to every process', async () => {
    const store = await scene.open();
    const peer = await scene.peerOf(store);
    const key = scene.key();
    await store.queue(key, 2);
    expect(await peer.lasting(key)).toEqual(await store.lasting(key));
  });
}
