/** What the guards of fencing tokens are there for. */
import { expect } from '@jest/globals';
import { FENCE_BLOCK } from '../../../lib/stores/protocol.js';
import { fenceOf } from '../../../lib/testing/contract/driver.js';
import { expire, pass, SHORT } from './promises.js';
import type { Promised, Stage } from './promises.js';

const AHEAD = 3_600_000_000;

/** A holder whose fencing token is far ahead of the clock, so that only the record can make the next one greater. */
async function ahead({ key, intact }: Stage): Promise<{ holder: string; fence: number }> {
  const store = intact();
  const [past, holder] = [store.token(), store.token()];
  const first = fenceOf(await store.acquire(key, past));
  await store.release(key, past, first + AHEAD);
  return { holder, fence: fenceOf(await store.acquire(key, holder)) };
}

export const FENCING_PROMISES = {
  'fencing tokens grow after a release': async (stage) => {
    const { key } = stage;
    const store = stage.open();
    const { holder, fence } = await ahead(stage);
    await store.release(key, holder);
    expect(fenceOf(await store.acquire(key, store.token()))).toBeGreaterThan(fence);
  },
  'fencing tokens keep up with the clock': async ({ key, open }) => {
    const store = open();
    const { holder, fence } = await store.queue(key, 0);
    await store.release(key, holder);
    await pass(50);
    expect(fenceOf(await store.acquire(key, store.token()))).toBeGreaterThan(fence + 40_000);
  },
  'fencing tokens grow when the queue is served': async (stage) => {
    const { key } = stage;
    const store = stage.open();
    const [{ holder, fence }, waiter] = [await ahead(stage), store.token()];
    await store.join(key, waiter);
    await store.release(key, holder);
    expect(fenceOf(await store.touch(key, waiter))).toBeGreaterThan(fence);
  },
  'fencing tokens grow over what was used of a lease that is passed on': async (stage) => {
    const { key } = stage;
    const store = stage.open();
    const [{ holder, fence }, successor] = [await ahead(stage), store.token()];
    const { successor: answer } = await store.pass(key, holder, fence + 5, successor);
    expect(fenceOf(answer!)).toBeGreaterThan(fence + 5);
  },
  'fencing tokens grow over what was used of a lease that is given back': async (stage) => {
    const { key } = stage;
    const store = stage.open();
    const { holder, fence } = await ahead(stage);
    await store.release(key, holder, fence + 5);
    expect(fenceOf(await store.acquire(key, store.token()))).toBeGreaterThan(fence + 5);
  },
  "the block of a lease that expired stays its owner's": async (stage) => {
    const { key } = stage;
    const store = stage.open();
    const { holder, fence } = await ahead(stage);
    await store.touch(key, holder, SHORT);
    await expire();
    expect(fenceOf(await store.acquire(key, store.token()))).toBeGreaterThanOrEqual(fence + FENCE_BLOCK);
  },
} satisfies Record<string, Promised>;
