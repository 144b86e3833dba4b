/** The line: how places are kept and lost, and who comes in when a lease ends without a release. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, fenceOf, inLine, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

/** A place in line long enough that a waiter who gives a sign every tenth of it never loses it. */
const PLACE_LIFE = 2_000;

export function lineCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it.each([
    ['touch', true],
    ['acquire', true],
    ['acquire', false],
  ] as const)(
    'keeps the place of a waiter that gives signs, and drops those that do not (%s, wait: %s)',
    async (by, wait) => {
      const store = await scene.open({ placeLife: PLACE_LIFE });
      const key = scene.key();
      const { holder, waiting } = await store.queue(key, 3);
      const alive = waiting[1]!;
      for (let passed = 0; passed < PLACE_LIFE * 1.2; passed += PLACE_LIFE / 10) {
        await scene.advance(PLACE_LIFE / 10);
        const sign =
          by === 'touch' ? store.touch(key, alive) : wait ? store.join(key, alive) : store.acquire(key, alive);
        expect(await sign).toMatchObject({ state: 'waiting' });
      }
      expect(await store.inspect(key)).toMatchObject({ holder: { token: holder }, waiting: [alive] });
      await store.release(key, holder);
      expect(await store.inspect(key)).toMatchObject({ holder: { token: alive }, waiting: [] });
    },
  );

  it('takes the place of a waiter that falls silent', async () => {
    const store = await scene.open({ placeLife: SHORT });
    const key = scene.key();
    const { waiting } = await store.queue(key, 1);
    await scene.expire();
    expect((await store.inspect(key)).waiting).toEqual([]);
    expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'gone' });
  });

  it('does not move a waiter that asks again', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 3);
    for (const token of [waiting[2]!, waiting[0]!]) {
      expect(await store.join(key, token)).toMatchObject({ state: 'waiting' });
      expect(await store.touch(key, token)).toMatchObject({ state: 'waiting' });
    }
    expect((await store.inspect(key)).waiting).toEqual(waiting);
  });

  it('still counts a waiter as waiting that asks again without wanting to wait', async () => {
    const store = await scene.open();
    const key = scene.key();
    const { waiting } = await store.queue(key, 2);
    expect(await store.acquire(key, waiting[0]!)).toEqual(inLine());
    expect((await store.inspect(key)).waiting).toEqual(waiting);
  });

  it.each(['acquire', 'join'] as const)('gives the lease to the first in line that asks again (%s)', async (method) => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    expect(fenceOf(await store[method](key, waiting[0]!, LONG))).toBeGreaterThan(fence);
    await scene.expire();
    expect(await store.inspect(key)).toMatchObject({ holder: { token: waiting[0] }, waiting: [waiting[1]] });
  });

  it('lets no newcomer overtake the line when a lease expires', async () => {
    const store = await scene.open();
    const [key, hasty, patient] = [scene.key(), store.token(), store.token()];
    const { fence, waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    expect(await store.acquire(key, hasty)).toMatchObject({ state: 'busy' });
    expect(await store.join(key, patient)).toMatchObject({ state: 'waiting' });
    const state = await store.inspect(key);
    expect(state).toMatchObject({ holder: { token: waiting[0] }, waiting: [waiting[1], patient] });
    expect(state.holder!.fencingToken).toBeGreaterThan(fence);
  });

  it('tells a newcomer that had to let the line go first when that claim ends', async () => {
    const store = await scene.open({ claimWindow: 5_000 });
    const key = scene.key();
    await store.queue(key, 1, SHORT);
    await scene.expire();
    const { state, expiresIn } = (await store.acquire(key, store.token())) as { state: string; expiresIn: number };
    expect(state).toBe('busy');
    expect(expiresIn).toBeGreaterThan(0);
    expect(expiresIn).toBeLessThanOrEqual(5_000);
  });

  it('gives the key to a newcomer when all in line fell silent', async () => {
    const store = await scene.open({ placeLife: SHORT });
    const [key, newcomer] = [scene.key(), store.token()];
    await store.queue(key, 3, SHORT);
    await scene.expire();
    expect(await store.acquire(key, newcomer)).toMatchObject({ state: 'held' });
    expect(await store.inspect(key)).toMatchObject({ holder: { token: newcomer }, waiting: [] });
  });

  it.each(['touch', 'acquire', 'join'] as const)(
    'passes on a grant that nobody claims, by %s of the next',
    async (by) => {
      const store = await scene.open({ claimWindow: SHORT });
      const key = scene.key();
      const { holder, waiting } = await store.queue(key, 2);
      await store.release(key, holder);
      await scene.expire();
      expect((await store.inspect(key)).holder).toBeNull();
      expect(await store[by](key, waiting[1]!)).toMatchObject({ state: 'held' });
      expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'gone' });
    },
  );

  it('passes on a grant that nobody claims when a newcomer asks', async () => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    await scene.expire();
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'busy' });
    expect(await store.touch(key, waiting[1]!)).toMatchObject({ state: 'held' });
  });

  it('accepts a late claim while nobody was granted the key since', async () => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    const granted = (await store.inspect(key)).lastFencingToken;
    await scene.expire();
    expect(await store.touch(key, waiting[0]!)).toEqual({ state: 'held', fencingToken: granted });
    expect(await store.touch(key, waiting[1]!)).toMatchObject({ state: 'waiting' });
  });

  it('needs one claim window for each waiter that falls silent after it was granted the key', async () => {
    const store = await scene.open({ claimWindow: SHORT });
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 3);
    await store.release(key, holder);
    await scene.expire();
    expect(await store.touch(key, waiting[2]!)).toMatchObject({ state: 'waiting' });
    await scene.expire();
    expect(await store.touch(key, waiting[2]!)).toMatchObject({ state: 'held' });
  });
}
