/** The suite itself: what it asks of a test runner, and that it notices stores that break a promise. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MemoryLeases, MemoryLockStore } from 'nestjs-distributed-lock';
import type {
  AcquireRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TouchRequest,
} from 'nestjs-distributed-lock';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import type {
  LockStoreContractOptions,
  LockStoreHarness,
  LockStoreHarnessFactory,
} from 'nestjs-distributed-lock/testing/contract';
import { FLAWS as OPERATIONS_FLAWS } from './flawed-operations.js';
import { FLAWS as SHARE_FLAWS } from './flawed-stores.js';

/** What a store may leave out. */
type LeftOut = Omit<LockStoreContractOptions, 'describe' | 'it'>;

/** The cases of the suite, by their whole name; none was run yet. */
function casesOf(factory: LockStoreHarnessFactory, leftOut: LeftOut = {}): Map<string, () => Promise<void>> {
  const cases = new Map<string, () => Promise<void>>();
  const path: string[] = [];
  describeLockStore('store', factory, {
    ...leftOut,
    describe: (name, body) => {
      path.push(name);
      body();
      path.pop();
    },
    it: (name, body) => void cases.set([...path, name].join(' › '), body),
  });
  return cases;
}

function harnessOf(Store: new (leases: MemoryLeases) => LockStore): LockStoreHarness {
  let leases: MemoryLeases | undefined;
  const open = (timing: StoreTiming): LockStore => new Store((leases ??= new MemoryLeases(timing)));
  return { hasFakeClock: true, open, advance: (ms) => void jest.advanceTimersByTime(ms) };
}

/** Stores that break one promise each. */
const FLAWS: Readonly<Record<string, new (leases: MemoryLeases) => LockStore>> = {
  'gives a key to every token': class extends MemoryLockStore {
    override async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
      const answers = await super.acquire(requests);
      return answers.map((answer) => (answer.state === 'busy' ? { state: 'held', fencingToken: 1 } : answer));
    }
  },
  'keeps no places': class extends MemoryLockStore {
    override async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
      return super.acquire(requests.map((request) => ({ ...request, wait: false })));
    }
  },
  'prolongs nothing': class extends MemoryLockStore {
    override async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
      const states = await this.inspect(requests.map(({ key }) => key));
      return states.map(({ holders: [holder] }, i) =>
        holder?.token === requests[i]!.token ? { state: 'held', fencingToken: holder.fencingToken } : { state: 'gone' },
      );
    }
  },
  'knows no successors': class extends MemoryLockStore {
    override async release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
      return super.release(requests.map((request) => ({ ...request, successor: undefined })));
    }
  },
  'forgets the last fencing token used': class extends MemoryLockStore {
    override async release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
      return super.release(requests.map((request) => ({ ...request, fencingToken: undefined })));
    }
  },
  'takes upper and lower case for one': class extends MemoryLockStore {
    override async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
      return super.acquire(requests.map((request) => ({ ...request, key: request.key.toLowerCase() })));
    }
  },
  'shows no waiters': class extends MemoryLockStore {
    override async inspect(keys: readonly string[]): Promise<KeyState[]> {
      return (await super.inspect(keys)).map((state) => ({ ...state, waiting: [] }));
    }
  },
  'answers a hundred requests of a list': class extends MemoryLockStore {
    override async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
      return super.touch(requests.slice(0, 100));
    }
  },
  'answers after its end': class extends MemoryLockStore {
    override async stop(): Promise<void> {}
  },
  'throws instead of rejecting': class extends MemoryLockStore {
    override ping(): Promise<void> {
      throw new Error('out of order');
    }
  },
  'sees data of its own only': class extends MemoryLockStore {
    constructor() {
      super(new MemoryLeases());
    }
  },
};

