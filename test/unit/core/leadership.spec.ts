/** One leader in a fleet: who follows whom, when its work is told to end, and what keeps it from standing again. */
import { once } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError, LockShutdownError } from '../../../lib/lock.errors.js';
import type { Leadership, LeadershipState, LeadOptions } from '../../../lib/lock.leadership.js';
import type { Lock } from '../../../lib/lock.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { advance, blockEventLoop, flush, lastingTimers, useFakeClock } from '../../support/fakes/fake-clock.js';
import { failing, FakeStore, hanging } from '../../support/fakes/fake-store.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { deferred } from '../../support/waiting.js';

const LATER = 60_000;

/** One turn at leading. */
interface Turn {
  readonly signal: AbortSignal;
  readonly lock: Lock;
  end(): void;
  fail(error: unknown): void;
}

/** An instance that stands for leader, with all its turns. Its work lasts until the test ends it or its signal aborts. */
class Candidate {
  readonly turns: Turn[] = [];
  readonly states: LeadershipState[] = [];
  readonly errors: unknown[] = [];
  readonly leadership: Leadership;

  constructor(
    readonly bench: Bench,
    options: LeadOptions = {},
    heedsSignal = true,
  ) {
    const work = async (signal: AbortSignal, lock: Lock): Promise<void> => {
      const over = deferred();
      this.turns.push({ signal, lock, end: () => over.resolve(), fail: (error) => over.reject(error) });
      if (heedsSignal) signal.addEventListener('abort', () => over.reject(signal.reason));
      await over.promise;
    };
    this.leadership = bench.locks.lead('key', work, { onError: (error) => this.errors.push(error), ...options });
    this.leadership.state$.subscribe((state) => this.states.push(state));
  }

  get last(): Turn {
    return this.turns.at(-1)!;
  }
}

/** Processes on one server. */
function fleet(count: number, shutdownGrace = 5_000): Bench[] {
  const leases = new MemoryLeases();
  return Array.from({ length: count }, () => openLocks({ wait: 0 }, shutdownGrace, new FakeStore(leases)));
}

describe('a fleet with a leader', () => {
  useFakeClock();

  it('has one, under the lock and its fencing token; the others wait without asking again', async () => {
    const candidates = fleet(3).map((bench) => new Candidate(bench));
    await advance(LATER);
    expect(candidates.map(({ leadership }) => leadership.isLeader)).toEqual([true, false, false]);
    expect(candidates.map(({ states }) => states.at(-1))).toEqual(['leading', 'following', 'following']);
    expect(candidates[0]!.last.lock).toMatchObject({ key: 'key', isHeld: true, ttl: 1_000 });
    for (const { bench } of candidates) expect(bench.store.sent('acquire').length).toBeLessThanOrEqual(1);
  });

  it('has the next one at once when the leader resigns, and not before its work has ended', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench, {}, false)) as [Candidate, Candidate];
    await flush();
    const resigned = outcomeOf(first.leadership.resign());
    await advance(5_000);
    expect([first.last.signal.aborted, first.leadership.isLeader, resigned.state]).toEqual([true, true, 'pending']);
    expect(second.turns).toEqual([]);
    first.last.end();
    await flush();
    expect([resigned.state, first.leadership.isLeader, second.leadership.isLeader]).toEqual(['resolved', false, true]);
    expect([first.states, second.states]).toEqual([
      ['following', 'leading', 'stopped'],
      ['following', 'leading'],
    ]);
    expect(second.last.lock.fencingToken).toBeGreaterThan(first.last.lock.fencingToken);
  });

  it('has the next one at once when the module of the leader closes', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench)) as [Candidate, Candidate];
    await flush();
    first.bench.engine.refuse();
    const closed = outcomeOf(first.bench.engine.close());
    await flush();
    expect(first.last.signal.reason).toBeInstanceOf(LockShutdownError);
    expect([closed.state, second.leadership.isLeader]).toEqual(['resolved', true]);
    await expect(first.leadership.done).resolves.toBeUndefined();
    expect([first.states, first.errors]).toEqual([['following', 'leading', 'stopped'], []]);
  });

  it('gives the work of a closing module its grace time', async () => {
    const [first, second] = fleet(2, 2_000).map((bench) => new Candidate(bench, {}, false)) as [Candidate, Candidate];
    await flush();
    first.bench.engine.refuse();
    const closed = outcomeOf(first.bench.engine.close());
    await advance(1_900);
    expect([first.leadership.isLeader, second.leadership.isLeader, closed.state]).toEqual([true, false, 'pending']);
    await advance(200);
    expect([first.leadership.isLeader, second.leadership.isLeader, closed.state]).toEqual([false, true, 'resolved']);
    first.last.end();
    await flush();
    expect(first.states.at(-1)).toBe('stopped');
  });

  it('ends the wait of a follower whose module closes', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench)) as [Candidate, Candidate];
    await flush();
    second.bench.engine.refuse();
    await second.bench.engine.close();
    await second.leadership.done;
    expect([second.states, second.errors, first.leadership.isLeader]).toEqual([['following', 'stopped'], [], true]);
  });

  it('has the leader step down before another can step up, when the store is silent', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench)) as [Candidate, Candidate];
    await flush();
    for (const name of ['touch', 'release', 'acquire'] as const) first.bench.store.always(name, hanging);
    let ledByBoth = false;
    for (let i = 0; i < 3_000 && second.turns.length === 0; i++) {
      await advance(1);
      ledByBoth ||= second.turns.length > 0 && !first.last.signal.aborted;
    }
    expect([ledByBoth, second.turns.length, first.states.at(-1)]).toEqual([false, 1, 'following']);
    expect(first.last.signal.reason).toBeInstanceOf(LockLostError);
  });

  it('has several candidates in one process, too', async () => {
    const [bench] = fleet(1) as [Bench];
    const candidates = [new Candidate(bench), new Candidate(bench), new Candidate(bench)] as const;
    await advance(LATER);
    for (const [i, candidate] of candidates.entries()) {
      expect(candidates.map(({ leadership }) => leadership.isLeader).indexOf(true)).toBe(i);
      await candidate.leadership.resign();
      await flush();
    }
    expect((await bench.store.look('key')).holders).toEqual([]);
  });
});

