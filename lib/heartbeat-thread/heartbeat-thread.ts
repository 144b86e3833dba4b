/**
 * The heartbeat thread as the main thread sees it. There is one for all modules of a process; it is started with the first
 * that asks for it, ended with the last, and never keeps the process alive, except while the end of a touch is waited for.
 */
import type { LeaseToWatch, LeaseWatch, WatchListener } from '../core/lease/lease-watch.js';
import { LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { SlotTable } from './slot-table.js';
import type { StoreToOpen, ThreadOrder, TouchReport } from './thread-messages.js';
import { ThreadWatch } from './thread-watch.js';
import type { WatchHome } from './thread-watch.js';

interface ThreadListener {
  reported(reports: readonly TouchReport[]): void;
  /** A store is connected, or can't be at the moment. */
  opened(store: number): void;
  ended(error: unknown): void;
}

/** The thread itself. */
export interface ThreadPort {
  post(order: ThreadOrder): void;
  listen(listener: ThreadListener): void;
  /** Whether it keeps the process alive. */
  keepAlive(isNeeded: boolean): void;
  /** Ends it. */
  end(): Promise<void>;
}

/** Hears that there is no thread any more. */
type OnEnded = (error: unknown) => void;

export class HeartbeatThread implements WatchHome {
  /** By the number of the store. */
  private readonly users = new Map<number, OnEnded>();
  private readonly opening = new Map<number, () => void>();
  private readonly watches = new Map<number, ThreadWatch>();
  private readonly slots: SlotTable;
  private forgotten: number[] = [];
  private lastStore = 0;
  private lastWatch = 0;
  /** How many touches are under way for leases that are watched no more. */
  private leftCount = 0;
  private hasEnded = false;

  /** @param onUnused - called when it has ended, or is about to. */
  constructor(
    private readonly port: ThreadPort,
    private readonly onUnused: () => void,
  ) {
    this.slots = new SlotTable((memory) => port.post({ order: 'page', memory }));
    port.listen({
      reported: (reports) => {
        for (const report of reports) this.reported(report);
      },
      opened: (store) => this.opened(store),
      ended: (error) => this.ended(error),
    });
  }

  /** The number of the store, and what resolves when it is connected, or the thread has ended. */
  open(options: StoreToOpen, onEnded: OnEnded): { readonly store: number; readonly opened: Promise<void> } {
    const store = (this.lastStore += 1);
    this.users.set(store, onEnded);
    const opened = new Promise<void>((resolve) => this.opening.set(store, resolve));
    this.port.post({ order: 'open', store, options });
    return { store, opened };
  }

  /** The last one to close its store ends the thread. */
  async close(store: number): Promise<void> {
    if (!this.users.delete(store)) return;
    if (this.users.size > 0) return this.port.post({ order: 'close', store });
    this.onUnused();
    await this.port.end();
  }

  watch(store: number, lease: LeaseToWatch, listener: WatchListener): LeaseWatch {
    const { deadline, renewUntil, ...order } = lease;
    const id = (this.lastWatch += 1);
    const index = this.slots.take();
    const base = Math.floor(performance.now());
    const { slot, use } = this.slots.slot(index, base);
    slot.open(deadline, renewUntil);
    const watch = new ThreadWatch(id, index, slot, lease, listener, this);
    this.watches.set(id, watch);
    this.port.post({
      order: 'watch',
      watch: { ...order, id, store, slot: index, use, base, forgotten: this.forgotten },
    });
    if (this.forgotten.length > 0) this.forgotten = [];
    return watch;
  }

  freed({ id, index }: ThreadWatch): void {
    this.watches.delete(id);
    this.slots.give(index);
    this.forgotten.push(id);
  }

  left(): void {
    this.leftCount += 1;
    if (this.leftCount === 1) this.port.keepAlive(true);
  }

  leftEnded(): void {
    this.leftCount -= 1;
    if (this.leftCount === 0) this.port.keepAlive(false);
  }

  private opened(store: number): void {
    this.opening.get(store)?.();
    this.opening.delete(store);
  }

  private reported(report: TouchReport): void {
    const { id, error } = report;
    const cause = error && new LockUnavailableError(error.message, { wasSent: error.wasSent });
    this.watches.get(id)?.reported(report, cause);
  }

  private ended(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.onUnused();
    for (const store of this.opening.keys()) this.opened(store);
    // First, so that no lease is watched again.
    for (const onEnded of this.users.values()) onEnded(error);
    this.users.clear();
    const lost = new LockUnavailableError(messages.threadTouchLost(), { cause: error });
    for (const watch of this.watches.values()) watch.threadEnded(lost);
  }
}
