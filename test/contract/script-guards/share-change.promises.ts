/** What releases and conversions of shared keys are guarded for. */
import { expect } from '@jest/globals';
import { atMost, EXCLUSIVE, fenceOf, LONG, READ } from '../../../lib/testing/contract/driver.js';
import { BRIEF, expire, pass, SHORT } from './promises.js';
import type { Promised } from './promises.js';

export const SHARE_CHANGE_PROMISES = {
  'a share that was given back is gone for good': async ({ key, open }) => {
    const store = open();
    const [first, second] = await store.enter(key, READ, READ);
    expect(await store.release(key, first!.token)).toBe('released');
    expect(await store.release(key, first!.token)).toBe('gone');
    expect(await store.acquire(key, first!.token, LONG, READ)).toEqual({ state: 'gone' });
    await store.release(key, second!.token);
    expect(await store.release(key, second!.token)).toBe('released');
    for (const { token } of [first!, second!]) {
      expect(await store.acquire(key, token, LONG, READ)).toEqual({ state: 'gone' });
      expect(await store.acquire(key, token)).toEqual({ state: 'gone' });
    }
  },
  'nobody but its owner gives a share back': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, READ);
    expect(await store.release(key, store.token())).toBe('gone');
    expect(await store.holding(key)).toEqual([first!.token]);
  },
  'a writer that readers wait for is gone for good': async ({ key, open }) => {
    const store = open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    await store.line(key, READ);
    await store.release(key, writer!.token);
    expect(await store.join(key, writer!.token)).toEqual({ state: 'gone' });
  },
  'a successor comes in beside others, or joins the queue': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, atMost(2), atMost(2));
    const successor = store.token();
    const passed = await store.pass(key, first!.token, first!.fence, successor, LONG, atMost(2));
    expect(passed).toMatchObject({ state: 'released', successor: { state: 'held' } });
    expect(await store.pass(key, first!.token, first!.fence, successor, LONG, atMost(2))).toMatchObject({
      state: 'released',
      successor: passed.successor,
    });
    const writer = store.token();
    const { fence, token } = { fence: fenceOf(passed.successor!), token: successor };
    expect(await store.pass(key, token, fence, writer)).toMatchObject({ successor: { state: 'waiting' } });
    expect(await store.pass(key, token, fence, writer)).toMatchObject({ successor: { state: 'waiting' } });
    expect((await store.inspect(key)).waiting).toEqual([writer]);
  },
  'a successor stands behind the queue': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, READ, READ);
    const [writer] = await store.line(key, EXCLUSIVE);
    const successor = store.token();
    const passed = await store.pass(key, first!.token, first!.fence, successor, LONG, READ);
    expect(passed).toMatchObject({ successor: { state: 'waiting' } });
    expect((await store.inspect(key)).waiting).toEqual([writer, successor]);
  },
  'a smaller limit has a new fencing token': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, READ, READ);
    const fence = fenceOf(await store.convert(key, first!.token, atMost(5)));
    expect(fence).toBeGreaterThan(first!.fence);
    expect(fenceOf(await store.convert(key, first!.token, atMost(5, 2)))).toBe(fence);
    await store.enter(key, READ, READ);
    expect(await store.acquire(key, store.token(), LONG, READ)).toMatchObject({ state: 'busy' });
    expect(fenceOf(await store.convert(key, first!.token, READ))).toBe(fence);
    await store.enter(key, READ, READ);
  },
  'a holder is not in the way of its own conversion': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, atMost(2), READ);
    expect(await store.convert(key, first!.token, atMost(4, 3))).toMatchObject({ state: 'held' });
  },
  'others are in the way of a conversion': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, READ, atMost(3, 2));
    expect(await store.convert(key, first!.token, EXCLUSIVE)).toMatchObject({ state: 'busy' });
    expect(await store.convert(key, first!.token, atMost(9, 2))).toMatchObject({ state: 'busy' });
    expect((await store.inspect(key)).holders).toMatchObject([READ, atMost(3, 2)]);
  },
  'an upgraded lease is like that of a writer': async ({ key, open }) => {
    const store = open();
    const [reader] = await store.enter(key, READ);
    const waiting = await store.line(key, EXCLUSIVE, READ);
    await store.convert(key, reader!.token, EXCLUSIVE, { ttl: SHORT });
    await expire();
    expect(await store.touch(key, reader!.token)).toMatchObject({ state: 'held' });
    await store.release(key, reader!.token);
    await store.release(key, waiting[0]!);
    expect((await store.inspect(key)).holders).toMatchObject([READ]);
  },
  'a conversion counts its ttl from then on': async ({ key, open }) => {
    const store = open();
    const [first, second] = [store.token(), store.token()];
    await store.acquire(key, first, BRIEF, READ);
    await store.acquire(key, second, BRIEF, READ);
    expect(await store.convert(key, first, EXCLUSIVE)).toMatchObject({ state: 'busy' });
    expect(await store.convert(key, second, READ)).toMatchObject({ state: 'held' });
    await pass(BRIEF);
    expect(await store.holding(key)).toEqual([first, second]);
    const writer = store.token();
    await store.acquire(`${key} writer`, writer, SHORT);
    expect(await store.convert(`${key} writer`, writer, EXCLUSIVE)).toMatchObject({ state: 'held' });
    await expire();
    expect(await store.holding(`${key} writer`)).toEqual([writer]);
  },
  'nobody but a holder is converted': async ({ key, open }) => {
    const store = open();
    await store.enter(key, READ);
    expect(await store.convert(key, store.token(), atMost(5))).toEqual({ state: 'gone' });
  },
  'only one waits to be converted': async ({ key, open }) => {
    const store = open();
    const [first, second] = await store.enter(key, atMost(5), atMost(5));
    expect(await store.convert(key, first!.token, EXCLUSIVE, { wait: true })).toMatchObject({ state: 'waiting' });
    expect(await store.convert(key, second!.token, EXCLUSIVE, { wait: true })).toMatchObject({ state: 'busy' });
    expect(await store.convert(key, second!.token, atMost(5, 2))).toMatchObject({ state: 'busy' });
    expect(await store.convert(key, second!.token, atMost(5))).toMatchObject({ state: 'held' });
    // Withdrawn.
    expect(await store.convert(key, first!.token, atMost(5))).toMatchObject({ state: 'held' });
    expect(await store.convert(key, second!.token, EXCLUSIVE, { wait: true })).toMatchObject({ state: 'waiting' });
  },
  'one that does not want to wait wishes nothing': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, READ, READ);
    expect(await store.convert(key, first!.token, EXCLUSIVE)).toMatchObject({ state: 'busy' });
    await store.enter(key, READ);
  },
  'a wish ends with its lease': async ({ key, open }) => {
    const store = open();
    const [first] = await store.enter(key, READ, READ);
    await store.convert(key, first!.token, EXCLUSIVE, { wait: true });
    await store.release(key, first!.token);
    await store.enter(key, READ);
  },
  'a downgrade lets in the readers that wait': async ({ key, open }) => {
    const store = open();
    const [writer] = await store.enter(key, EXCLUSIVE);
    await store.line(key, READ);
    await store.convert(key, writer!.token, READ);
    expect((await store.inspect(key)).holders).toHaveLength(2);
    const [heavy] = await store.enter(`${key} permits`, atMost(3, 3));
    await store.line(`${key} permits`, atMost(3));
    await store.convert(`${key} permits`, heavy!.token, atMost(3, 2));
    expect((await store.inspect(`${key} permits`)).holders).toHaveLength(2);
  },
} satisfies Record<string, Promised>;
