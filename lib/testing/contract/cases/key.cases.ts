/** Keys: every string that is well-formed Unicode and not empty is a key, and two different ones share nothing. */
import { deepEqual, equal } from 'node:assert/strict';
import type { Cases } from '../cases.js';
import { EXCLUSIVE, LONG, SHORT } from '../driver.js';

/** Keys that are easily mistaken for another, or for syntax. */
const NASTY = [
  ['{', '}', '{}', '}{', '{{', '}}', '{}x', '}x', '}}x', 'x}', '{x', '{x}', 'a}b', 'a', 'b', 'a{b}c', '{b}', '{b}c'],
  ['%', '%%', '%7D', '%7Dx', '%257D', '%257Dx', '%25', '%25x', '%x', '%7d', '%7B', '%00'],
  ['a:b', 'a:b:', ':a:b', ':', '::', 'a:line', 'a:seen', 'a}:line', 'a}:seen', ':line', ':seen', '}:line'],
  [' ', '  ', ' a', 'a ', '\t', '\n', '\r\n', 'a\nb', '\0', '\0\0', 'a\0', 'a\0b', '\u0001', '\u007f'],
  [
    'A',
    'ä',
    'a\u0308',
    'Ä',
    'ß',
    'ss',
    'ﬁ',
    'fi',
    'ключ',
    '鍵',
    '🔑',
    '🔒',
    '👩‍🚀',
    '👩',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\uffff',
  ],
  ['*', '?', '[a]', '\\', '\\n', '"', "'", '`', '$', '$1', '<0>', ';', ']]', '--', '#', '/', '../a', '%s', '%d'],
  ['0', '-0', '1', '-1', '1e3', '1000', 'NaN', 'null', 'undefined', 'true', '[]', '[object Object]'],
  ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'],
  // As long as keys may be, unless `maxKeyBytes` says otherwise.
  ['k'.repeat(1_024), 'k'.repeat(1_023) + '}', '🔑'.repeat(256), '\0'.repeat(1_024)],
].flat();

export function keyCases({ it }: Cases): void {
  it('never share a lease, a queue or a record', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    equal(new Set(NASTY).size, NASTY.length);
    const requests = () => NASTY.map((key) => ({ ...EXCLUSIVE, key, token: driver.token(), ttl: LONG, wait: true }));
    const [holders, waiters] = [requests(), requests()];
    const allAre = (answers: readonly { state: string }[], state: string): void =>
      deepEqual(new Set(answers.map((answer) => answer.state)), new Set([state]));
    const seen = async (): Promise<unknown> =>
      (await store.inspect(NASTY)).map((state) => [state.key, state.holders[0]?.token, ...state.waiting]);

    allAre(await store.acquire(holders), 'held');
    allAre(await store.acquire(waiters), 'waiting');
    deepEqual(
      await seen(),
      NASTY.map((key, i) => [key, holders[i]!.token, waiters[i]!.token]),
    );
    allAre(await store.release(holders), 'released');
    deepEqual(
      await seen(),
      NASTY.map((key, i) => [key, waiters[i]!.token]),
    );
    allAre(await store.touch(waiters), 'held');
    allAre(await store.touch(holders), 'gone');
    allAre(await store.release(waiters), 'released');
    deepEqual(
      await seen(),
      NASTY.map((key) => [key, undefined]),
    );
  });

  it('are the same key in every process', async (scene) => {
    const driver = await scene.open();
    const peer = await scene.open();
    const holders = NASTY.map((key) => ({ ...EXCLUSIVE, key, token: driver.token(), ttl: LONG, wait: false }));
    await driver.store.acquire(holders);
    const answers = await peer.store.acquire(holders.map((each) => ({ ...each, token: peer.token() })));
    deepEqual(new Set(answers.map(({ state }) => state)), new Set(['busy']));
    await driver.store.release(holders);
  });

  it('expire each for itself', async (scene) => {
    const driver = await scene.open();
    const { store } = driver;
    const requests = NASTY.map((key, i) => ({
      ...EXCLUSIVE,
      key,
      token: driver.token(),
      ttl: i % 2 === 0 ? LONG : SHORT,
      wait: false,
    }));
    await store.acquire(requests);
    await scene.expire();
    deepEqual(
      (await store.inspect(NASTY)).map(({ holders }) => holders[0]?.token),
      requests.map(({ token }, i) => (i % 2 === 0 ? token : undefined)),
    );
    await store.release(requests);
  });
}
