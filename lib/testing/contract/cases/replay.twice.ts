/** How a request that arrives twice is looked at: what it answers, and that the second time changes nothing. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { timeless } from '../assertions.js';
import type { Cases } from '../cases.js';
import type { Driver } from '../driver.js';
import type { Scene } from '../scene.js';

/** Sends the request, as often as it is called. */
type Request = () => Promise<unknown>;
/** Prepares a request for a key. */
export type Prepare = (store: Driver, key: string, scene: Scene) => Promise<Request>;

/** Requests by name: those whose second answer is the first once more, and releases, whose second may be "gone". */
export function twiceInARow(
  { it }: Pick<Cases, 'it'>,
  sameAnswer: Readonly<Record<string, Prepare>>,
  releasedOrGone: Readonly<Record<string, Prepare>>,
): void {
  for (const [name, prepare] of Object.entries(sameAnswer))
    it(`same answer, nothing changes: ${name}`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const request = await prepare(store, key, scene);
      const first = await request();
      const after = await store.lasting(key);
      deepEqual(timeless(await request()), timeless(first));
      deepEqual(await store.lasting(key), after);
    });

  for (const [name, prepare] of Object.entries(releasedOrGone))
    it(`nothing changes: ${name}`, async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const request = await prepare(store, key, scene);
      equal(await request(), 'released');
      const after = await store.lasting(key);
      ok(['released', 'gone'].includes((await request()) as string));
      deepEqual(await store.lasting(key), after);
    });
}
