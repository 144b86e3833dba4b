/** What listeners hear of calls that get a lock, and of those that don't. */
import { jest } from '@jest/globals';
import { openNeighbours } from '../../support/fakes/neighbours.js';
import { deferred, rejection, until } from '../../support/waiting.js';

const refusals = (events: readonly { type: string }[]) => events.filter(({ type }) => type === 'refused');

describe('a call that is heard', () => {
  it('has one id from its waiting to its release, and another call has another', async () => {
    const [a, b] = openNeighbours(2);
    const lock = await a!.locks.acquire('key');
    const waiting = b!.locks.acquire('key', { label: 'second' });
    await until(() => b!.events.some(({ type }) => type === 'waiting'));
    await lock.release();
    await (await waiting).release();
    await (await b!.locks.acquire('key')).release();
    const mine = b!.events.filter(({ type }) => type !== 'renewed');
    expect(mine.map((event) => [event.type, 'id' in event && event.id, event.label])).toEqual([
      ['waiting', 1, 'second'],
      ['acquired', 1, 'second'],
      ['released', 1, 'second'],
      ['acquired', 2, ''],
      ['released', 2, ''],
    ]);
    expect(b!.events.every(({ instance }) => instance === 'n1')).toBe(true);
  });

  it('has one id for all of its keys', async () => {
    const [a] = openNeighbours(1);
    await (await a!.locks.acquire(['b', 'a'])).release();
    await Promise.resolve();
    expect(a!.events.map((event) => 'id' in event && event.id)).toEqual([1, 1, 1, 1]);
  });

  it('says how the lock came: free, granted, handed on, shared, entered again', async () => {
    const [a, b] = openNeighbours(2);
    const leave = deferred();
    const held = a!.locks.withLock('key', async () => {
      await a!.locks.withLock('key', async () => undefined);
      await leave.promise;
    });
    const local = a!.locks.acquire('key', { wait: 60_000 });
    await until(() => a!.events.some(({ type }) => type === 'acquired'));
    leave.resolve();
    await held;
    const handed = await local;
    const remote = b!.locks.acquire('key', { wait: 60_000 });
    await until(() => b!.events.some(({ type }) => type === 'waiting'));
    await handed.release();
    await (await remote).release();
    const readers = await Promise.all([1, 2].map(() => b!.locks.acquire('report', { mode: 'read' })));
    await Promise.all(readers.map((reader) => reader.release()));
    const hows = (events: readonly { type: string }[]) =>
      events.flatMap((event) => (event.type === 'acquired' ? [(event as { how?: string }).how] : []));
    expect(hows(a!.events)).toEqual(['free', 're-entered', 'handed-on']);
    expect(hows(b!.events)).toEqual(['granted', 'free', 'handed-on']);
  });

  it('that is refused is one event, with the reason', async () => {
    const [a, b] = openNeighbours(2);
    await a!.locks.acquire('key');
    const cancel = new AbortController();
    await rejection(b!.locks.acquire('key', { wait: 0, label: 'x' }));
    await rejection(b!.locks.acquire('key', { wait: 20 }));
    await rejection(b!.locks.acquire(['free', 'key'], { wait: 0 }));
    const cancelled = rejection(b!.locks.acquire('key', { signal: cancel.signal }));
    await until(() => b!.events.at(-1)?.type === 'waiting');
    cancel.abort(null);
    await cancelled;
    const closed = rejection(b!.locks.acquire('key'));
    await until(() => b!.events.at(-1)?.type === 'waiting');
    b!.engine.refuse();
    await closed;
    await Promise.resolve();
    expect(refusals(b!.events)).toMatchObject([
      { reason: 'busy', label: 'x', key: 'key' },
      { reason: 'timeout', key: 'key' },
      { reason: 'busy', key: 'key' },
      { reason: 'cancelled', key: 'key' },
      { reason: 'shutdown', key: 'key' },
    ]);
    // What comes once the module is closing is no news: a listener that asks again would never end.
    await rejection(b!.locks.acquire('key'));
    expect(refusals(b!.events)).toHaveLength(5);
  });

  it.each([undefined, null, NaN, '', 'enough', new Error('own')])(
    'that is cancelled is refused for that, whatever the reason: %p',
    async (reason) => {
      const [a, b] = openNeighbours(2);
      await a!.locks.acquire('key');
      const cancel = new AbortController();
      const before = rejection(b!.locks.acquire('free', { signal: AbortSignal.abort(reason) }));
      const waiting = rejection(b!.locks.acquire(['free', 'key'], { signal: cancel.signal }));
      await before;
      await until(() => b!.events.at(-1)?.type === 'waiting');
      cancel.abort(reason);
      expect(await waiting).toBe(cancel.signal.reason);
      expect(refusals(b!.events)).toMatchObject([
        { reason: 'cancelled', key: 'free', id: 1 },
        { reason: 'cancelled', key: 'free', id: 2 },
      ]);
    },
  );

  it('that is cancelled by the loss of another lock is about its own key', async () => {
    const [a, b] = openNeighbours(2);
    await a!.locks.acquire('key');
    const other = await b!.locks.acquire('other');
    const cancelled = rejection(b!.locks.acquire('key', { signal: other.signal }));
    await until(() => b!.events.at(-1)?.type === 'waiting');
    await a!.locks.forceRelease('other');
    expect(await cancelled).toMatchObject({ code: 'LOCK_LOST', key: 'other' });
    expect(refusals(b!.events)).toMatchObject([{ reason: 'cancelled', key: 'key' }]);
  });

  it('that the store does not answer, or whose own process has the key, is refused for that', async () => {
    const [a] = openNeighbours(1);
    const held = await a!.locks.acquire('key');
    const acquire = jest.spyOn(a!.store, 'acquire');
    await rejection(a!.locks.acquire('key', { wait: 0 }));
    expect(acquire).not.toHaveBeenCalled();
    acquire.mockRejectedValue(new Error('down'));
    await rejection(a!.locks.acquire('other', { wait: 0 }));
    await rejection(held.release().then(() => a!.locks.acquire('last', { mode: 'read', wait: 0 })));
    expect(refusals(a!.events)).toMatchObject([
      { reason: 'busy', key: 'key', mode: 'write' },
      { reason: 'unavailable', key: 'other', mode: 'write' },
      { reason: 'unavailable', key: 'last', mode: 'read' },
    ]);
  });

  it('that can’t be meant is no refusal', async () => {
    const [a] = openNeighbours(1);
    await rejection(a!.locks.acquire(''));
    await rejection(a!.locks.acquire('key', { ttl: -1 }));
    await rejection(a!.locks.acquire('key', { label: 'x'.repeat(201) }));
    expect(a!.events).toEqual([]);
  });
});
