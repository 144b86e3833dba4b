/** Re-entry by async context: what counts as the caller's own lock, for how long, and what never does. */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import { LockBusyError, LockLostError, LockNotHeldError, LockOptionsError } from '../../../../lib/lock.errors.js';
import type { Lock } from '../../../../lib/lock.js';
import { LockService } from '../../../../lib/lock.service.js';
import { outcomeOf, openLocks } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { Gate } from '../../../support/fakes/fake-store.js';

describe('entering a key that is held', () => {
  useFakeClock();

  it('is a counter: no request, the same lease, the same fencing token', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      await locks.withLock('key', async (inner) => {
        expect([inner.token, inner.fencingToken]).toEqual([outer.token, outer.fencingToken]);
      });
      expect(store.calls).toHaveLength(1);
    });
  });

  it('to depth d needs d releases', async () => {
    const { locks, store } = openLocks();
    const depths: boolean[] = [];
    const dive = (depth: number): Promise<void> =>
      locks.withLock('key', async () => {
        if (depth > 1) await dive(depth - 1);
        depths.push((await store.look('key')).holders.length > 0);
      });
    await dive(5);
    expect(depths).toEqual([true, true, true, true, true]);
    expect(store.sent('release')).toHaveLength(1);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('and releasing it inside neither frees it nor stops its renewal', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      const inner = await locks.acquire('key');
      await inner.release();
      expect([inner.isHeld, outer.isHeld]).toEqual([false, true]);
      await advance(10_000);
      expect(outer.isHeld).toBe(true);
      expect((await store.look('key')).holders[0]).toMatchObject({ token: outer.token });
    });
  });

  it('keeps it when the outer section ends first', async () => {
    const { locks, store } = openLocks();
    let inner!: Lock;
    const outer = await locks.withLock('key', async (lock) => {
      inner = await locks.acquire('key');
      return lock;
    });
    expect([outer.isHeld, inner.isHeld]).toEqual([false, true]);
    await advance(10_000);
    expect(inner.isHeld).toBe(true);
    await inner.release();
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('throws when it is lost', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    await locks.withLock('key', { onLost: 'ignore' }, async (lock) => {
      await advance(988);
      const inner = locks.withLock('key', () => expect(true).toBe(false));
      await expect(inner).rejects.toBeInstanceOf(LockLostError);
      await expect(inner).rejects.toMatchObject({ key: 'key', cause: lock.signal.reason });
      await expect(locks.tryAcquire('key')).rejects.toBeInstanceOf(LockLostError);
    });
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it('works for some of several keys, and takes the rest', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('b', async () => {
      await locks.withLock(['a', 'b', 'c'], async () => undefined);
      expect(store.sent('acquire').map(({ key }) => key)).toEqual(['b', 'a', 'c']);
      expect(store.sent('release').map(({ key }) => key)).toEqual(['a', 'c']);
    });
    expect(store.sent('release').map(({ key }) => key)).toEqual(['a', 'c', 'b']);
  });

  it('by two branches at once lets both run, and frees it after the last', async () => {
    const { locks, store } = openLocks();
    await locks.withLock('key', async (outer) => {
      const inside: string[] = [];
      const branch = (name: string, ms: number): Promise<void> =>
        locks.withLock('key', async (lock) => {
          inside.push(`${name} in`);
          await new Promise((resolve) => setTimeout(resolve, ms));
          expect(lock.fencingToken).toBe(outer.fencingToken);
          inside.push(`${name} out`);
        });
      const both = Promise.all([branch('a', 20), branch('b', 10)]);
      await advance(20);
      await both;
      expect(inside).toEqual(['a in', 'b in', 'b out', 'a out']);
      expect(outer.isHeld).toBe(true);
      expect(store.sent('release')).toEqual([]);
    });
    expect(store.sent('release')).toHaveLength(1);
  });
});

