import { jest } from '@jest/globals';
import { LockUnavailableError } from '../../../../lib/lock.errors.js';
import { processIdOf } from '../../../../lib/stores/protocol.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { until } from '../../../support/waiting.js';

describe('an operator', () => {
  it('asks the store whether it is well, and waits no longer than it wants to', async () => {
    const [a] = openNeighbours(1);
    expect(await a!.locks.ping()).toBeGreaterThanOrEqual(0);
    jest.spyOn(a!.store, 'ping').mockImplementation(() => new Promise(() => undefined));
    await expect(a!.locks.ping({ timeout: 20 })).rejects.toBeInstanceOf(LockUnavailableError);
    jest.spyOn(a!.store, 'ping').mockRejectedValue(new Error('own'));
    await expect(a!.locks.ping()).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
  });

  it('lists keys as they are read, no more than it wants', async () => {
    const [a] = openNeighbours(1);
    for (const key of ['a', 'b', 'c']) await a!.locks.acquire(key);
    const found: string[] = [];
    for await (const { key } of a!.locks.list({ limit: 2 })) found.push(key);
    expect(found).toEqual(['a', 'b']);
  });

  it('is told where the store can list nothing, and where it fails', async () => {
    const [a] = openNeighbours(1);
    Object.defineProperty(a!.store, 'list', { value: undefined });
    await expect(a!.locks.list()[Symbol.asyncIterator]().next()).rejects.toThrow('list');
    jest.spyOn(a!.store, 'inspect').mockRejectedValue(new TypeError('a bug'));
    await expect(a!.locks.inspect('key')).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'key' });
  });

  it('sees holders whose processes are not known, and those of which nonsense is written down', async () => {
    const [a, b] = openNeighbours(2);
    await a!.locks.acquire('key');
    expect((await b!.locks.inspect('key', { ask: false })).holder).toMatchObject({ process: null, reports: null });
    const describe = jest.spyOn(b!.store, 'describe');
    for (const answer of [['nonsense'], ['5'], ['null'], [], undefined, [undefined], [{ host: 'x' }]]) {
      describe.mockResolvedValue(answer as string[]);
      expect((await b!.locks.inspect('key')).holder!.process).toBeNull();
    }
  });

  it('sees who holds a key though the records of processes are out of reach', async () => {
    const [a, b] = openNeighbours(2);
    const { token } = await a!.locks.acquire('key', { label: 'order' });
    jest.spyOn(b!.store, 'describe').mockRejectedValue(new LockUnavailableError('another server is down'));
    const { holder } = await b!.locks.inspect('key');
    expect(holder).toMatchObject({ token, process: null, reports: [{ label: 'order' }] });
    const found: unknown[] = [];
    for await (const { key, process } of b!.locks.list()) found.push([key, process]);
    expect(found).toEqual([['key', null]]);
  });

  it('asks only those processes that are chosen, and always its own', async () => {
    const [a, b, c] = openNeighbours(3);
    const lock = await a!.locks.acquire('key', { label: 'first' });
    const [next, last] = [b!.locks.acquire('key', { label: 'next' }), c!.locks.acquire('key', { label: 'last' })];
    await until(async () => (await a!.locks.inspect('key', { ask: false })).waiting.length === 2);
    const tell = jest.spyOn(a!.store, 'tell');
    const [holder, second] = (await a!.locks.inspect('key')).waiting.map(processIdOf);
    expect(tell).toHaveBeenCalledTimes(2);
    const { operator } = a!.locks;
    const { holders, waiters } = await operator.inspect('key', {}, (others) => {
      expect([...others].sort()).toEqual([holder, second].sort());
      return [second!];
    });
    expect(tell).toHaveBeenCalledTimes(3);
    expect(holders[0]!.reports).toMatchObject([{ label: 'first' }]);
    expect(waiters.map(({ report }) => report?.label)).toEqual([undefined, 'last']);
    await lock.release();
    await (await next).release();
    await (await last).release();
  });

  it('gets ready to hear, for no longer than it is told', async () => {
    const [a] = openNeighbours(1);
    const hear = jest.fn<(id: string) => Promise<void>>();
    Object.assign(a!.store, { hear });
    for (const answer of [Promise.resolve(), Promise.reject(new Error('no')), new Promise<void>(() => undefined)]) {
      hear.mockReturnValueOnce(answer);
      await a!.locks.operator.hear(20);
    }
    expect(hear).toHaveBeenCalledTimes(3);
    Object.assign(a!.store, { hear: undefined });
    await a!.locks.operator.hear(20);
  });

  it.each([
    ['inspect', { ask: 1 }],
    ['inspect', { timeout: 'soon' }],
    ['ping', { timeout: -1 }],
    ['forceRelease', { reason: '' }],
    ['forceRelease', { by: 'x'.repeat(101) }],
  ] as const)('refuses what can’t be meant: %s(%j)', async (method, options) => {
    const [a] = openNeighbours(1);
    const call = async () =>
      method === 'ping' ? a!.locks.ping(options as never) : a!.locks[method]('key', options as never);
    await expect(call()).rejects.toMatchObject({ code: 'LOCK_OPTIONS' });
  });
});
