/** What the main thread and the heartbeat thread say to each other; types only. */
import type { LeaseToWatch } from '../core/lease/lease-watch.js';

/** A store of which the thread touches leases. */
export interface StoreToOpen {
  /** Plain values that only the thread's program understands. */
  readonly connection: unknown;
  readonly prefix: string;
  /** In milliseconds. */
  readonly commandTimeout: number;
}

/** A lease to renew, and where its slot is. */
export interface WatchOrder extends Omit<LeaseToWatch, 'deadline' | 'renewUntil'> {
  readonly id: number;
  /** Number of the store. */
  readonly store: number;
  /** Number of the slot, and of its use. */
  readonly slot: number;
  readonly use: number;
  /** What the times in the slot count from. */
  readonly base: number;
  /** Watches that have ended since the last order, which the thread need not remember. */
  readonly forgotten: readonly number[];
}

/** What the main thread says. */
export type ThreadOrder =
  | { readonly order: 'page'; readonly memory: SharedArrayBuffer }
  | { readonly order: 'open'; readonly store: number; readonly options: StoreToOpen }
  | { readonly order: 'close'; readonly store: number }
  | { readonly order: 'watch'; readonly watch: WatchOrder };

/** An error, of which only plain values reach the other thread. */
interface ErrorCopy {
  readonly message: string;
  readonly wasSent: boolean;
}

/** What came of a touch. */
export interface TouchReport {
  /** Of the watch. */
  readonly id: number;
  readonly state: 'held' | 'waiting' | 'gone' | 'unknown';
  /** Where it is held. */
  readonly fencingToken: number;
  /** When it was sent, by the main thread's clock. */
  readonly sentAt: number;
  /** Where it is unknown. */
  readonly error?: ErrorCopy | undefined;
}

/** What the heartbeat thread is started with. */
export interface ThreadStart {
  /** What the main thread's clock shows when that of the computer shows zero, both in milliseconds. */
  readonly clockShift: number;
}
