/** Touch: signs of life of holders and of waiters, and what they learn by them. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, fenceOf, inLine, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

export function touchCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('extends the lease of a holder, with the same fencing token', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 0, SHORT);
    expect(await store.touch(key, holder, LONG)).toEqual({ state: 'held', fencingToken: fence });
    await scene.expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });
  });

  it('counts the ttl it was given from now on, shorter ones too', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0, LONG);
    await store.touch(key, holder, SHORT);
    await scene.expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  });

  it('extends an expired lease while nobody was granted the key since, waiters or not', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence, waiting } = await store.queue(key, 1, SHORT);
    await scene.expire();
    expect(await store.touch(key, holder)).toEqual({ state: 'held', fencingToken: fence });
    expect(await store.inspect(key)).toMatchObject({ holder: { token: holder }, waiting });
    expect(await store.touch(key, waiting[0]!)).toMatchObject({ state: 'waiting' });
  });

  it('answers gone to the holder of an expired lease once another was granted the key', async () => {
    const store = await scene.open();
    const [key, next] = [scene.key(), store.token()];
    const { holder } = await store.queue(key, 0, SHORT);
    await scene.expire();
    await store.acquire(key, next);
    const before = await store.lasting(key);
    expect(await store.touch(key, holder)).toEqual({ state: 'gone' });
    expect(await store.lasting(key)).toEqual(before);
  });

  it('tells a waiter when the present lease ends', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 2);
    for (const waiter of waiting) {
      const answer = await store.touch(key, waiter);
      expect(answer).toEqual(inLine());
      const { expiresIn } = answer as { expiresIn: number };
      expect(Number.isInteger(expiresIn)).toBe(true);
      expect(expiresIn).toBeGreaterThan(0);
      expect(expiresIn).toBeLessThanOrEqual(LONG);
    }
    expect((await store.inspect(key)).waiting).toEqual(waiting);
  });

  it('gives an expired lease to the first in line, for the full ttl and with a new fencing token', async () => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    expect(fenceOf(await store.touch(key, waiting[0]!, LONG))).toBeGreaterThan(fence);
    await scene.expire();
    expect(await store.inspect(key)).toMatchObject({ holder: { token: waiting[0] }, waiting: [waiting[1]] });
  });

  it('admits the first in line when it is not the one who touches', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 3, SHORT);
    await scene.expire();
    expect(await store.touch(key, waiting[1]!)).toMatchObject({ state: 'waiting' });
    expect(await store.inspect(key)).toMatchObject({ holder: { token: waiting[0] }, waiting: waiting.slice(1) });
  });

  it('claims a lease that was passed on, for the full ttl and with the fencing token of the grant', async () => {
    const store = await scene.open({ claimWindow: LONG });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    await store.release(key, holder);
    const granted = (await store.inspect(key)).holder!.fencingToken;
    expect(await store.touch(key, waiting[0]!, SHORT)).toEqual({ state: 'held', fencingToken: granted });
    await scene.expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  });

  it('is how a holder learns that it was released', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    expect(await store.touch(key, holder)).toEqual({ state: 'gone' });
    expect((await store.inspect(key)).holder).toBeNull();
  });

  it.each([
    ['a key that nobody ever locked', undefined],
    ['a held key', LONG],
    ['an expired lease', SHORT],
  ])('answers gone to a token it does not know, and adds it nowhere: %s', async (_, ttl) => {
    const store = await scene.open();
    const key = scene.key();
    if (ttl !== undefined) await store.queue(key, 1, ttl);
    await scene.expire();
    const before = await store.lasting(key);
    expect(await store.touch(key, store.token())).toEqual({ state: 'gone' });
    expect(await store.lasting(key)).toEqual(before);
  });
}
