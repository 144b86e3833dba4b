/**
 * A heartbeat thread that runs in this thread, on a store of its own; what it tells can be held back, as while the main
 * thread is blocked.
 */
import type { LockDefaults } from '../../../lib/acquire.options.js';
import type { HandOffBudget } from '../../../lib/core/lease/hand-off.js';
import type { ThreadPort } from '../../../lib/heartbeat-thread/heartbeat-thread.js';
import { Renewals } from '../../../lib/heartbeat-thread/renewals.js';
import type { TouchReport } from '../../../lib/heartbeat-thread/thread-messages.js';
import { ThreadWatcher } from '../../../lib/heartbeat-thread/thread-watcher.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { FakeStore } from './fake-store.js';
import { openLocks } from './locks.js';
import type { Bench } from './locks.js';

export class FakeThread implements ThreadPort {
  /** Where it touches leases. */
  readonly store: FakeStore;
  readonly renewals: Renewals;
  /** Whether the main thread is blocked. */
  private isBlocked = false;
  isEnded = false;
  /** Whether it keeps the process alive. */
  isNeeded = false;
  private readonly unheard: (readonly TouchReport[])[] = [];
  private listener: Parameters<ThreadPort['listen']>[0] | undefined;

  constructor(leases: MemoryLeases) {
    this.store = new FakeStore(leases);
    this.renewals = new Renewals({
      clock: { shift: 0 },
      open: ({ store }) => {
        this.listener?.opened(store);
        return this.store;
      },
      tell: (reports) => {
        this.unheard.push(structuredClone(reports));
        if (!this.isBlocked) this.hear();
      },
    });
  }

  post(order: Parameters<ThreadPort['post']>[0]): void {
    if (!this.isEnded) this.renewals.carryOut(structuredClone(order));
  }

  listen(listener: Parameters<ThreadPort['listen']>[0]): void {
    this.listener = listener;
  }

  keepAlive(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
  }

  end(): Promise<void> {
    this.isEnded = true;
    this.listener?.ended(new Error('It ended with code 1.'));
    return Promise.resolve();
  }

  /** From now on the main thread hears nothing. */
  block(): void {
    this.isBlocked = true;
  }

  /** The main thread goes on. */
  hear(): void {
    this.isBlocked = false;
    for (const reports of this.unheard.splice(0)) this.listener?.reported(reports);
  }
}

/** What a test plays with. */
export interface ThreadBench extends Bench {
  readonly thread: FakeThread;
  /** What the application was told of the thread. */
  readonly said: readonly string[];
}

/** Opens a service with such a thread. */
export function openWithThread(defaults: LockDefaults = {}, handOff?: HandOffBudget): ThreadBench {
  const leases = new MemoryLeases();
  const thread = new FakeThread(leases);
  const said: string[] = [];
  const watcher = new ThreadWatcher({
    store: { connection: 'any', prefix: 'lock', commandTimeout: 5_000 },
    start: () => thread,
    warn: (message) => said.push(message),
  });
  void watcher.start();
  const bench = openLocks(defaults, 10_000, new FakeStore(leases), handOff, undefined, watcher);
  return { ...bench, thread, said };
}
