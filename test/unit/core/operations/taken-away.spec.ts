import { jest } from '@jest/globals';
import { writeNotice } from '../../../../lib/core/operations/letters.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { NASTY, UNSEEN } from '../../../support/nasty.js';
import type { FakeStore } from '../../../support/fakes/fake-store.js';
import { aborted, until } from '../../../support/waiting.js';

/** Takes the lease of "key" from its owner, which is not told. */
async function takenFrom({ server }: FakeStore, token: string): Promise<void> {
  await server.release([{ key: 'key', token }]);
}

/** The store has answered so many questions, and what follows has happened. */
async function answered(inspect: { readonly mock: { readonly calls: unknown[] } }, count: number): Promise<void> {
  await until(() => inspect.mock.calls.length === count);
  await new Promise((resolve) => setImmediate(resolve));
}

const processOf = (token: string): string => token.slice(0, 11);

describe('a lease that was taken away', () => {
  it('is lost as soon as the notice comes, with its reason; both sides say so', async () => {
    const [a, b] = openNeighbours(2);
    const lock = await a!.locks.acquire('key', { label: 'order:<0>' });
    expect(await b!.locks.forceRelease('key', { reason: 'it hangs', by: 'ada' })).toBe(true);
    await aborted(lock.signal);
    expect(lock.signal.reason).toMatchObject({ reason: 'forced', message: expect.stringMatching(/ada.*it hangs/) });
    await until(() => [a, b].every((each) => each!.events.some(({ type }) => type === 'forced')));
    expect(a!.events.filter(({ type }) => type === 'forced')).toMatchObject([
      { side: 'holder', by: 'ada', label: 'order:<0>' },
    ]);
    expect(b!.events.filter(({ type }) => type === 'forced')).toMatchObject([{ side: 'operator', reason: 'it hangs' }]);
    for (const { lines } of [a!, b!]) expect(lines.join()).toContain('it hangs');
    expect(await lock.release()).toBe(false);
  });

  it('may be one of this very process', async () => {
    const [a] = openNeighbours(1);
    const lock = await a!.locks.acquire('key');
    await a!.locks.forceRelease('key');
    expect(lock.isHeld).toBe(false);
    expect(a!.events.filter(({ type }) => type === 'forced')).toHaveLength(2);
  });

  it('is left alone where the token is another one', async () => {
    const [a, b] = openNeighbours(2);
    const lock = await a!.locks.acquire('key');
    await b!.store.tell(processOf(lock.token), writeNotice({ key: 'key', token: `${lock.token}x` }));
    await b!.store.tell(processOf(lock.token), writeNotice({ key: 'other', token: lock.token }));
    await b!.locks.inspect('key');
    expect(lock.isHeld).toBe(true);
    expect(await lock.release()).toBe(true);
  });

  it('aborts its signal in the turn of the event loop in which the store says so, before anything else can run', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    const order: string[] = [];
    lock.signal.addEventListener('abort', () => order.push('aborted'));
    await takenFrom(store, lock.token);
    setImmediate(() => order.push('next turn'));
    store.listener!.told!(writeNotice({ key: 'key', token: lock.token }));
    await until(() => order.length === 2);
    expect(order).toEqual(['aborted', 'next turn']);
    expect(lock.isHeld).toBe(false);
  });

  it('is not one of which only somebody says so: the store is asked, which changes nothing', async () => {
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key', { ttl: 60_000, autoRenew: false });
    const inspect = jest.spyOn(store, 'inspect');
    for (let i = 0; i < 1_000; i++) store.listener!.told!(writeNotice({ key: 'key', token: lock.token }));
    await answered(inspect, 2);
    // One question, one more for what was said meanwhile, and nothing that renews the lease.
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire']);
    expect([lock.isHeld, heard('forced'), heard('lost')]).toEqual([true, [], []]);
    await takenFrom(store, lock.token);
    store.listener!.told!(writeNotice({ key: 'key', token: lock.token, reason: 'at last' }));
    await aborted(lock.signal);
    expect(lock.signal.reason).toMatchObject({ reason: 'forced', message: expect.stringContaining('at last') });
    expect(inspect).toHaveBeenCalledTimes(3);
  });

  it('is found out about later where the store does not answer, or something else lies at the key', async () => {
    const { locks, store, heard } = openLocks({ ttl: 60_000 });
    const lock = await locks.acquire('key');
    const inspect = jest.spyOn(store, 'inspect');
    const nothing = { key: 'key', holders: [], waiting: [], lastFencingToken: null };
    inspect.mockRejectedValueOnce(new Error('hangs')).mockResolvedValueOnce([{ ...nothing, foreign: true }]);
    for (let count = 1; count <= 2; count++) {
      store.listener!.told!(writeNotice({ key: 'key', token: lock.token }));
      await answered(inspect, count);
    }
    expect([lock.isHeld, heard('forced')]).toEqual([true, []]);
    await takenFrom(store, lock.token);
    store.listener!.told!(writeNotice({ key: 'key', token: lock.token }));
    await aborted(lock.signal);
  });

  it('sends the callers of its process that wait to the end of the queue', async () => {
    const [a, b] = openNeighbours(2);
    const isHeld = await a!.locks.acquire('key');
    const local = outcomeOf(a!.locks.acquire('key', { wait: 60_000 }).then((lock) => lock.release()));
    const remote = b!.locks.acquire('key', { wait: 60_000 });
    await until(() => b!.events.some(({ type }) => type === 'waiting'));
    await b!.locks.forceRelease('key');
    const next = await remote;
    await until(async () => (await b!.locks.inspect('key', { ask: false })).waiting.length === 1);
    expect([isHeld.isHeld, next.isHeld, local.state]).toEqual([false, true, 'pending']);
    await next.release();
    await until(() => local.state === 'resolved');
    const hows = a!.events.flatMap((event) => (event.type === 'acquired' ? [event.how] : []));
    expect(hows).toEqual(['free', 'granted']);
  });

  it('is lost by all that share it, and by a lock of several keys', async () => {
    const [a, b] = openNeighbours(2);
    const readers = await Promise.all([1, 2, 3].map(() => a!.locks.acquire('report', { mode: 'read' })));
    const pair = await a!.locks.acquire(['a', 'b']);
    await b!.locks.forceRelease('report');
    await b!.locks.forceRelease('b', { reason: 'stuck' });
    await Promise.all([...readers, pair].map(({ signal }) => aborted(signal)));
    expect(pair.signal.reason).toMatchObject({ key: 'b', reason: 'forced', message: expect.stringContaining('stuck') });
    expect(await pair.release()).toBe(false);
    expect((await b!.locks.inspect('a')).holders).toEqual([]);
    expect(a!.events.filter(({ type }) => type === 'forced')).toMatchObject([{ key: 'report' }, { key: 'b' }]);
  });

  it('may be asked for again by the one that hears of it, at once', async () => {
    const [a, b] = openNeighbours(2);
    const lock = await a!.locks.acquire('key');
    let again: ReturnType<typeof outcomeOf> | undefined;
    lock.signal.addEventListener('abort', () => {
      void lock.release();
      again = outcomeOf(a!.locks.acquire('key', { wait: 60_000 }).then((next) => next.release()));
    });
    await b!.locks.forceRelease('key');
    await until(() => again?.state === 'resolved');
    expect((await b!.locks.inspect('key')).holders).toEqual([]);
  });

  it('is told of once, however often the notice comes', async () => {
    const { locks, store, heard } = openLocks();
    const { token } = await locks.acquire('key');
    await takenFrom(store, token);
    for (let i = 0; i < 3; i++) store.listener!.told!(writeNotice({ key: 'key', token }));
    await until(() => heard('forced').length > 0);
    expect([heard('forced').length, heard('lost').length]).toEqual([1, 1]);
  });

  it('is not one that is only waited for, which is asked for as before', async () => {
    const { locks, store, rival, heard } = openLocks();
    await rival.acquire('key', 'rival', 60_000);
    const waiting = outcomeOf(locks.acquire('key'));
    await until(() => heard('waiting').length === 1);
    store.listener!.told!(writeNotice({ key: 'key', token: heard('waiting')[0]!.token }));
    await rival.release('key', 'rival');
    await until(() => waiting.state === 'resolved');
    expect(heard('forced')).toEqual([]);
  });

  const deep = '['.repeat(100_000);
  it.each([
    ['nothing', ''],
    ['no text', 5],
    ['what is no JSON', '{"kind":"forced","key":'],
    ['a list', '["forced","key","token"]'],
    ['another kind', '{"kind":"FORCED","key":"key","token":"TOKEN"}'],
    ['a key that is no text', '{"kind":"forced","key":["key"],"token":"TOKEN"}'],
    ['a token that is no text', '{"kind":"forced","key":"key","token":{"TOKEN":1}}'],
    ['no token', '{"kind":"forced","key":"key"}'],
    ['a name that objects have', '{"kind":"forced","key":"__proto__","token":"TOKEN"}'],
    ['a prototype', '{"__proto__":{"kind":"forced","key":"key","token":"TOKEN"}}'],
    ['a depth without end', `${deep}${']'.repeat(deep.length)}`],
    ['a question without a sender', '{"kind":"question","id":"1","key":"key"}'],
    ['an answer that nobody asked for', '{"kind":"answer","id":"1","from":"abcdefghijk","report":{}}'],
  ])('is not one of which it is said with %s', async (_, text) => {
    const { locks, store, heard, warnings } = openLocks();
    const lock = await locks.acquire('key');
    const tell = jest.fn(async () => true);
    Object.assign(store, { tell });
    const said = typeof text === 'string' ? text.replaceAll('TOKEN', lock.token) : text;
    store.listener!.told!(said as string);
    await Promise.resolve();
    expect([lock.isHeld, heard('forced'), heard('lost'), warnings, tell.mock.calls]).toEqual([true, [], [], [], []]);
    expect(await lock.release()).toBe(true);
  });

  it.each(Object.entries(NASTY))(
    'is lost with a message that can be printed, whatever the reason: %s',
    async (_, text) => {
      const { locks, store } = openLocks();
      const lock = await locks.acquire('key');
      await takenFrom(store, lock.token);
      store.listener!.told!(writeNotice({ key: 'key', token: lock.token, reason: `${text}${text}`, by: `x${text}` }));
      await aborted(lock.signal);
      expect((lock.signal.reason as Error).message).not.toMatch(UNSEEN);
      expect((lock.signal.reason as Error).message.length).toBeLessThan(1_000);
    },
  );
});