describe('the contract suite', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  async function failed(cases: ReadonlyMap<string, () => Promise<void>>): Promise<string[]> {
    const names: string[] = [];
    for (const [name, body] of cases) await body().catch(() => names.push(name));
    return names;
  }

  it('asks for nothing but `describe` and `it`, and gives every case another name', async () => {
    const declared = jest.fn();
    describeLockStore('store', () => harnessOf(MemoryLockStore), {
      describe: (_name, body) => body(),
      it: (_name, body, timeout) => declared(body.length, timeout),
    });
    expect(declared.mock.calls.length).toBeGreaterThan(150);
    expect(new Set(declared.mock.calls.map((call) => JSON.stringify(call)))).toEqual(new Set(['[0,60000]']));
    expect(casesOf(() => harnessOf(MemoryLockStore)).size).toBe(declared.mock.calls.length);
  });

  it('is passed by a store that keeps every promise', async () => {
    expect(await failed(casesOf(() => harnessOf(MemoryLockStore)))).toEqual([]);
  });

  it.each(Object.entries(FLAWS))('notices a store that %s', async (_, Store) => {
    const leftOut = { reportsGrants: false, sharesKeys: false, acquiresTogether: false, tellsProcesses: false };
    expect((await failed(casesOf(() => harnessOf(Store), leftOut))).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(SHARE_FLAWS))('notices a store that %s', async (_, flaw) => {
    const cases = casesOf(
      () => {
        let open: (() => LockStore) | undefined;
        return { ...harnessOf(MemoryLockStore), open: (timing) => (open ??= flaw(timing))() };
      },
      { reportsGrants: false },
    );
    // Random schedules notice almost all of them; but only a case says what is wrong.
    const spoken = [...cases].filter(([name]) => !name.includes(' › random schedules'));
    expect((await failed(new Map(spoken))).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(OPERATIONS_FLAWS))('notices a store that %s', async (_, Store) => {
    const cases = casesOf(() => harnessOf(Store), { reportsGrants: false, sharesKeys: true });
    const asked = [...cases].filter(([name]) => / › (listing|telling) /.test(name));
    const failures: string[] = [];
    for (const [name, body] of asked) {
      const ended = body().catch(() => failures.push(name));
      // What is not told is waited for, but not for ever.
      await jest.advanceTimersByTimeAsync(15_000);
      await ended;
    }
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.length).toBeLessThan(asked.length);
  });

  it.each([
    ['reportsGrants', ['grants', 'grants of a shared key']],
    [
      'sharesKeys',
      [
        'sharing a key',
        'leases of a shared key',
        'release with a successor, shared',
        'replays on a shared key',
        'conversions',
        'wishes for another share',
        'grants of a shared key',
        'several keys together, shared',
        'random schedules on shared keys',
        'listing shared keys',
      ],
    ],
    ['listsKeys', ['listing keys', 'listing shared keys']],
    ['tellsProcesses', ['telling processes']],
    ['acquiresTogether', ['several keys together', 'several keys together, shared']],
  ] as const)('leaves out what a store leaves out: %s', (name, left) => {
    const groups = (leftOut?: LeftOut): string[] => [
      ...new Set([...casesOf(() => harnessOf(MemoryLockStore), leftOut).keys()].map((each) => each.split(' › ')[1]!)),
    ];
    expect(groups({ [name]: true })).toEqual(groups());
    const missing = groups().filter((group) => !groups({ [name]: false }).includes(group));
    expect(missing.sort()).toEqual([...left].sort());
  });

  it('closes every store and clears away at the end of a case, and tells what failed first', async () => {
    const told: string[] = [];
    const factory: LockStoreHarnessFactory = () => ({
      ...harnessOf(FLAWS['answers after its end']!),
      close: async () => {
        told.push('closed');
        throw new Error('at the end');
      },
      dispose: () => void told.push('cleared away'),
    });
    const cases = casesOf(factory);
    const named = (part: string) => [...cases].find(([name]) => name.includes(part))![1];
    await expect(named('rejects after stop, and does not throw: ping')()).rejects.toThrow('Missing expected rejection');
    expect(told.splice(0)).toEqual(['closed', 'cleared away']);
    await expect(named('answers a ping')()).rejects.toThrow('at the end');
    expect(told).toEqual(['closed', 'cleared away']);
  });

  it('says when a listener was called too soon', async () => {
    class Hasty extends MemoryLockStore {
      private listener: GrantListener | null = null;
      override listen(processId: string, listener: GrantListener | null): void {
        this.listener = listener;
        super.listen(processId, listener);
      }
      override release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
        this.listener?.granted({ token: 'too soon', fencingToken: 1, ttl: 1, at: 1 });
        return super.release(requests);
      }
    }
    const cases = [...casesOf(() => harnessOf(Hasty))];
    const [, run] = cases.find(([name]) => name.includes('never calls the listener inside the request'))!;
    await expect(run()).rejects.toThrow('the listener was called before the request had returned');
  });

  it('names the seed and the step at which a random schedule went wrong', async () => {
    const cases = casesOf(() => harnessOf(FLAWS['keeps no places']!));
    const [, body] = [...cases].find(([name]) => name.includes('seed 3'))!;
    await expect(body()).rejects.toThrow(/^seed 3, step \d+, \w+: /);
  });
});