describe('with reentrant: false', () => {
  useFakeClock();

  it.each([
    ['the inner call', {}, { reentrant: false }],
    ['the outer call', { reentrant: false }, {}],
  ])('at %s a caller that would wait for itself is told at once', async (_, outer, inner) => {
    const { locks, store } = openLocks({ wait: Infinity });
    await locks.withLock('key', outer, async () => {
      const asked = locks.acquire('key', inner);
      await expect(asked).rejects.toBeInstanceOf(LockBusyError);
      await expect(asked).rejects.toThrow('reentrant: false');
    });
    expect(store.sent('acquire')).toHaveLength(1);
  });

  it('nothing is left of the other keys of a call that would wait for itself', async () => {
    const { locks, store } = openLocks({ reentrant: false });
    await locks.withLock('key', async () => {
      await expect(locks.acquire(['a', 'key'])).rejects.toBeInstanceOf(LockBusyError);
      expect((await store.look('a')).holders).toEqual([]);
    });
  });

  it('a caller waits for others as usual', async () => {
    const { locks } = openLocks({ reentrant: false });
    const lock = await locks.acquire('key');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    expect(asked.state).toBe('pending');
    await lock.release();
    await flush();
    expect(asked.state).toBe('resolved');
  });
});

describe('a branch that outlives its section', () => {
  useFakeClock();

  it('takes the key anew', async () => {
    const { locks, store } = openLocks();
    let branch!: Promise<string>;
    const token = await locks.withLock('key', async (lock) => {
      branch = new Promise((resolve) => setTimeout(resolve, 100)).then(() =>
        locks.withLock('key', async (own) => own.token),
      );
      return lock.token;
    });
    await advance(100);
    expect(await branch).not.toBe(token);
    expect(store.sent('acquire')).toHaveLength(2);
  });

  it('takes it anew even while it is being given back', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    let later!: () => Promise<Lock>;
    const outer = outcomeOf(
      locks.withLock('key', async () => {
        const { AsyncResource } = await import('node:async_hooks');
        later = AsyncResource.bind(() => locks.acquire('key'));
      }),
    );
    await flush();
    const asked = outcomeOf(later());
    await flush();
    expect([outer.state, asked.state]).toEqual(['pending', 'pending']);
    gate.open();
    await flush();
    expect([outer.state, asked.state]).toEqual(['resolved', 'resolved']);
    expect(store.sent('acquire')).toHaveLength(2);
  });

  it('has no current lock', async () => {
    const { locks } = openLocks();
    let branch!: Promise<Lock>;
    await locks.withLock('key', async () => {
      branch = new Promise((resolve) => setTimeout(resolve, 100)).then(() => locks.current());
    });
    branch.catch(() => undefined);
    await advance(100);
    await expect(branch).rejects.toBeInstanceOf(LockNotHeldError);
  });
});

describe('the current lock', () => {
  useFakeClock();

  it('is the innermost, and of a key the innermost that covers it', async () => {
    const { locks } = openLocks();
    await locks.withLock(['a', 'b'], async (outer) => {
      await locks.withLock('c', async (inner) => {
        expect([locks.current(), locks.current('c'), locks.current('b')]).toEqual([inner, inner, outer]);
        expect(['a', 'b', 'c', 'd'].map((key) => locks.holds(key))).toEqual([true, true, true, false]);
      });
      expect(locks.current()).toBe(outer);
    });
    expect(() => locks.current()).toThrow(LockNotHeldError);
  });

  it('is nobody else’s: parallel callers and other services do not see it', async () => {
    const { locks, engine } = openLocks();
    const other = new LockService(engine);
    const gate = jest.fn();
    const section = locks.withLock('key', async () => {
      expect(() => other.current()).toThrow(LockNotHeldError);
      expect([locks.holds('key'), other.holds('key')]).toEqual([true, false]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      gate();
    });
    await flush();
    expect(locks.holds('key')).toBe(false);
    expect(() => locks.current('key')).toThrow(LockNotHeldError);
    await advance(10);
    await section;
    expect(gate).toHaveBeenCalled();
  });

  it('is not what acquire() returns, unless run() makes it so', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    expect(locks.holds('key')).toBe(false);
    await locks.run(lock, async () => {
      expect(locks.current()).toBe(lock);
      await locks.withLock('key', async () => undefined);
    });
    expect(store.calls).toHaveLength(1);
    expect(lock.isHeld).toBe(true);
  });

  it('holds a key only until its lease ends', async () => {
    const { locks } = openLocks({ autoRenew: false });
    await locks.withLock('key', { onLost: 'ignore' }, async () => {
      await advance(988);
      expect(locks.holds('key')).toBe(false);
    });
  });
});

