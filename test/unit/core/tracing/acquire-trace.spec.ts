import { AsyncLocalStorage } from 'node:async_hooks';
import { LOCK_CHANNELS } from '../../../../lib/lock.channels.js';
import type { LockAcquireMessage } from '../../../../lib/lock.channels.js';
import { hearChannel } from '../../../support/fakes/heard.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { rejection } from '../../../support/waiting.js';

describe('the way to a lock that is traced', () => {
  it('is one message, from the async context of its caller', async () => {
    const context = new AsyncLocalStorage<string>();
    const contexts: unknown[] = [];
    const heard = hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire, () => contexts.push(context.getStore()));
    const [a] = openNeighbours(1);
    const lock = await context.run('request', () => a!.locks.acquire(['b', 'a'], { label: 'pair', mode: 'read' }));
    expect(heard.map(({ part }) => part)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(new Set(contexts)).toEqual(new Set(['request']));
    expect(new Set(heard.map(({ message }) => message)).size).toBe(1);
    expect(heard[0]!.message).toMatchObject({
      instance: 'n0',
      label: 'pair',
      keys: ['b', 'a'],
      mode: 'read',
      outcome: 'acquired',
      how: 'free',
      waitedMs: expect.any(Number),
    });
    await lock.release();
  });

  it('says why there was no lock, and leaves the error to the caller', async () => {
    const heard = hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire);
    const [a, b] = openNeighbours(2);
    await a!.locks.acquire('key');
    const error = await rejection(b!.locks.acquire('key', { wait: 0 }));
    expect(heard.map(({ part }) => part).slice(-5)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard.at(-1)!.message).toMatchObject({ outcome: 'busy', error });
  });

  it('is nothing for a re-entry', async () => {
    const [a] = openNeighbours(1);
    const heard = hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire);
    await a!.locks.withLock('key', () => a!.locks.withLock('key', async () => undefined));
    expect(heard.filter(({ part }) => part === 'start')).toHaveLength(1);
  });

  it('may be listened to by code that takes, gives back and closes', async () => {
    const [a] = openNeighbours(1);
    let isFirst = true;
    hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire, ({ part }) => {
      if (part !== 'asyncEnd' || !isFirst) return;
      isFirst = false;
      a!.locks.acquire('other').catch(() => undefined);
      a!.engine.refuse();
    });
    const lock = await a!.locks.acquire('key');
    expect(lock.isHeld).toBe(true);
    expect(await lock.release()).toBe(true);
    await a!.engine.close();
  });
});
