import { LOCK_CHANNELS } from '../../../../lib/lock.channels.js';
import type { LockStoreMessage } from '../../../../lib/lock.channels.js';
import { traceRequest } from '../../../../lib/core/tracing/store-trace.js';
import { hearChannel } from '../../../support/fakes/heard.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';

const OF = { instance: 'n', operation: 'touch', count: 3 } as const;

describe('a request to the store that is traced', () => {
  it('is published when it is sent and when it is answered, as one message', async () => {
    const heard = hearChannel<LockStoreMessage>(LOCK_CHANNELS.store);
    expect(await traceRequest(OF, () => Promise.resolve('answer'))).toBe('answer');
    expect(heard.map(({ part }) => part)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(new Set(heard.map(({ message }) => message)).size).toBe(1);
    expect(heard[0]!.message).toEqual(OF);
  });

  it('says why it failed, and fails all the same', async () => {
    const heard = hearChannel<LockStoreMessage>(LOCK_CHANNELS.store);
    const problem = new Error('down');
    await expect(traceRequest(OF, () => Promise.reject(problem))).rejects.toBe(problem);
    expect(heard.map(({ part }) => part)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard.at(-1)!.message.error).toBe(problem);
  });

  it('is each one that a lock makes', async () => {
    const heard = hearChannel<LockStoreMessage>(LOCK_CHANNELS.store);
    const [a] = openNeighbours(1);
    const lock = await a!.locks.acquire('key', { mode: 'read' });
    await lock.renew();
    await lock.upgrade();
    await lock.release();
    const sent = heard.filter(({ part }) => part === 'start').map(({ message }) => message);
    expect(sent).toMatchObject(
      ['acquire', 'touch', 'convert', 'release'].map((operation) => ({ operation, instance: 'n0', count: 1 })),
    );
  });
});
