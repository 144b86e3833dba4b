import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import { LOCK_CHANNELS } from '../../../../lib/lock.channels.js';
import type { AroundSection, LockHoldMessage } from '../../../../lib/lock.channels.js';
import { hearChannel } from '../../../support/fakes/heard.js';
import type { Heard } from '../../../support/fakes/heard.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { aborted, until } from '../../../support/waiting.js';

const ends = (heard: readonly Heard<LockHoldMessage>[]) =>
  heard.flatMap(({ part, message }) => (part === 'asyncEnd' ? [message.end] : []));

describe('the time a lock is held, traced', () => {
  it('ends with its release, once', async () => {
    const heard = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const [a] = openNeighbours(1);
    {
      await using lock = await a!.locks.acquire(['b', 'a'], { label: 'pair' });
      expect(heard.map(({ part }) => part)).toEqual(['start', 'end']);
      expect(heard[0]!.message).toMatchObject({
        instance: 'n0',
        label: 'pair',
        keys: ['b', 'a'],
        mode: 'write',
        fencingToken: lock.fencingToken,
      });
    }
    await until(() => ends(heard).length > 0);
    expect(ends(heard)).toEqual(['released']);
    expect(heard.at(-1)!.message.heldMs).toBeGreaterThanOrEqual(0);
  });

  it('ends where it is lost, and a release behind that is no second end', async () => {
    const heard = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const [a] = openNeighbours(1);
    const lock = await a!.locks.acquire('key', { ttl: 100, autoRenew: false });
    await aborted(lock.signal);
    await until(() => ends(heard).length > 0);
    expect(heard.at(-1)!.message).toMatchObject({ end: 'lost', error: { reason: 'ended' } });
    await lock.release();
    expect(ends(heard)).toEqual(['lost']);
  });

  it('ends where it is taken away, and where it is given to another process', async () => {
    const heard = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const [a, b] = openNeighbours(2);
    await a!.locks.acquire('forced');
    await b!.locks.forceRelease('forced');
    await until(() => ends(heard).length > 0);
    await (await a!.locks.acquire('detached')).detach();
    expect(ends(heard)).toEqual(['forced', 'detached']);
  });

  it('goes on where a lock is adopted', async () => {
    const [a, b] = openNeighbours(2);
    const text = await (await a!.locks.acquire(['x', 'y'], { label: 'pair' })).detach();
    const heard = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const lock = await b!.locks.adopt(text);
    expect(heard[0]!.message).toMatchObject({ instance: 'n1', label: 'pair', keys: ['x', 'y'], mode: 'write' });
    await lock.release();
    await until(() => ends(heard).length > 0);
    expect(ends(heard)).toEqual(['released']);
  });

  it('runs sections in the contexts of those that wrap them, the last one outermost', async () => {
    const [outer, inner] = [new AsyncLocalStorage<number>(), new AsyncLocalStorage<string>()];
    const order: string[] = [];
    for (const [name, context] of [
      ['inner', inner],
      ['outer', outer],
    ] as const) {
      hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold, ({ part, message }) => {
        if (part !== 'start') return;
        message.wrap((section) => {
          order.push(name);
          return (context as AsyncLocalStorage<unknown>).run(name, section);
        });
      });
    }
    const [a] = openNeighbours(1);
    const seen = await a!.locks.withLock('key', async () => [inner.getStore(), outer.getStore()]);
    expect([seen, order]).toEqual([
      ['inner', 'outer'],
      ['outer', 'inner'],
    ]);
    const lock = await a!.locks.acquire('other');
    expect(inner.getStore()).toBeUndefined();
    expect(a!.locks.run(lock, () => inner.getStore())).toBe('inner');
    await lock.release();
  });

  it.each<[string, (section: () => unknown) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('tracer');
      },
    ],
    [
      'throws behind it',
      (section) => {
        section();
        throw new Error('tracer');
      },
    ],
    ['forgets it', () => undefined],
    ['runs it twice', (section) => [section(), section()]],
    [
      'runs it later',
      async (section) => {
        await Promise.resolve();
        return section();
      },
    ],
    [
      'answers something else',
      (section) => {
        section();
        return 'else';
      },
    ],
    [
      'swallows its error',
      (section) => {
        try {
          return section();
        } catch {
          return 'swallowed';
        }
      },
    ],
  ])('runs a section once, with its own outcome, whoever wraps it and %s', async (_, around) => {
    hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold, ({ part, message }) => {
      if (part === 'start') message.wrap(around as AroundSection);
    });
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const [a] = openNeighbours(1);
    let runs = 0;
    expect(await a!.locks.withLock('key', async () => (runs += 1))).toBe(1);
    const own = new RangeError('own');
    const failing = (): never => {
      runs += 1;
      throw own;
    };
    await expect(a!.locks.withLock('key', failing)).rejects.toBe(own);
    expect(runs).toBe(2);
    for (const [warning] of warned.mock.calls) expect(warning).toMatchObject({ message: 'tracer' });
    warned.mockRestore();
  });

  it('shows nothing of itself on the lock', async () => {
    hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const [a] = openNeighbours(1);
    const lock = await a!.locks.acquire('key');
    expect(Object.keys(lock)).toEqual([]);
    await lock.release();
  });
});
