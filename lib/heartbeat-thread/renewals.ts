/**
 * The leases of the heartbeat thread, and what it does with them: whatever is due together is touched together, and all
 * that came of it is told to the main thread, which may be blocked and hears of it later; what it has to know at once
 * stands in the slots.
 */
import { Heartbeat } from '../core/heartbeat/heartbeat.js';
import type { StoreAnswer, TouchRequest } from '../stores/lock-store.js';
import { Renewal } from './renewal.js';
import type { ThreadClock } from './renewal.js';
import { Slot } from './slot.js';
import { place } from './slot-table.js';
import type { ThreadOrder, TouchReport, WatchOrder } from './thread-messages.js';

/** What the thread needs of a store. */
interface TouchStore {
  /** @param isWanted - asked before the touch is sent again. */
  touch(requests: readonly TouchRequest[], isWanted: () => boolean): Promise<StoreAnswer[]>;
  stop(): Promise<void>;
}

interface RenewalTools {
  readonly clock: ThreadClock;
  /** Makes a store of what it is told of it. */
  open(order: Extract<ThreadOrder, { order: 'open' }>): TouchStore;
  /** Tells the main thread. */
  tell(reports: readonly TouchReport[]): void;
}

/** A call that is too long for one message to the server would hold up its other clients. */
const LONGEST_LIST = 64;

export class Renewals {
  private readonly pages: Int32Array[] = [];
  private readonly stores = new Map<number, TouchStore>();
  private readonly renewals = new Map<number, Renewal>();
  private readonly heartbeat = new Heartbeat<Renewal>((due) => this.touch(due));

  constructor(private readonly tools: RenewalTools) {}

  /** Does what the main thread says. */
  carryOut(order: ThreadOrder): void {
    switch (order.order) {
      case 'page':
        this.pages.push(new Int32Array(order.memory));
        return;
      case 'open':
        this.stores.set(order.store, this.tools.open(order));
        return;
      case 'close':
        void this.stores.get(order.store)?.stop();
        this.stores.delete(order.store);
        return;
      case 'watch':
        return this.watch(order.watch);
    }
  }

  /** How many leases it knows. */
  get size(): number {
    return this.renewals.size;
  }

  private watch(order: WatchOrder): void {
    for (const id of order.forgotten) this.forget(this.renewals.get(id));
    const slot = new Slot(...place(this.pages, order.slot), order.use, order.base);
    const renewal = new Renewal(order, slot, this.tools.clock, this.forget);
    this.renewals.set(order.id, renewal);
    this.heartbeat.add(renewal, renewal.dueAt);
  }

  private readonly forget = (renewal: Renewal | undefined): void => {
    if (!renewal) return;
    this.renewals.delete(renewal.order.id);
    this.heartbeat.remove(renewal);
  };

  private touch(due: readonly Renewal[]): void {
    // While its touch is under way a lease is not due.
    for (const renewal of due) this.heartbeat.remove(renewal);
    for (const number of new Set(due.map(({ order }) => order.store))) {
      const renewals = due.filter(({ order }) => order.store === number);
      for (let i = 0; i < renewals.length; i += LONGEST_LIST) {
        void this.send(this.stores.get(number), renewals.slice(i, i + LONGEST_LIST));
      }
    }
  }

  private async send(store: TouchStore | undefined, renewals: readonly Renewal[]): Promise<void> {
    let answers: readonly StoreAnswer[];
    try {
      if (!store) throw new Error('The store of this lease has been closed.');
      const isWanted = (): boolean => renewals.every((renewal) => renewal.isWanted);
      answers = await store.touch(
        renewals.map(({ request }) => request),
        isWanted,
      );
    } catch (error) {
      answers = renewals.map(() => ({ state: 'unknown', error }));
    }
    const reports = renewals.map((renewal, i) => this.answered(renewal, answers[i]!));
    this.tools.tell(reports);
  }

  private answered(renewal: Renewal, answer: StoreAnswer): TouchReport {
    const { report, goesOn } = renewal.answered(answer);
    if (goesOn) this.heartbeat.add(renewal, renewal.dueAt);
    else this.forget(renewal);
    return report;
  }
}
