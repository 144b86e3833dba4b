import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { until } from '../../../support/waiting.js';

describe('what a process says of a key', () => {
  it('is who holds it, how often it was entered, and who waits with and without a place in the queue', async () => {
    const [a, b] = openNeighbours(2);
    const locks = a!.locks;
    await locks.withLock('key', { label: 'outer' }, async () => {
      await locks.withLock('key', async () => {
        const local = locks.outside(() => locks.acquire('key', { label: 'local', wait: 60_000 }));
        const fair = locks.outside(() => locks.acquire('key', { label: 'fair', wait: 60_000, fair: true }));
        local.catch(() => undefined);
        fair.catch(() => undefined);
        await until(async () => (await b!.locks.inspect('key')).waiters.some(({ report }) => report !== null));
        const { holder, waiters } = await b!.locks.inspect('key');
        expect(holder).toMatchObject({
          reports: [{ label: 'outer', depth: 2, mode: 'write' }],
          localWaiters: { label: 'local', callers: 1 },
        });
        expect(waiters).toMatchObject([{ report: { label: 'fair', callers: 1 } }]);
      });
    });
    await a!.engine.close();
  });

  it('is each reader that shares a lease', async () => {
    const [a, b] = openNeighbours(2);
    const readers = await Promise.all([1, 2].map((n) => a!.locks.acquire('key', { mode: 'read', label: `r${n}` })));
    const { holders } = await b!.locks.inspect('key');
    expect(holders).toHaveLength(1);
    expect(holders[0]!.reports).toMatchObject([
      { label: 'r1', mode: 'read', fencingToken: readers[0]!.fencingToken },
      { label: 'r2', mode: 'read', fencingToken: readers[1]!.fencingToken },
    ]);
    await Promise.all(readers.map((reader) => reader.release()));
  });
});
