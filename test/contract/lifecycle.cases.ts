/** Start and stop, and what a store says of itself. */
import { expect, it } from '@jest/globals';
import { LockUnavailableError } from '../../lib/lock.errors.js';
import type { LockStore } from '../../lib/stores/lock-store.js';
import { GrantLog } from './grant-log.js';
import { LONG, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

const REQUEST = { key: 'contract of a stopped store', token: 'any', kind: 'exclusive', ttl: LONG, wait: true } as const;

const EVERY_REQUEST: readonly (readonly [string, (store: LockStore) => Promise<unknown>])[] = [
  ['acquire', (store) => store.acquire([REQUEST])],
  ['touch', (store) => store.touch([REQUEST])],
  ['release', (store) => store.release([REQUEST])],
  ['inspect', (store) => store.inspect([REQUEST.key])],
];

export function lifecycleCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('has a name', async () => {
    expect((await scene.open()).store.name).toMatch(/^[a-z]+$/);
  });

  it('has a process id of its own that can begin a token', async () => {
    const [one, other] = [await scene.open(), await scene.open()];
    for (const { store } of [one, other]) expect(store.processId).toMatch(/^[A-Za-z0-9_-]{11}$/);
    expect(one.store.processId).not.toBe(other.store.processId);
  });

  it.each(EVERY_REQUEST)('rejects after stop, and does not throw: %s', async (_, request) => {
    const { store } = await scene.open();
    await store.stop();
    const answer = request(store);
    await expect(answer).rejects.toBeInstanceOf(LockUnavailableError);
    await expect(answer).rejects.toMatchObject({
      code: 'LOCK_UNAVAILABLE',
      message: expect.stringMatching(/\w{3}.*\./),
    });
  });

  it('can be stopped twice', async () => {
    const { store } = await scene.open();
    await store.stop();
    await expect(store.stop()).resolves.toBeUndefined();
  });

  it('accepts a listener at any time', async () => {
    const { store } = await scene.open();
    store.listen(null);
    await store.stop();
    expect(() => store.listen(new GrantLog())).not.toThrow();
  });
}
