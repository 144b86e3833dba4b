/** What the rule, the leases and the fencing tokens of shared keys are guarded for. */
import { expect } from '@jest/globals';
import { SHARED_FENCE_BLOCK } from '../../../lib/stores/protocol.js';
import { atMost, EXCLUSIVE, fenceOf, LONG, READ } from '../../../lib/testing/contract/driver.js';
import type { Driver } from '../../../lib/testing/contract/driver.js';
import { BRIEF, expire, pass, SHORT } from './promises.js';
import type { Promised, Stage } from './promises.js';

const AHEAD = 3_600_000_000;

/** Sets the fencing token on record far ahead of the clock, so that only the record can make the next one greater. */
async function ahead({ key, intact }: Stage): Promise<number> {
  const store = intact();
  const first = store.token();
  const fence = fenceOf(await store.acquire(key, first));
  await store.release(key, first, fence + AHEAD);
  return fence + AHEAD;
}

/** A holder whose lease ends while the other's goes on. */
async function oneLapses(store: Driver, key: string, share = READ): Promise<{ lapsed: string; alive: string }> {
  const [lapsed, alive] = [store.token(), store.token()];
  await store.acquire(key, alive, LONG, share);
  await store.acquire(key, lapsed, SHORT, share);
  await expire();
  return { lapsed, alive };
}

export const SHARE_LEASE_PROMISES = {
  'callers that disagree get the smaller limit': async ({ key, open }) => {
    const store = open();
    await store.enter(`${key} wide`, atMost(2), READ);
    expect(await store.acquire(`${key} wide`, store.token(), LONG, READ)).toMatchObject({ state: 'busy' });
    await store.enter(`${key} narrow`, READ, READ);
    expect(await store.acquire(`${key} narrow`, store.token(), LONG, atMost(2))).toMatchObject({ state: 'busy' });
  },
  'weights count': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, atMost(5, 3));
    expect(await store.acquire(key, store.token(), LONG, atMost(5, 3))).toMatchObject({ state: 'busy' });
    await store.enter(key, atMost(5, 2));
    await store.release(key, first!.token);
    await store.enter(key, atMost(5, 3));
  },
  'a live writer keeps readers out': async ({ key, open }) => {
    const store = open();
    await store.enter(key, EXCLUSIVE);
    expect(await store.acquire(key, store.token(), LONG, READ)).toMatchObject({ state: 'busy' });
  },
  'a lease is extended though a caller waits': async ({ key, open }) => {
    const store = open();
    const reader = store.token();
    await store.acquire(key, reader, BRIEF, READ);
    await store.line(key, EXCLUSIVE);
    await store.touch(key, reader, LONG);
    await pass(BRIEF);
    expect(await store.holding(key)).toEqual([reader]);
  },
  'a touch takes out those whose leases have ended': async ({ key, open, redis, record }) => {
    const store = open();
    const { alive } = await oneLapses(store, key);
    await store.touch(key, alive);
    expect(await redis.zcard(`${record(key)}:ends`)).toBe(1);
  },
  'an expired share is not revived': async ({ key, open }) => {
    const store = open();
    const { lapsed } = await oneLapses(store, key);
    expect(await store.touch(key, lapsed)).toEqual({ state: 'gone' });
  },
  'an expired share counts no more': async ({ key, open, redis, record }) => {
    const store = open();
    const { alive } = await oneLapses(store, key, atMost(2));
    await store.enter(key, atMost(2));
    await store.release(key, alive);
    await store.enter(key, atMost(2));
    expect(await redis.hlen(`${record(key)}:shares`)).toBe(3);
    expect(await redis.zcard(`${record(key)}:limits`)).toBe(2);
  },
  'shares that have all expired leave the key free': async ({ key, open }) => {
    const store = open();
    const [long] = await store.enter(key, READ);
    const readers = Array.from({ length: 150 }, () => ({
      key,
      token: store.token(),
      ...READ,
      ttl: BRIEF,
      wait: false,
    }));
    expect((await store.store.acquire(readers)).map(({ state }) => state)).toEqual(readers.map(() => 'held'));
    await store.release(key, long!.token);
    await pass(BRIEF);
    expect(await store.acquire(key, store.token())).toMatchObject({ state: 'held' });
  },
  'the limit of one that left counts no more': async ({ key, open }) => {
    const store = open();
    const [narrow] = await store.enter(key, atMost(2), READ);
    await store.release(key, narrow!.token);
    await store.enter(key, READ, READ);
  },
  'each of several holders has a block of its own': async (stage) => {
    const { key } = stage;
    const past = await ahead(stage);
    const store = stage.open();
    const [first, second, third] = await store.enter(key, READ, READ, READ);
    expect(first!.fence).toBeGreaterThan(past);
    expect(second!.fence).toBeGreaterThanOrEqual(first!.fence + SHARED_FENCE_BLOCK);
    expect(third!.fence).toBeGreaterThanOrEqual(second!.fence + SHARED_FENCE_BLOCK);
  },
  'each that comes in together has a block of its own': async (stage) => {
    const { key } = stage;
    await ahead(stage);
    const store = stage.open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    await store.line(key, READ, READ);
    await store.release(key, writer!.token);
    const [first, second] = (await store.inspect(key)).holders;
    expect(second!.fencingToken).toBeGreaterThanOrEqual(first!.fencingToken + SHARED_FENCE_BLOCK);
  },
  'the block of the last to leave is used up': async (stage) => {
    const { key } = stage;
    await ahead(stage);
    const store = stage.open();
    const [reader] = await store.enter(key, READ);
    await store.release(key, reader!.token);
    const [next] = await store.enter(key, EXCLUSIVE);
    expect(next!.fence).toBeGreaterThanOrEqual(reader!.fence + SHARED_FENCE_BLOCK);
  },
  'fencing tokens grow over what was used among many': async (stage) => {
    const { key } = stage;
    await ahead(stage);
    const store = stage.open();
    const [first] = await store.enter(key, READ, READ);
    await store.release(key, first!.token, first!.fence + 1_000);
    expect((await store.enter(key, READ))[0]!.fence).toBeGreaterThan(first!.fence + 1_000);
  },
  'fencing tokens grow over what was used before a downgrade': async (stage) => {
    const { key } = stage;
    await ahead(stage);
    const store = stage.open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const fencingToken = writer!.fence + 900;
    expect(await store.convert(key, writer!.token, READ, { fencingToken })).toMatchObject({
      fencingToken: writer!.fence,
    });
    expect((await store.enter(key, READ))[0]!.fence).toBeGreaterThan(fencingToken);
  },
  'fencing tokens grow over what a writer used whom readers follow': async (stage) => {
    const { key } = stage;
    await ahead(stage);
    const store = stage.open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    const [reader] = await store.line(key, READ);
    await store.release(key, writer!.token, writer!.fence + 900);
    expect(fenceOf(await store.touch(key, reader!))).toBeGreaterThan(writer!.fence + 900);
  },
} satisfies Record<string, Promised>;
