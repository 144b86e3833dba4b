/** Acquire: who gets the lease, and what everybody else is told. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, clockOf, fenceOf, inLine, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

export function acquireCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('gives a free key to the first who asks', async () => {
    const store = await scene.open();
    const [key, token] = [scene.key(), store.token()];
    const fencingToken = fenceOf(await store.join(key, token));
    expect((await store.inspect(key)).holder).toMatchObject({ token, fencingToken });
  });

  it('answers busy to a second who does not want to wait, and keeps no trace of it', async () => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 0);
    const before = await store.lasting(key);
    expect(await store.acquire(key, store.token())).toEqual(inLine('busy'));
    expect(await store.lasting(key)).toEqual(before);
  });

  it('gives a second who waits a place in line', async () => {
    const store = await scene.open();
    const [key, waiter] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0);
    expect(await store.join(key, waiter)).toEqual(inLine());
    expect(await store.inspect(key)).toMatchObject({ holder: { token: holder }, waiting: [waiter] });
  });

  it.each(['acquire', 'join'] as const)(
    'tells in whole milliseconds when the present lease ends (%s)',
    async (method) => {
      const store = await scene.open();
      const key = scene.key();
      await store.queue(key, 0, LONG);
      const { expiresIn } = (await store[method](key, store.token())) as { expiresIn: number };
      expect(Number.isInteger(expiresIn)).toBe(true);
      expect(expiresIn).toBeGreaterThan(0);
      expect(expiresIn).toBeLessThanOrEqual(LONG);
    },
  );

  it('tells its clock, in whole microseconds, with what it says of the present lease', async () => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 1);
    const waiter = store.token();
    const asks = [store.acquire, store.join, store.touch];
    const clocks: number[] = [];
    for (const ask of asks) {
      clocks.push(clockOf(await ask.call(store, key, waiter)));
      await scene.advance(10);
    }
    expect(clocks.every(Number.isSafeInteger)).toBe(true);
    // The timers of this process and the clock of the store are two clocks.
    expect(clocks[1]! - clocks[0]!).toBeGreaterThanOrEqual(5_000);
    expect(clocks[2]! - clocks[1]!).toBeGreaterThanOrEqual(5_000);
    expect(Math.abs(clocks[2]! / 1_000 - Date.now())).toBeLessThan(LONG);
  });

  it('excludes other processes', async () => {
    const store = await scene.open();
    const peer = await scene.peerOf(store);
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    expect(await peer.acquire(key, peer.token())).toMatchObject({ state: 'busy' });
    expect((await peer.inspect(key)).holder).toMatchObject({ token: holder });
  });

  it('gives the same grant again to its holder', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 1);
    expect(await store.acquire(key, holder)).toEqual({ state: 'held', fencingToken: fence });
    expect(await store.join(key, holder)).toEqual({ state: 'held', fencingToken: fence });
  });

  it('counts the full ttl from the last acquire of the holder', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0, SHORT);
    await store.acquire(key, holder, LONG);
    await scene.expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });

    await store.acquire(key, holder, SHORT);
    await scene.expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  });

  it('gives an expired lease to the next who asks', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    const nextFence = fenceOf(await store.acquire(key, next));
    expect(nextFence).toBeGreaterThan(fence);
    expect((await store.inspect(key)).holder).toMatchObject({ token: next, fencingToken: nextFence });
  });

  it('gives an expired lease back to its holder while nobody was granted the key since', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    expect(await store.acquire(key, holder)).toEqual({ state: 'held', fencingToken: fence });
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });
  });

  it('treats the holder of an expired lease as anybody else once another was granted the key', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.acquire(key, next);
    expect(await store.acquire(key, holder)).toMatchObject({ state: 'busy' });
    expect((await store.inspect(key)).holder).toMatchObject({ token: next });
  });

  it.each(['acquire', 'join'] as const)('answers gone to a token that was released (%s)', async (method) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(await store[method](key, holder)).toEqual({ state: 'gone' });
    expect(await store.inspect(key)).toMatchObject({ holder: null, waiting: [] });
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  });

  it('keeps keys apart', async () => {
    const store = await scene.open();
    const token = store.token();
    const [one, other] = [scene.key(), scene.key()];
    expect(await store.acquire(one, token)).toMatchObject({ state: 'held' });
    expect(await store.acquire(other, store.token())).toMatchObject({ state: 'held' });
    expect(await store.touch(other, token)).toEqual({ state: 'gone' });
    expect(await store.release(other, token)).toBe('gone');
    expect((await store.inspect(one)).holder).toMatchObject({ token });
  });

  it('grants a key that everybody wants at once to exactly one', async () => {
    const store = await scene.open();
    const peer = await scene.peerOf(store);
    const key = scene.key();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? store : peer)).map((each) => each.acquire(key, each.token())),
    );
    expect(answers.filter(({ state }) => state === 'held')).toHaveLength(1);
    expect(answers.filter(({ state }) => state === 'busy')).toHaveLength(39);
  });
}