describe('code that runs outside', () => {
  useFakeClock();

  it('holds nothing, and takes a key anew', async () => {
    const { locks } = openLocks();
    await locks.withLock('key', async () => {
      expect(locks.outside(() => [locks.holds('key'), 'returned'])).toEqual([false, 'returned']);
      expect(() => locks.outside(() => locks.current())).toThrow(LockNotHeldError);
      expect(await locks.outside(() => locks.tryAcquire('key'))).toBeNull();
      expect(locks.holds('key')).toBe(true);
    });
  });

  it('holds no lock of another service either', async () => {
    const [one, other] = [openLocks(), openLocks()];
    await one.locks.withLock('key', () =>
      other.locks.withLock('key', async () => {
        expect(other.locks.outside(() => [one.locks.holds('key'), other.locks.holds('key')])).toEqual([false, false]);
      }),
    );
  });

  it('keeps the application’s own contexts', async () => {
    const { locks } = openLocks();
    const requests = new AsyncLocalStorage<string>();
    await requests.run('a request', () =>
      locks.withLock('key', async () => expect(locks.outside(() => requests.getStore())).toBe('a request')),
    );
  });

  it('is refused when it is none', () => {
    const { locks } = openLocks();
    for (const section of [undefined, null, 'key', Promise.resolve()]) {
      expect(() => locks.outside(section as never)).toThrow(LockOptionsError);
    }
  });

  it('hands on what it throws', () => {
    const { locks } = openLocks();
    const failure = new Error('thrown');
    const fail = (): never => {
      throw failure;
    };
    expect(() => locks.outside(fail)).toThrow(failure);
  });
});

/** Runs tasks one after the other, as p-queue and its like do: the one that ends starts the next, in its own context. */
class Pool {
  private readonly tasks: (() => Promise<unknown>)[] = [];
  private running = 0;

  constructor(private readonly concurrency: number) {}

  add(task: () => Promise<unknown>): void {
    this.tasks.push(task);
    if (this.running < this.concurrency) void this.run();
  }

  private async run(): Promise<void> {
    this.running += 1;
    for (let task = this.tasks.shift(); task; task = this.tasks.shift()) await task();
    this.running -= 1;
  }
}

