/** Listing: which keys are held or waited for. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { KeySummary } from '../../../stores/lock-store.js';
import { isWithin, like } from '../assertions.js';
import type { Cases } from '../cases.js';
import { atMost, LONG, READ, SHORT } from '../driver.js';
import type { Driver } from '../driver.js';
import { PLACE_LIFE } from '../scene.js';

/** What a store lists, by key. */
async function listed({ store }: Driver, match = '*'): Promise<Map<string, KeySummary>> {
  if (!store.list) throw new Error('Expected a method `list`, found none.');
  const found = new Map<string, KeySummary>();
  for await (const piece of store.list(match)) {
    for (const each of piece) {
      equal(found.has(each.key), false, `The key ${JSON.stringify(each.key)} was listed twice.`);
      found.set(each.key, each);
    }
  }
  return found;
}

export function listingCases({ it }: Cases): void {
  it('tells the holder of a key, the rest of its lease and the length of the queue', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 2);
    const found = (await listed(store)).get(key)!;
    const share = { token: holder, fencingToken: fence, limit: 1, weight: 1 };
    like(found, { key, holderCount: 1, holder: share, waitingCount: 2 });
    isWithin(found.holder!.expiresIn, LONG);
  });

  it('shows what other processes hold', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    await (await scene.open()).queue(key, 0);
    ok((await listed(store)).has(key));
  });

  it('leaves out what was released, what has ended and what was never locked', async (scene) => {
    const store = await scene.open();
    const [released, ended] = [scene.key(), scene.key()];
    const { holder } = await store.queue(released, 0);
    await store.release(released, holder);
    await store.queue(ended, 0, SHORT);
    await store.inspect(scene.key());
    await scene.expire();
    deepEqual([...(await listed(store)).keys()], []);
  });

  it('shows a key that is only waited for', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    await store.queue(key, 2, SHORT);
    await scene.expire();
    like((await listed(store)).get(key), { holderCount: 0, holder: null, waitingCount: 2 });
  });

  it('leaves out a key whose waiters have died', async (scene) => {
    const store = await scene.open({ placeLife: SHORT });
    await store.queue(scene.key(), 2, SHORT);
    await scene.expire();
    deepEqual([...(await listed(store)).keys()], []);
  });

  it('counts no waiter that has died, where others live', async (scene) => {
    const store = await scene.open({ placeLife: PLACE_LIFE });
    const key = scene.key();
    const { waiting } = await store.queue(key, 2);
    await scene.outlivePlaces(async () => void (await store.touch(key, waiting[1]!)));
    like((await listed(store)).get(key), { holderCount: 1, waitingCount: 1 });
  });

  it('leaves out a key that was given back when all had left its queue', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, waiting } = await store.queue(key, 1);
    for (const token of [waiting[0]!, holder]) await store.release(key, token);
    deepEqual([...(await listed(store)).keys()], []);
  });

  it('changes nothing: no waiter is let in', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const { holder, fence } = await store.queue(key, 1, SHORT);
    await scene.expire();
    await listed(store);
    like(await store.touch(key, holder), { state: 'held', fencingToken: fence });
  });

  it('finds keys of every shape, once each', async (scene) => {
    const store = await scene.open();
    const keys = [
      '}',
      '}a',
      '%7D',
      '%7Da',
      '%',
      '{',
      'a}',
      '{a}',
      'a}:line',
      ':line',
      'ä*',
      '😀',
      '[a]',
      '\\',
      'a b\n',
    ];
    for (const key of keys) await store.acquire(key, store.token());
    deepEqual([...(await listed(store)).keys()].sort(), [...keys].sort());
  });

  it('finds what a pattern matches, and nothing else', async (scene) => {
    const store = await scene.open();
    for (const key of ['order:1', 'order:2', 'order:10', 'bill:1', '}x', '%7Dy', 'äx', '*', '[a'])
      await store.acquire(key, store.token());
    const patterns: Readonly<Record<string, readonly string[]>> = {
      'order:*': ['order:1', 'order:10', 'order:2'],
      'order:?': ['order:1', 'order:2'],
      'order:[2-9]': ['order:2'],
      'order:[^2]': ['order:1'],
      '*:1': ['bill:1', 'order:1'],
      'order:1': ['order:1'],
      '?x': ['}x', 'äx'],
      '}*': ['}x'],
      '\\}x': ['}x'],
      '%*': ['%7Dy'],
      '*7D*': ['%7Dy'],
      '\\*': ['*'],
      '\\[a': ['[a'],
      'Order:*': [],
      '': [],
    };
    for (const [pattern, keys] of Object.entries(patterns)) {
      deepEqual([...(await listed(store, pattern)).keys()].sort(), [...keys].sort(), `pattern ${pattern}`);
    }
  });

  it('finds many keys, in pieces', async (scene) => {
    const store = await scene.open();
    const keys = Array.from({ length: 700 }, (_, i) => `many:${i}`);
    const requests = keys.map((key) => ({ key, token: store.token(), limit: 1, weight: 1, ttl: LONG, wait: false }));
    await store.store.acquire(requests);
    equal((await listed(store)).size, keys.length);
    for await (const piece of store.store.list!('*')) {
      ok(piece.length < keys.length, `Expected pieces, got ${piece.length} keys at once.`);
      break;
    }
  });
}

export function shareListingCases({ it }: Cases): void {
  it('tells the limit and the weight of a share', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const [{ token, fence }] = (await store.enter(key, atMost(5, 2))) as [{ token: string; fence: number }];
    like((await listed(store)).get(key)!.holder, { token, fencingToken: fence, limit: 5, weight: 2 });
  });

  it('counts the holders that share a key, without those whose leases have ended', async (scene) => {
    const store = await scene.open();
    const key = scene.key();
    const holders = await store.enter(key, READ, READ, READ);
    await store.touch(key, holders[0]!.token, SHORT);
    await scene.expire();
    const { holder, ...rest } = (await listed(store)).get(key)!;
    like(rest, { key, holderCount: 2, waitingCount: 0 });
    const known = holders.slice(1).map(({ token, fence }) => ({ token, fencingToken: fence }));
    like(
      known.filter(({ token }) => token === holder?.token).map((each) => ({ ...each, limit: Infinity, weight: 1 })),
      [holder && { token: holder.token, fencingToken: holder.fencingToken, limit: Infinity, weight: 1 }],
    );
  });
}
