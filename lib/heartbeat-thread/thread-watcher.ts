/**
 * `heartbeat: 'worker'` of one module: has its leases watched by the heartbeat thread of the process, or says once why that
 * can't be; then they are renewed by the main thread as ever.
 */
import type { LeaseToWatch, LeaseWatch, LeaseWatcher, WatchListener } from '../core/lease/lease-watch.js';
import { Outside } from '../core/context/outside.js';
import { inTime } from '../core/in-time.js';
import { messages } from '../lock.messages.js';
import { HeartbeatThread } from './heartbeat-thread.js';
import type { ThreadPort } from './heartbeat-thread.js';
import type { StoreToOpen } from './thread-messages.js';

/** The one of this process, while there is one. */
let shared: HeartbeatThread | undefined;

function startShared(port: ThreadPort): HeartbeatThread {
  const thread = new HeartbeatThread(port, () => {
    if (shared === thread) shared = undefined;
  });
  return thread;
}

/** So long the start of an application waits for the thread, in milliseconds. */
const LONGEST_START = 2_000;

interface WatcherOptions {
  readonly store: StoreToOpen;
  readonly start: () => ThreadPort;
  readonly warn: (message: string) => void;
}

export class ThreadWatcher implements LeaseWatcher {
  private thread: HeartbeatThread | undefined = undefined;
  private store = 0;
  private isOff = false;
  private readonly outside = new Outside();

  constructor(private readonly options: WatcherOptions) {}

  /**
   * Starts the thread, if there is none yet. Resolves when it is connected, but not much later than it should be: the first
   * section may block at once.
   */
  async start(): Promise<void> {
    const opened = this.open();
    if (opened) await inTime(opened, LONGEST_START, this.outside);
  }

  watch(lease: LeaseToWatch, listener: WatchListener): LeaseWatch | undefined {
    return this.thread?.watch(this.store, lease, listener);
  }

  async close(): Promise<void> {
    this.isOff = true;
    const { thread } = this;
    this.thread = undefined;
    await thread?.close(this.store);
  }

  private open(): Promise<void> | undefined {
    const { store, start } = this.options;
    try {
      shared ??= this.outside.run(() => startShared(start()));
      const opening = shared.open(store, (error) => this.giveUp(error));
      this.store = opening.store;
      this.thread = shared;
      return opening.opened;
    } catch (error) {
      this.giveUp(error);
      return undefined;
    }
  }

  private giveUp(error: unknown): void {
    const { warn } = this.options;
    if (this.isOff) return;
    this.isOff = true;
    this.thread = undefined;
    try {
      this.outside.run(() => warn(messages.threadEnded(error)));
    } catch {
      // A logger that fails must not keep a caller from its lock.
    }
  }
}