describe('a re-entered hold that outlives the section that it was entered from', () => {
  useFakeClock();
  const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  /** A section in which a pool is set going, which then works for others too. */
  async function share({ locks }: Bench, key: string, add: (pool: Pool) => void): Promise<void> {
    const pool = new Pool(1);
    await locks.withLock(key, async () => {
      pool.add(() => rest(10));
      await rest(5);
      add(pool);
      await rest(10);
    });
    await rest(200);
  }

  it('is told, when a pool that one section has set going works for another', async () => {
    const bench = openLocks();
    const { locks, heard } = bench;
    const done = share(bench, 'key', (pool) => pool.add(() => locks.withLock('key', () => rest(50))));
    await advance(1_000);
    await done;
    expect(heard('warning')).toEqual([
      {
        type: 'warning',
        code: 'reentry-outlived-section',
        instance: 'default',
        label: '',
        key: 'key',
        token: heard('acquired')[0]!.token,
        message: expect.stringContaining('locks.outside'),
      },
    ]);
  });

  it('is told, when an event emitter starts what nobody waits for', async () => {
    const { locks, heard } = openLocks();
    const emitter = new EventEmitter().on('done', () => void locks.withLock('key', () => rest(50)));
    const section = locks.withLock('key', () => emitter.emit('done'));
    await advance(1_000);
    await section;
    expect(heard('warning')).toHaveLength(1);
  });

  it('is told of one of several keys, and of an inner section that was outlived', async () => {
    const { locks, heard } = openLocks();
    const section = locks.withLock('a', () =>
      locks.withLock(['a', 'b'], async () => {
        void locks.withLock('b', () => rest(50));
      }),
    );
    await advance(1_000);
    await section;
    expect(heard('warning').map(({ key }) => key)).toEqual(['b']);
  });

  it('is told of one that was entered on the way to another key', async () => {
    const { locks, heard, rival } = openLocks();
    await rival.acquire('b', 'rival', 600_000);
    const section = locks.withLock('a', () => void locks.withLock(['a', 'b'], () => rest(50)));
    await advance(100);
    await section;
    await rival.release('b', 'rival');
    await advance(1_000);
    expect(heard('warning').map(({ key }) => key)).toEqual(['a']);
  });

  it('is told once for each key, however often it happens', async () => {
    const { locks, heard } = openLocks();
    for (const key of ['a', 'b', 'a', 'b', 'a']) {
      const section = locks.withLock(key, () => void locks.withLock(key, () => rest(50)));
      await advance(100);
      await section;
    }
    expect(heard('warning').map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it.each<[string, (bench: Bench) => Promise<unknown>]>([
    ['nested sections', ({ locks }) => locks.withLock('key', () => locks.withLock('key', () => rest(10)))],
    [
      'branches that are awaited',
      ({ locks }) =>
        locks.withLock('key', () =>
          Promise.all([locks.withLock('key', () => rest(10)), locks.withLock(['key', 'b'], () => rest(20))]),
        ),
    ],
    [
      'a lock that is taken and given back inside',
      ({ locks }) => locks.withLock('key', async () => (await locks.acquire('key')).release()),
    ],
    [
      'a call that fails inside',
      ({ locks }) =>
        locks.withLock('key', () => locks.withLock('key', () => Promise.reject(new Error('failed'))).catch(() => 0)),
    ],
    [
      'several keys of which one is not to be had',
      async ({ locks, rival }) => {
        await rival.acquire('b', 'rival');
        await locks.withLock('a', () => locks.tryAcquire(['a', 'b']));
        await rival.release('b', 'rival');
      },
    ],
    [
      'a pool whose tasks are started outside',
      (bench) => {
        const { locks } = bench;
        return share(bench, 'key', (pool) =>
          pool.add(() => locks.outside(() => locks.withLock('key', () => rest(50)))),
        );
      },
    ],
    [
      'a pool whose tasks are bound to where they come from',
      (bench) => {
        const task = AsyncResource.bind(() => bench.locks.withLock('key', () => rest(50)));
        return share(bench, 'key', (pool) => pool.add(task));
      },
    ],
  ])('is not told of %s', async (_, act) => {
    const bench = openLocks();
    const done = act(bench);
    await advance(1_000);
    await done;
    expect(bench.heard('warning')).toEqual([]);
    const acquired = bench.heard('acquired').filter(({ how }) => how !== 're-entered');
    expect(bench.heard('released').length).toBe(acquired.length);
  });

  it('excludes what a pool starts outside', async () => {
    const bench = openLocks();
    const { locks } = bench;
    let inside = 0;
    const beside: number[] = [];
    const section = async (): Promise<void> => {
      beside.push(inside++);
      await rest(50);
      inside -= 1;
    };
    const pool = new Pool(2);
    const all = locks.withLock('key', async () => {
      for (let i = 0; i < 5; i++) pool.add(() => locks.outside(() => locks.withLock('key', section)));
      await section();
    });
    await advance(5_000);
    await all;
    expect(beside).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('a section that plans the next', () => {
  const GENERATIONS = 500;
  /** Those that are still to be found may be the last few. */
  const FEW = 5;
  const soon = setImmediate;

  it.each<[string, (bench: Bench, next: () => void, met: (lock: Lock) => void) => Promise<unknown>]>([
    [
      'by a timer, inside of itself',
      ({ locks }, next, met) =>
        locks.withLock('key', (lock) => {
          met(lock);
          soon(next);
        }),
    ],
    [
      'at once, inside of itself',
      ({ locks }, next, met) =>
        locks.withLock('key', async (lock) => {
          met(lock);
          void Promise.resolve().then(next);
        }),
    ],
    [
      'for another key each time',
      ({ locks }, next, met) =>
        locks.withLock(`key ${Math.random()}`, (lock) => {
          met(lock);
          soon(next);
        }),
    ],
    [
      'with several keys',
      ({ locks }, next, met) =>
        locks.withLock(['a', 'b'], (lock) => {
          met(lock);
          soon(next);
        }),
    ],
    [
      'within sections within sections',
      ({ locks }, next, met) =>
        locks.withLock('a', () =>
          locks.withLock('b', () =>
            locks.withLock('a', (lock) => {
              met(lock);
              soon(next);
            }),
          ),
        ),
    ],
    [
      'before it has ended',
      ({ locks }, next, met) =>
        locks.withLock(`key ${Math.random()}`, async (lock) => {
          met(lock);
          soon(next);
          await new Promise((resolve) => soon(() => soon(resolve)));
        }),
    ],
  ])('keeps nothing of those before: %s', async (_, run) => {
    const bench = openLocks();
    const met: WeakRef<Lock>[] = [];
    const last = await plan(bench, run, (lock) => met.push(new WeakRef(lock)));
    expect(met).toHaveLength(GENERATIONS);
    await collected(met);
    last.emitDestroy();
    await bench.engine.close();
  });

  it('keeps nothing of those before, within a lock that is held all the while', async () => {
    const bench = openLocks();
    const { locks } = bench;
    const outer = await locks.acquire('outer', { ttl: 600_000 });
    const met: WeakRef<Lock>[] = [];
    const run = (_bench: Bench, next: () => void): Promise<unknown> =>
      locks.run(outer, () =>
        locks.withLock('outer', (lock) => {
          met.push(new WeakRef(lock));
          soon(next);
        }),
      );
    const last = await plan(bench, run, () => undefined);
    await collected(met);
    last.emitDestroy();
    expect(outer.isHeld).toBe(true);
    await outer.release();
    await bench.engine.close();
  });

  it('finds its way about as fast as ever in locks that it runs in again and again', async () => {
    const { locks, engine } = openLocks();
    const [a, b] = [await locks.acquire('a'), await locks.acquire('b')];
    const fastest = await new Promise<number>((resolve) => {
      let left = 20_000;
      const next = (): void => {
        const [one, two] = left % 2 === 0 ? [a, b] : [b, a];
        locks.run(one, () =>
          locks.run(two, () => {
            if (locks.current() !== two || locks.current(one.key) !== one) resolve(NaN);
            if (left-- === 0) resolve(Math.min(...Array.from({ length: 50 }, () => timed(() => locks.holds('c')))));
            else soon(next);
          }),
        );
      };
      next();
    });
    // Milliseconds; going through all of them takes several times as long even on a fast machine that is idle.
    expect(fastest).toBeLessThan(0.05);
    await Promise.all([a.release(), b.release()]);
    await engine.close();
  });

  function timed(act: () => unknown): number {
    const begin = performance.now();
    act();
    return performance.now() - begin;
  }

  async function plan(
    bench: Bench,
    run: (bench: Bench, next: () => void, met: (lock: Lock) => void) => Promise<unknown>,
    met: (lock: Lock) => void,
  ): Promise<AsyncResource> {
    const runs: Promise<unknown>[] = [];
    // It keeps the context in which the next run would begin.
    const last = await new Promise<AsyncResource>((resolve, reject) => {
      let left = GENERATIONS;
      const next = (): void => {
        if (left-- === 0) return resolve(new AsyncResource('last'));
        runs.push(run(bench, next, met).catch(reject));
      };
      next();
    });
    await Promise.all(runs);
    return last;
  }

  async function collected(met: WeakRef<Lock>[]): Promise<void> {
    await new Promise((resolve) => soon(resolve));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => soon(resolve));
    }
    expect(met.filter((lock) => lock.deref() !== undefined).length).toBeLessThan(FEW);
  }
});