describe('a leader that loses its lock', () => {
  useFakeClock();

  it('is told by its signal, and stands again when its work has ended', async () => {
    const candidate = new Candidate(openLocks(), {}, false);
    await flush();
    await candidate.bench.locks.forceRelease('key');
    await flush();
    const [turn] = candidate.turns as [Turn];
    expect([turn.signal.reason, candidate.leadership.isLeader]).toEqual([expect.any(LockLostError), false]);
    expect(candidate.states).toEqual(['following', 'leading', 'following']);
    await advance(LATER);
    expect(candidate.turns).toHaveLength(1);
    turn.end();
    await flush();
    expect([candidate.turns.length, candidate.leadership.isLeader, candidate.errors]).toEqual([2, true, []]);
  });

  it('stands again with `stop` as well, and rests where it has led for less than the pause', async () => {
    const candidate = new Candidate(openLocks(), { whenDone: 'stop', pause: '2s' });
    await flush();
    await candidate.bench.locks.forceRelease('key');
    await advance(1_900);
    expect(candidate.turns).toHaveLength(1);
    await advance(200);
    expect(candidate.turns).toHaveLength(2);
  });

  it('is none any more after a blocked event loop, before any timer has run', async () => {
    const candidate = new Candidate(openLocks());
    await flush();
    blockEventLoop(5_000);
    const { signal } = candidate.last;
    expect([candidate.leadership.isLeader, signal.aborted]).toEqual([false, true]);
    expect(signal.reason).toBeInstanceOf(LockLostError);
    expect(() => signal.throwIfAborted()).toThrow(LockLostError);
  });

  it('has come upon the loss before it was told of it, which is no error of its work', async () => {
    const { locks } = openLocks();
    const errors: unknown[] = [];
    let begun = 0;
    const work = async (signal: AbortSignal, lock: Lock): Promise<void> => {
      if (begun++ === 0) {
        blockEventLoop(5_000);
        if (!lock.isHeld) throw new LockLostError('found out by itself', { key: 'key' });
      }
      await once(signal, 'abort');
    };
    locks.lead('key', work, { onError: (error) => errors.push(error) });
    await advance(1_000);
    expect([begun, errors]).toEqual([2, []]);
  });

  it('leads on though the module has a maxHold', async () => {
    const candidate = new Candidate(openLocks({ maxHold: '2s' }));
    await advance(LATER);
    expect([candidate.turns.length, candidate.leadership.isLeader]).toEqual([1, true]);
  });

  it('leads no longer than a maxHold of its own', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench, { maxHold: '5s' })) as [Candidate, Candidate];
    await advance(6_500);
    expect([first.leadership.isLeader, second.leadership.isLeader]).toEqual([false, true]);
    expect(first.turns[0]!.signal.reason).toMatchObject({ reason: 'ended' });
  });
});

