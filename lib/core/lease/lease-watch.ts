/**
 * The port to what renews leases while this thread is blocked; types only. A watched lease is touched from outside, always
 * for the same ttl, and its deadline is known here at once, while the answers are heard of when the running code is done.
 */
import type { StoreAnswer } from '../../stores/lock-store.js';

/** What has to be known to renew a lease. Times are monotonic, in whole milliseconds. */
export interface LeaseToWatch {
  readonly key: string;
  readonly token: string;
  readonly fencingToken: number;
  /** Milliseconds that each touch asks for. */
  readonly ttl: number;
  /** How much longer the store is to keep it, see `margin.ts`. */
  readonly lockDelay: number;
  readonly minHold: number;
  readonly grantedAt: number;
  /** Until when it is believed in. */
  readonly deadline: number;
  /** Until when it is renewed; -1: without end. */
  readonly renewUntil: number;
}

/** Hears what becomes of a watched lease, when the running code is done. */
export interface WatchListener {
  /** A touch was answered that was sent at `sentAt`. */
  touched(answer: StoreAnswer, sentAt: number, ttl: number): void;
  /** A touch has ended that was under way when the lease was given up to be watched. */
  leftTouch(answer: StoreAnswer, sentAt: number, ttl: number): void;
  /** Nothing watches it any more. */
  watchEnded(): void;
}

/** What may still come of the touches of a lease that is watched no more. */
export interface LeftBehind {
  /** When the first of those was sent that brought no answer and may be carried out yet; -1: none. */
  readonly doubtAt: number;
  /** When the one was sent that is under way; -1: none is. */
  readonly touchedAt: number;
  /** Resolves when that one has ended; undefined where none is under way. */
  readonly ended: Promise<void> | undefined;
}

/** A lease that is watched. */
export interface LeaseWatch {
  readonly ttl: number;
  /** The store said that there is no such lease. */
  readonly isLost: boolean;
  /** Whether it is renewed as the lease is to be kept now; takes note of a new `renewUntil`. */
  suits(lease: Pick<LeaseToWatch, 'ttl' | 'lockDelay' | 'minHold' | 'renewUntil'>): boolean;
  /** The later of that deadline and its own; -1 when the lease is lost. */
  latest(deadline: number): number;
  /** The lease is believed in until then, by what was sent from elsewhere. */
  raise(deadline: number): void;
  /** Sends nothing more. */
  forget(): LeftBehind;
}

/** Watches leases. */
export interface LeaseWatcher {
  /** Undefined where that can't be had. */
  watch(lease: LeaseToWatch, listener: WatchListener): LeaseWatch | undefined;
  /** Ends it; every watch has been forgotten. */
  close(): Promise<void>;
}
