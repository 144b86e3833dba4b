/** Start and stop, and whether a store can serve. */
import { rejects } from 'node:assert/strict';
import type { LockStore } from '../../../stores/lock-store.js';
import type { Cases } from '../cases.js';
import { EXCLUSIVE, LONG } from '../driver.js';
import { GrantLog } from '../grant-log.js';

const REQUEST = {
  key: 'contract of a stopped store',
  token: 'any',
  ...EXCLUSIVE,
  ttl: LONG,
  wait: true,
} as const;

const EVERY_REQUEST: Readonly<Record<string, (store: LockStore) => Promise<unknown>>> = {
  acquire: (store) => store.acquire([REQUEST]),
  touch: (store) => store.touch([REQUEST]),
  release: (store) => store.release([REQUEST]),
  inspect: (store) => store.inspect([REQUEST.key]),
  ping: (store) => store.ping(),
};

export function lifecycleCases({ it }: Cases): void {
  it('answers a ping', async (scene) => {
    const { store } = await scene.open();
    await store.ping();
  });

  for (const [name, request] of Object.entries(EVERY_REQUEST))
    it(`rejects after stop, and does not throw: ${name}`, async (scene) => {
      const { store } = await scene.open();
      await store.stop();
      await rejects(request(store), Error);
    });

  it('can be stopped twice', async (scene) => {
    const { store } = await scene.open();
    await store.stop();
    await store.stop();
  });

  it('accepts a listener at any time', async (scene) => {
    const driver = await scene.open();
    driver.listen(null);
    await driver.store.stop();
    driver.listen(new GrantLog());
  });
}