describe('a candidate that can’t reach the store', () => {
  useFakeClock();

  it('tries again with growing rests, tells of it once, and leads when it can', async () => {
    const bench = openLocks();
    bench.store.always('acquire', failing);
    const candidate = new Candidate(bench);
    await advance(LATER);
    const tries = bench.store.times('acquire');
    expect([tries.length > 10, tries.length < 40, candidate.errors.length]).toEqual([true, true, 1]);
    expect(candidate.errors[0]).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    bench.store.recover();
    await advance(5_000);
    expect(candidate.leadership.isLeader).toBe(true);
  });

  it('resigns in the middle of a rest, and leaves no timer', async () => {
    const bench = openLocks();
    bench.store.always('acquire', failing);
    const candidate = new Candidate(bench);
    await advance(10_000);
    const resigned = outcomeOf(candidate.leadership.resign());
    await flush();
    expect([resigned.state, candidate.states]).toEqual(['resolved', ['following', 'stopped']]);
    bench.store.recover();
    // Requests that brought no answer are taken back.
    await advance(LATER);
    expect(await lastingTimers()).toBe(0);
  });

  it('is told in the log, where there is no onError', async () => {
    const bench = openLocks();
    const said = jest.spyOn(bench.engine, 'say');
    bench.store.next('acquire', failing);
    new Candidate(bench, { onError: undefined });
    await advance(1_000);
    expect(said.mock.calls).toEqual([['error', expect.stringMatching(/can't stand for leader of "key"/)]]);
  });
});

describe('work that ends although it could lead on', () => {
  useFakeClock();
  const error = new Error('no luck');

  it('begins again after the pause, and lets another take over meanwhile', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench, { pause: '3s' })) as [Candidate, Candidate];
    await flush();
    first.last.fail(error);
    await flush();
    expect([first.errors, first.states.at(-1), second.leadership.isLeader]).toEqual([[error], 'following', true]);
    second.last.end();
    await advance(2_900);
    expect([first.turns.length, second.turns.length]).toEqual([1, 1]);
    await advance(200);
    expect([first.turns.length, first.leadership.isLeader]).toEqual([2, true]);
  });

  it.each(['ends', 'throws'])('has its signal aborted before another leads, when it %s', async (how) => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench)) as [Candidate, Candidate];
    await flush();
    const led: boolean[] = [];
    first.last.signal.addEventListener('abort', () => led.push(first.leadership.isLeader, second.leadership.isLeader));
    if (how === 'ends') first.last.end();
    else first.last.fail(error);
    await flush();
    expect([led, second.leadership.isLeader]).toEqual([[true, false], true]);
  });

  it('stops in the middle of the pause when the module closes', async () => {
    const candidate = new Candidate(openLocks(), { pause: '1h' });
    await flush();
    candidate.last.end();
    await flush();
    const before = candidate.bench.store.sent('acquire').length;
    candidate.bench.engine.refuse();
    const closed = outcomeOf(candidate.bench.engine.close());
    await flush();
    await candidate.leadership.done;
    expect([closed.state, candidate.states.at(-1)]).toEqual(['resolved', 'stopped']);
    expect(candidate.bench.store.sent('acquire')).toHaveLength(before);
    expect(await lastingTimers()).toBe(0);
  });

  it('stops when it is called while the module closes, and asks for nothing', async () => {
    const bench = openLocks();
    bench.engine.refuse();
    const candidate = new Candidate(bench);
    await candidate.leadership.done;
    await flush();
    expect([candidate.turns, candidate.states, candidate.errors]).toEqual([[], ['following', 'stopped'], []]);
  });

  it('says once in the log that it has returned', async () => {
    const bench = openLocks();
    const said = jest.spyOn(bench.engine, 'say');
    bench.locks.lead('key', async () => undefined, { pause: 100 });
    await advance(5_000);
    expect(said.mock.calls).toEqual([['warn', expect.stringMatching(/has ended although it could lead on/)]]);
  });

  it('stops where that is asked for, and the next one leads', async () => {
    const [first, second] = fleet(2).map((bench) => new Candidate(bench, { whenDone: 'stop' })) as [
      Candidate,
      Candidate,
    ];
    await flush();
    first.last.end();
    await expect(first.leadership.done).resolves.toBeUndefined();
    await advance(LATER);
    expect([first.turns.length, first.states.at(-1), second.leadership.isLeader]).toEqual([1, 'stopped', true]);
    second.last.fail(error);
    await expect(second.leadership.done).rejects.toBe(error);
    expect([first.errors, second.errors]).toEqual([[], [error]]);
  });

  it('may throw at once, or nothing at all', async () => {
    const { locks } = openLocks();
    const work = (): never => {
      throw undefined;
    };
    await expect(locks.lead('key', work, { whenDone: 'stop' }).done).rejects.toBeUndefined();
  });

  it('leaves no rejection unhandled, whatever onError does', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const { locks } = openLocks();
    const fails = async (): Promise<never> => Promise.reject(error);
    locks.lead('a', fails, { whenDone: 'stop', onError: fails });
    locks.lead('b', fails, {
      whenDone: 'stop',
      onError: () => {
        throw error;
      },
    });
    await advance(1_000);
    await new Promise((resolve) =>
      jest.requireActual<typeof import('node:timers')>('node:timers').setImmediate(resolve),
    );
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('a leader that resigns', () => {
  useFakeClock();

  it('within its own work does not wait for itself', async () => {
    const { locks, store } = openLocks();
    let leadership: Leadership | undefined;
    const work = async (signal: AbortSignal): Promise<void> => {
      await flush();
      await leadership!.resign();
      expect(signal.aborted).toBe(true);
    };
    leadership = locks.lead('key', work, { whenDone: 'stop' });
    await advance(100);
    await leadership.done;
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('has its work end also where that comes to wait for a signal that has aborted already', async () => {
    const { locks } = openLocks();
    const errors: unknown[] = [];
    const prepared = deferred();
    const work = async (signal: AbortSignal): Promise<void> => {
      await prepared.promise;
      await once(signal, 'abort', { signal });
    };
    const leadership = locks.lead('key', work, { onError: (error) => errors.push(error) });
    await flush();
    const resigned = outcomeOf(leadership.resign());
    prepared.resolve();
    await flush();
    expect([resigned.state, errors]).toEqual(['resolved', []]);
    await leadership.done;
  });

  it('does so when a signal tells it, with its reason, also before it has begun', async () => {
    const controller = new AbortController();
    const candidate = new Candidate(openLocks(), { signal: controller.signal });
    await flush();
    controller.abort('enough');
    await candidate.leadership.done;
    expect(candidate.last.signal.reason).toBe('enough');
    const late = new Candidate(openLocks(), { signal: controller.signal });
    await late.leadership.done;
    expect([late.turns, late.bench.store.calls]).toEqual([[], []]);
  });

  it('is what the end of an `await using` block does, and may be done twice', async () => {
    const { locks, store } = openLocks();
    {
      await using leadership = locks.lead('key', (signal) => once(signal, 'abort'));
      await flush();
      expect(leadership.isLeader).toBe(true);
      await leadership.resign();
    }
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('has its errors reported, unless they only say that its signal has aborted', async () => {
    const aborts = [
      (signal: AbortSignal) => signal.reason as unknown,
      () => new DOMException('The operation was aborted', 'AbortError'),
      (signal: AbortSignal) => new Error('stopped', { cause: signal.reason }),
    ];
    for (const made of aborts) {
      const candidate = new Candidate(openLocks(), {}, false);
      await flush();
      const resigned = candidate.leadership.resign();
      candidate.last.fail(made(candidate.last.signal));
      await resigned;
      await candidate.leadership.done;
      expect(candidate.errors).toEqual([]);
    }
    const candidate = new Candidate(openLocks(), {}, false);
    await flush();
    const resigned = candidate.leadership.resign();
    candidate.last.fail(new Error('disk full'));
    await resigned;
    await expect(candidate.leadership.done).rejects.toThrow('disk full');
    expect(candidate.errors).toHaveLength(1);
  });

  it.each(Array.from({ length: 12 }, (_, i) => i))(
    'stops also when that is in the middle of its election (%i microtasks after the grant)',
    async (microtasks) => {
      const bench = openLocks();
      const { acquire } = bench.engine;
      let leadership: Leadership | undefined;
      jest.spyOn(bench.engine, 'acquire').mockImplementation((...args) => {
        const granted = acquire.apply(bench.engine, args);
        const resign = async (): Promise<void> => {
          for (let i = 0; i < microtasks; i++) await undefined;
          void leadership!.resign();
        };
        void granted.then(resign);
        return granted;
      });
      leadership = bench.locks.lead('key', (signal) => once(signal, 'abort'));
      const done = outcomeOf(leadership.done);
      await advance(100);
      expect([done.state, (await bench.store.look('key')).holders]).toEqual(['resolved', []]);
    },
  );

  it('is given nothing that was granted when it had resigned already', async () => {
    const bench = openLocks();
    const candidate = new Candidate(bench);
    await candidate.leadership.resign();
    await advance(100);
    expect([candidate.turns, (await bench.store.look('key')).holders]).toEqual([[], []]);
  });
});

describe('a leadership', () => {
  useFakeClock();

  it('that is started within a section of its key waits for the end of the section', async () => {
    const bench = openLocks();
    let candidate: Candidate | undefined;
    await bench.locks.withLock('key', async () => {
      candidate = new Candidate(bench);
      await advance(5_000);
      expect(candidate.turns).toEqual([]);
    });
    await flush();
    expect(candidate!.leadership.isLeader).toBe(true);
  });

  it('has its lock as the current one within the work', async () => {
    const { locks } = openLocks();
    const seen: unknown[] = [];
    locks.lead('key', async (signal, lock) => {
      seen.push(locks.current() === lock, await locks.withLock('key', () => 're-entered'));
      await once(signal, 'abort');
    });
    await flush();
    expect(seen).toEqual([true, 're-entered']);
  });

  it('tells a late subscriber the present state, and one that throws disturbs nothing', async () => {
    const candidate = new Candidate(openLocks());
    candidate.leadership.state$.subscribe(() => {
      throw new Error('a bad listener');
    });
    await flush();
    const late: string[] = [];
    candidate.leadership.state$.subscribe({ next: (state) => late.push(state), complete: () => late.push('complete') });
    await candidate.leadership.resign();
    await flush();
    candidate.leadership.state$.subscribe((state) => late.push(`again ${state}`));
    expect(late).toEqual(['leading', 'stopped', 'complete', 'again stopped']);
  });

  it('shows loggers its key, and nothing of the connection', async () => {
    const { leadership } = new Candidate(openLocks());
    expect(inspect(leadership, { depth: 9, showHidden: true })).not.toMatch(/store|engine/i);
    expect(JSON.parse(JSON.stringify(leadership))).toEqual({ key: 'key', state: 'following', isLeader: false });
  });

  it.each<[unknown[], RegExp]>([
    [[''], /Invalid key of lead\(\)/],
    [[['a', 'b'], () => 1], /Invalid key of lead\(\)/],
    [['key'], /section of lead\(\)/],
    [['key', () => 1, { wait: 5 }], /"wait" is not an option of lead\(\)/],
    [['key', () => 1, { whenDone: 'again' }], /Invalid option `whenDone`/],
    [['key', () => 1, { pause: 0 }], /Invalid option `pause`/],
    [['key', () => 1, { ttl: 1 }], /Invalid option `ttl`/],
    [['key', () => 1, { onError: 1 }], /Invalid option `onError`/],
    [['key', () => 1, { signal: 1 }], /Invalid option `signal`/],
  ])('is refused at once for what it can’t go by (%#)', (args, message) => {
    const { locks, store } = openLocks();
    const call = locks.lead.bind(locks) as (...given: unknown[]) => unknown;
    expect(() => call(...args)).toThrow(message);
    expect(store.calls).toEqual([]);
  });
});
