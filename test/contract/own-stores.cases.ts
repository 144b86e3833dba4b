/**
 * What the stores of this package promise beyond the contract: their fencing tokens begin with the clock and leave nothing
 * out, what one process asks for is carried out in the order of asking, and errors say what happened.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { describe, it as test } from '@jest/globals';
import { LockUnavailableError } from '../../lib/lock.errors.js';
import { FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../../lib/stores/protocol.js';
import { like } from '../../lib/testing/contract/assertions.js';
import { casesOf } from '../../lib/testing/contract/cases.js';
import { clockOf, EXCLUSIVE, expiryOf, fenceOf, LONG, READ, SHORT } from '../../lib/testing/contract/driver.js';
import type { LockStoreHarnessFactory } from '../../lib/testing/contract/harness.js';

/** So far ahead of the clock that only what is on record can make the next one greater. */
const AHEAD = 3_600_000_000;

/** Declares the cases for one store. */
export function describeOwnStore(name: string, factory: LockStoreHarnessFactory): void {
  const { it } = casesOf({ describe, it: test }, factory);

  describe(`${name}, beyond the contract`, () => {
    it('tells times in whole milliseconds, and the clock of the wall in whole microseconds', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      await store.queue(key, 0);
      const busy = await store.acquire(key, store.token());
      const { expiresIn } = (await store.inspect(key)).holders[0]!;
      ok([expiresIn, expiryOf(busy), clockOf(busy)].every(Number.isSafeInteger));
      ok(Math.abs(clockOf(busy) / 1_000 - Date.now()) < LONG);
    });

    it('begins fencing tokens with the clock, in microseconds', async (scene) => {
      const store = await scene.open();
      const { fence } = await store.queue(scene.key(), 0);
      ok(Number.isSafeInteger(fence));
      ok(fence > Date.UTC(2020) * 1_000);
    });

    // Counting up from the last one is not enough: a server that restarts, or a replica that takes over, may have lost the
    // last grants and would count from an earlier one. The clock is past all of them.
    it('keeps fencing tokens up with the clock, so that those of grants that a server forgot do not return', async (scene) => {
      const store = await scene.open();
      const [key, next] = [scene.key(), store.token()];
      const { holder, fence } = await store.queue(key, 0);
      await scene.advance(200);
      await store.release(key, holder);
      ok(fenceOf(await store.acquire(key, next)) > fence + 150_000);
    });

    it('gives the very next fencing token where the last one is on record', async (scene) => {
      const store = await scene.open();
      const [key, first, second, third] = [scene.key(), store.token(), store.token(), store.token()];
      const { holder, fence } = await store.queue(key, 0);
      await store.pass(key, holder, fence + AHEAD, first);
      equal((await store.inspect(key)).holders[0]!.fencingToken, fence + AHEAD + 1);
      await store.join(key, second);
      await store.pass(key, first, fence + AHEAD + 1, third);
      equal((await store.inspect(key)).holders[0]!.fencingToken, fence + AHEAD + 2);
      await store.release(key, third);
      await store.release(key, second);
      equal(fenceOf(await store.acquire(key, store.token())), fence + AHEAD + 3);
    });

    for (const next of ['a newcomer', 'a waiter', 'the queue, by a newcomer'])
      it(`skips no more than the block of a lease that ended by itself: ${next}`, async (scene) => {
        const store = await scene.open();
        const [key, holder, waiter] = [scene.key(), store.token(), store.token()];
        const past = await store.queue(key, 0);
        await store.release(key, past.holder, past.fence + AHEAD);
        const fence = fenceOf(await store.acquire(key, holder));
        if (next !== 'a newcomer') await store.join(key, waiter);
        await store.touch(key, holder, SHORT);
        await scene.expire();
        if (next === 'the queue, by a newcomer') await store.join(key, store.token());
        equal(fenceOf(await store.acquire(key, waiter)), fence + FENCE_BLOCK);
      });

    it('gives sharers the very next block each, and the next holder what follows the last one', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const past = await store.queue(key, 0);
      const last = past.fence + AHEAD;
      await store.release(key, past.holder, last);
      const [first, second, third] = await store.enter(key, READ, READ, READ);
      const next = [0, 1, 2, 3].map((each) => last + 1 + each * SHARED_FENCE_BLOCK);
      deepEqual(
        [first, second, third].map((each) => each!.fence),
        next.slice(0, 3),
      );
      await store.release(key, third!.token, third!.fence + 5);
      await store.release(key, first!.token, first!.fence);
      equal((await store.inspect(key)).lastFencingToken, third!.fence);
      await store.touch(key, second!.token, SHORT);
      await scene.expire();
      equal(fenceOf(await store.acquire(key, store.token())), next[3]);
    });

    it('gives an upgrade the block that follows, and a downgrade no new one', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const past = await store.queue(key, 0);
      await store.release(key, past.holder, past.fence + AHEAD);
      const [reader] = await store.enter(key, READ);
      const fence = fenceOf(await store.convert(key, reader!.token, EXCLUSIVE));
      equal(fence, reader!.fence + SHARED_FENCE_BLOCK);
      equal(fenceOf(await store.convert(key, reader!.token, READ, { fencingToken: fence + AHEAD })), fence);
      equal((await store.enter(key, READ))[0]!.fence, fence + AHEAD + 1);
    });

    it('carries out a list behind what was asked for before it', async (scene) => {
      const driver = await scene.open();
      const { store } = driver;
      const key = scene.key();
      const { holder } = await driver.queue(key, 0);
      const ask = (name: string) => ({ ...EXCLUSIVE, key: name, token: driver.token(), ttl: LONG, wait: false });
      const [, , answers] = await Promise.all([
        store.acquire([ask(scene.key())]),
        store.release([{ key, token: holder }]),
        store.acquire([ask(key), ask(scene.key())]),
      ]);
      like(answers, [{ state: 'held' }, { state: 'held' }]);
    });

    it('carries out what is asked in one turn in the order of asking, kinds mixed', async (scene) => {
      const store = await scene.open();
      const key = scene.key();
      const [a, b, c] = [store.token(), store.token(), store.token()];
      const answers = await Promise.all([
        store.acquire(key, a),
        store.release(key, a),
        store.join(key, a),
        store.join(key, b),
        store.acquire(key, c),
        store.pass(key, b, 1, c),
        store.release(key, b),
        store.join(key, c),
      ]);
      like(answers, [
        { state: 'held' },
        'released',
        { state: 'gone' },
        { state: 'held' },
        { state: 'busy' },
        { state: 'released', successor: { state: 'held' } },
        'gone',
        { state: 'held' },
      ]);
      deepEqual(answers[7], answers[5].successor);
    });

    it('forgets a key behind its retention', async (scene) => {
      const store = await scene.open({ retention: SHORT });
      const key = scene.key();
      const { holder } = await store.queue(key, 0);
      await store.release(key, holder);
      await scene.expire();
      equal((await store.inspect(key)).lastFencingToken, null);
    });

    it('takes keys of any length', async (scene) => {
      const store = await scene.open();
      for (const key of ['k'.repeat(5_000), `${'k'.repeat(5_000)}}`, '🔑'.repeat(1_250)]) {
        const { holder } = await store.queue(key, 0);
        like(await store.inspect(key), { key, holders: [{ token: holder }] });
        equal(await store.release(key, holder), 'released');
      }
    });

    it('rejects after stop with an error that says so', async (scene) => {
      const { store } = await scene.open();
      await store.stop();
      for (const request of [
        store.acquire([]),
        store.touch([]),
        store.release([]),
        store.inspect(['a']),
        store.convert!({ key: 'a', token: 'a', ...READ, ttl: LONG, wait: false }),
        store.acquireTogether!([{ key: 'a', token: 'a', ...READ, ttl: LONG, wait: false }])!,
        store.ping(),
      ]) {
        await rejects(
          request,
          (error: Error) => error instanceof LockUnavailableError && /\w{3}.*\./.test(error.message),
        );
      }
    });
  });
}
