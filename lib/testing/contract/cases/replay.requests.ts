/** The requests that the replay cases send again: each prepared on a store and a key, or finished before. */
import { SHORT } from '../driver.js';
import type { Driver } from '../driver.js';
import type { Scene } from '../scene.js';
import type { Prepare } from './replay.twice.js';

/** The second answer is the first once more. */
export const SAME_ANSWER: Readonly<Record<string, Prepare>> = {
  'an acquire that is granted': async (store, key) => {
    const token = store.token();
    return () => store.acquire(key, token);
  },
  'an acquire that is granted after a lease expired': async (store, key, scene) => {
    await store.queue(key, 0, SHORT);
    await scene.expire();
    const token = store.token();
    return () => store.join(key, token);
  },
  'an acquire that waits': async (store, key) => {
    await store.queue(key, 1);
    const token = store.token();
    return () => store.join(key, token);
  },
  'an acquire that finds the key busy': async (store, key) => {
    await store.queue(key, 1);
    const token = store.token();
    return () => store.acquire(key, token);
  },
  'an acquire that lets the queue go first': async (store, key, scene) => {
    await store.queue(key, 2, SHORT);
    await scene.expire();
    const token = store.token();
    return () => store.join(key, token);
  },
  'an acquire of a finished lease': async (store, key) => {
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    return () => store.join(key, holder);
  },
  'a touch of the holder': async (store, key) => {
    const { holder } = await store.queue(key, 1);
    return () => store.touch(key, holder);
  },
  'a touch of a waiter': async (store, key) => {
    const { waiting } = await store.queue(key, 2);
    return () => store.touch(key, waiting[1]!);
  },
  'a touch by which a waiter comes in': async (store, key, scene) => {
    const { waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    return () => store.touch(key, waiting[0]!);
  },
  'a touch by which another waiter comes in': async (store, key, scene) => {
    const { waiting } = await store.queue(key, 2, SHORT);
    await scene.expire();
    return () => store.touch(key, waiting[1]!);
  },
  'a touch of an unknown token': async (store, key) => {
    await store.queue(key, 1);
    const token = store.token();
    return () => store.touch(key, token);
  },
  'a release that frees the key': async (store, key) => {
    const { holder } = await store.queue(key, 0);
    return () => store.release(key, holder);
  },
  'a release of an unknown token': async (store, key) => {
    await store.queue(key, 1);
    const token = store.token();
    return () => store.release(key, token);
  },
};

/** The second answer may say that it was done before, or that there was nothing to do. */
export const RELEASED_OR_GONE: Readonly<Record<string, Prepare>> = {
  'a release that passes the lease on': async (store, key) => {
    const { holder } = await store.queue(key, 2);
    return () => store.release(key, holder);
  },
  'a release of a waiter': async (store, key) => {
    const { waiting } = await store.queue(key, 2);
    return () => store.release(key, waiting[0]!);
  },
  'a release of a grant that was not claimed': async (store, key) => {
    const { holder, waiting } = await store.queue(key, 2);
    await store.release(key, holder);
    return () => store.release(key, waiting[0]!);
  },
};

/** How a holder's lease ended and others came after it; returns the token of the finished lease. */
export const FINISHED: Readonly<Record<string, (store: Driver, key: string, scene: Scene) => Promise<string>>> = {
  'released, then taken by another': async (store, key) => {
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    await store.queue(key, 2);
    return holder;
  },
  'passed on to a waiter': async (store, key) => {
    const { holder } = await store.queue(key, 2);
    await store.release(key, holder);
    return holder;
  },
  'passed on twice': async (store, key) => {
    const { holder, waiting } = await store.queue(key, 3);
    await store.release(key, holder);
    await store.touch(key, waiting[0]!);
    await store.release(key, waiting[0]!);
    return holder;
  },
  'passed on to a successor, and by that one to the next': async (store, key) => {
    const { holder, fence } = await store.queue(key, 0);
    const [second, third] = [store.token(), store.token()];
    await store.pass(key, holder, fence, second);
    await store.pass(key, second, fence + 1, third);
    await store.join(key, store.token());
    return holder;
  },
  'granted by message, and given back': async (store, key) => {
    const { holder, waiting } = await store.queue(key, 3);
    await store.release(key, holder);
    await store.release(key, waiting[0]!);
    return waiting[0]!;
  },
  'given up while it waited': async (store, key) => {
    const { waiting } = await store.queue(key, 3);
    await store.release(key, waiting[1]!);
    return waiting[1]!;
  },
};
