/** Keys: every string that is well-formed Unicode and not empty is a key, and two different ones share nothing. */
import { expect, it } from '@jest/globals';
import { LONG, SHORT, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';

const KIND = { kind: 'exclusive' } as const;

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
  ['k'.repeat(5_000), 'k'.repeat(5_000) + '}', '🔑'.repeat(1_250), '\0'.repeat(5_000)],
].flat();

export function keyCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it('never share a lease, a line or a record', async () => {
    const driver = await scene.open();
    const { store } = driver;
    expect(new Set(NASTY).size).toBe(NASTY.length);
    const holders = NASTY.map((key) => ({ ...KIND, key, token: driver.token(), ttl: LONG }));
    const waiters = NASTY.map((key) => ({ ...KIND, key, token: driver.token(), ttl: LONG }));
    const states = (answers: readonly { state: string }[]) => new Set(answers.map(({ state }) => state));
    const lines = async () =>
      (await store.inspect(NASTY)).map(({ key, holder, waiting }) => ({ key, holder: holder?.token, waiting }));

    expect(states(await store.acquire(holders.map((each) => ({ ...each, wait: true }))))).toEqual(new Set(['held']));
    expect(states(await store.acquire(waiters.map((each) => ({ ...each, wait: true }))))).toEqual(new Set(['waiting']));
    expect(await lines()).toEqual(
      NASTY.map((key, i) => ({ key, holder: holders[i]!.token, waiting: [waiters[i]!.token] })),
    );
    expect(states(await store.release(holders))).toEqual(new Set(['released']));
    expect(await lines()).toEqual(NASTY.map((key, i) => ({ key, holder: waiters[i]!.token, waiting: [] })));
    expect(states(await store.touch(waiters))).toEqual(new Set(['held']));
    expect(states(await store.touch(holders))).toEqual(new Set(['gone']));
    expect(states(await store.release(waiters))).toEqual(new Set(['released']));
    expect(await lines()).toEqual(NASTY.map((key) => ({ key, holder: undefined, waiting: [] })));
  });

  it('are the same key in every process', async () => {
    const driver = await scene.open();
    const peer = await scene.peerOf(driver);
    const holders = NASTY.map((key) => ({ ...KIND, key, token: driver.token(), ttl: LONG, wait: false }));
    await driver.store.acquire(holders);
    const answers = await peer.store.acquire(holders.map((each) => ({ ...each, token: peer.token() })));
    expect(new Set(answers.map(({ state }) => state))).toEqual(new Set(['busy']));
    await driver.store.release(holders);
  });

  it('expire each for itself', async () => {
    const driver = await scene.open();
    const { store } = driver;
    const requests = NASTY.map((key, i) => ({
      ...KIND,
      key,
      token: driver.token(),
      ttl: i % 2 === 0 ? LONG : SHORT,
      wait: false,
    }));
    await store.acquire(requests);
    await scene.expire();
    expect((await store.inspect(NASTY)).map(({ holder }) => holder?.token)).toEqual(
      requests.map(({ token }, i) => (i % 2 === 0 ? token : undefined)),
    );
    await store.release(requests);
  });
}
