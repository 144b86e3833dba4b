/** Telling: what processes write down of themselves, and say to each other. */
import { deepEqual, equal } from 'node:assert/strict';
import type { Cases } from '../cases.js';
import { Driver, EXCLUSIVE, LONG, only, READ, SHORT } from '../driver.js';
import { TextLog } from '../text-log.js';

/** Releases what another process has, and tells it. */
async function takeAway(by: Driver, key: string, token: string, notice: string): Promise<string> {
  return only(await by.store.release([{ key, token, notice }])).state;
}

export function tellingCases({ it }: Cases): void {
  it('remembers who a process is, for as long as it was asked to', async (scene) => {
    const [store, peer] = [await scene.open(), await scene.open()];
    await store.store.introduce!(store.processId, '{"host":"ä {1}"}', LONG);
    await peer.store.introduce!(peer.processId, 'short', SHORT);
    await scene.expire();
    const ids = [peer.processId, store.processId, new Driver(store.store).processId];
    deepEqual(await peer.store.describe!(ids), [undefined, '{"host":"ä {1}"}', undefined]);
    await store.store.introduce!(store.processId, 'another', LONG);
    deepEqual(await peer.store.describe!([store.processId]), ['another']);
    deepEqual(await peer.store.describe!([]), []);
  });

  it('tells a process what another says, and no third one', async (scene) => {
    const [store, peer, third] = [await scene.open(), await scene.open(), await scene.open()];
    const [ear, other] = [await TextLog.of(store), await TextLog.of(third)];
    equal(await peer.store.tell!(store.processId, 'a text with spaces, ä and {}'), true);
    await peer.store.tell!(third.processId, 'end');
    await ear.until('a text with spaces, ä and {}');
    await other.until('end');
    deepEqual(other.texts, ['end']);
  });

  it('tells the process of a lease that is taken away, in the same step', async (scene) => {
    const [store, peer] = [await scene.open(), await scene.open()];
    const ear = await TextLog.of(store);
    const [key, shared] = [scene.key(), scene.key()];
    const { holder, waiting } = await store.queue(key, 1);
    const [reader] = await store.enter(shared, READ, READ);
    equal(await takeAway(peer, key, waiting[0]!, 'waited'), 'released');
    equal(await takeAway(peer, key, holder, 'held'), 'released');
    await takeAway(peer, key, holder, 'released before');
    await takeAway(peer, key, peer.token(), 'gone');
    equal(await takeAway(peer, shared, reader!.token, 'shared'), 'released');
    await ear.untilAll('held', 'shared');
    await peer.store.tell!(store.processId, 'end');
    await ear.until('end');
    deepEqual([...ear.texts].sort(), ['end', 'held', 'shared']);
  });

  it('tells the process of a lease that goes to a successor, and of one that goes to a waiter before it', async (scene) => {
    const [store, peer] = [await scene.open(), await scene.open()];
    const ear = await TextLog.of(store);
    for (const [notice, waiters] of Object.entries({ 'to the successor': 0, 'to the waiter': 1 })) {
      const key = scene.key();
      const { holder, fence, waiting } = await store.queue(key, waiters);
      const successor = { token: peer.token(), ...EXCLUSIVE, ttl: LONG };
      const request = { key, token: holder, fencingToken: fence, successor, notice };
      equal(only(await peer.store.release([request])).state, 'released');
      deepEqual(await peer.holding(key), [waiting[0] ?? successor.token]);
      // Carried out before.
      await peer.store.release([{ ...request, notice: 'again' }]);
      await ear.until(notice);
    }
    await peer.store.tell!(store.processId, 'end');
    await ear.until('end');
    deepEqual(ear.texts.includes('again'), false);
  });

  it('tells nothing of a lease that was given back before', async (scene) => {
    const [store, peer] = [await scene.open(), await scene.open()];
    const ear = await TextLog.of(store);
    const key = scene.key();
    const { holder } = await store.queue(key, 0);
    await store.release(key, holder);
    await takeAway(peer, key, holder, 'too late');
    await peer.store.tell!(store.processId, 'end');
    await ear.until('end');
    deepEqual(ear.texts, ['end']);
  });

  it('tells of each lease of a list', async (scene) => {
    const [store, peer] = [await scene.open(), await scene.open()];
    const ear = await TextLog.of(store);
    const keys = [scene.key(), scene.key(), scene.key()];
    const requests = [];
    for (const [i, key] of keys.entries()) {
      const { holder } = await store.queue(key, 0);
      requests.push({ key, token: holder, ...(i !== 1 && { notice: `of ${i}` }) });
    }
    const answers = await peer.store.release(requests);
    deepEqual(
      answers.map(({ state }) => state),
      ['released', 'released', 'released'],
    );
    await ear.untilAll('of 0', 'of 2');
    await peer.store.tell!(store.processId, 'end');
    await ear.until('end');
    deepEqual([...ear.texts].sort(), ['end', 'of 0', 'of 2']);
  });

  it('survives a listener that throws', async (scene) => {
    const [store, peer] = [await scene.open(), await scene.open()];
    const ear = await TextLog.of(store);
    const hear = ear.told.bind(ear);
    ear.told = (text) => {
      hear(text);
      throw new Error('from the listener of a test');
    };
    for (const text of ['first', 'second']) {
      await peer.store.tell!(store.processId, text);
      await ear.until(text);
    }
  });
}
