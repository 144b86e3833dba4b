/** A release with a successor: the lease goes to the line, or else to a waiter of the same process, in one step. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, fenceOf, inLine, useScene } from './lock-store.harness.js';
import type { Driver, LockStoreHarnessFactory } from './lock-store.harness.js';

/** How a token may not hold the lease it gives back; returns that token. */
const NOT_HELD: readonly (readonly [string, (store: Driver, key: string) => Promise<string>])[] = [
  ['a token that never asked', async (store) => store.token()],
  [
    'a token that was released, of a key that is free',
    async (store, key) => {
      const { holder } = await store.queue(key, 0);
      await store.release(key, holder);
      return holder;
    },
  ],
  [
    'a token that was released, of a key that another holds',
    async (store, key) => {
      const { holder } = await store.queue(key, 0);
      await store.release(key, holder);
      await store.queue(key, 0);
      return holder;
    },
  ],
  [
    'a token that was released, of a key with a line',
    async (store, key) => {
      const { holder } = await store.queue(key, 2);
      await store.release(key, holder);
      return holder;
    },
  ],
];

export function passCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('gives the lease to the successor when the line is empty, for the ttl it asks for', async () => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    const answer = await store.pass(key, holder, fence, successor, 5_000);
    const { holder: next, waiting } = await store.inspect(key);
    expect(answer).toEqual({ state: 'released', successor: { state: 'held', fencingToken: next!.fencingToken } });
    expect(next!.token).toBe(successor);
    expect(next!.fencingToken).toBeGreaterThan(fence);
    expect(next!.expiresIn).toBeGreaterThan(0);
    expect(next!.expiresIn).toBeLessThanOrEqual(5_000);
    expect(waiting).toEqual([]);
    expect(await store.touch(key, holder)).toEqual({ state: 'gone' });
  });

  it('gives the lease to the line first, and the successor a place at its end', async () => {
    const store = await scene.open({ claimWindow: 5_000 });
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence, waiting } = await store.queue(key, 2);
    const answer = await store.pass(key, holder, fence, successor);
    expect(answer).toEqual({ state: 'released', successor: inLine() });
    expect((answer.successor as { expiresIn: number }).expiresIn).toBe(5_000);
    const state = await store.inspect(key);
    expect(state).toMatchObject({ holder: { token: waiting[0] }, waiting: [waiting[1], successor] });
    expect(state.holder!.fencingToken).toBeGreaterThan(fence);
  });

  it('serves the successor in its turn', async () => {
    const store = await scene.open();
    const [key, successor, later] = [scene.key(), store.token(), store.token()];
    const { holder, fence, waiting } = await store.queue(key, 1);
    await store.pass(key, holder, fence, successor);
    await store.join(key, later);
    await store.release(key, waiting[0]!);
    expect(await store.touch(key, successor)).toMatchObject({ state: 'held' });
    await store.release(key, successor);
    expect(await store.touch(key, later)).toMatchObject({ state: 'held' });
  });

  it('keeps the place of a successor no longer than that of anybody else', async () => {
    const store = await scene.open({ placeLife: SHORT });
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 1);
    await store.pass(key, holder, fence, successor);
    await scene.expire();
    expect(await store.touch(key, successor)).toEqual({ state: 'gone' });
  });

  it('gives the lease to the successor when all in line fell silent', async () => {
    const store = await scene.open({ placeLife: SHORT });
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 3);
    await scene.expire();
    expect(await store.pass(key, holder, fence, successor)).toMatchObject({ successor: { state: 'held' } });
    expect(await store.inspect(key)).toMatchObject({ holder: { token: successor }, waiting: [] });
  });

  it('still passes on an expired lease that nobody was granted since', async () => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0, SHORT);
    await scene.expire();
    expect(await store.pass(key, holder, fence, successor)).toMatchObject({ successor: { state: 'held' } });
    expect((await store.inspect(key)).holder).toMatchObject({ token: successor });
  });

  it.each(NOT_HELD)('does nothing for the successor of %s', async (_, prepare) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const token = await prepare(store, key);
    const before = await store.lasting(key);
    const { state, successor: answer } = await store.pass(key, token, 1, successor);
    expect(['released', 'gone']).toContain(state);
    expect(answer).toEqual({ state: 'gone' });
    expect(await store.lasting(key)).toEqual(before);
  });

  // It cannot have got there but by a request that was sent again behind the end of its lease.
  it('takes a token that only waits out of the line, and does nothing for its successor', async () => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, waiting } = await store.queue(key, 2);
    const answer = await store.pass(key, waiting[0]!, 1, successor);
    expect(answer).toEqual({ state: 'gone', successor: { state: 'gone' } });
    expect(await store.inspect(key)).toMatchObject({ holder: { token: holder }, waiting: [waiting[1]] });
    expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'gone' });
  });

  it.each([
    ['the successor holds', 0],
    ['the successor waits', 2],
  ])('replayed while %s gives the same answer and changes nothing', async (_, waiters) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, waiters);
    const first = await store.pass(key, holder, fence, successor);
    const before = await store.lasting(key);
    const second = await store.pass(key, holder, fence, successor);
    expect(['released', 'gone']).toContain(second.state);
    if (waiters === 0) expect(second.successor).toEqual(first.successor);
    else expect(second.successor).toEqual(inLine());
    expect(await store.lasting(key)).toEqual(before);
  });

  it('replayed counts the ttl of a successor that holds from then on', async () => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    await store.pass(key, holder, fence, successor, SHORT);
    await store.pass(key, holder, fence, successor, LONG);
    await scene.expire();
    expect((await store.inspect(key)).holder).toMatchObject({ token: successor });
  });

  it.each([
    ['held', 0],
    ['waited', 1],
  ])('replayed after the successor %s and was released does not bring it back', async (_, waiters) => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, waiters);
    await store.pass(key, holder, fence, successor);
    expect(await store.release(key, successor)).toBe('released');
    const before = await store.lasting(key);
    expect(await store.pass(key, holder, fence, successor)).toMatchObject({ successor: { state: 'gone' } });
    expect(await store.lasting(key)).toEqual(before);
    expect(await store.touch(key, successor)).toEqual({ state: 'gone' });
  });

  it('is for the successor what its own acquire would have been: asked again it has the same', async () => {
    const store = await scene.open();
    const [key, successor] = [scene.key(), store.token()];
    const { holder, fence } = await store.queue(key, 0);
    const { successor: answer } = await store.pass(key, holder, fence, successor);
    expect(await store.join(key, successor)).toEqual(answer);
    expect(await store.touch(key, successor)).toEqual(answer);
    expect(fenceOf(answer!)).toBeGreaterThan(fence);
  });
}
