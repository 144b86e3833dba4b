/**
 * What `LockService.events$` reports. Events are for people and metrics; nothing in the library depends on them, and
 * none is built while there is no subscriber.
 */
import type { LockError, LockLostError } from './lock.errors.js';

interface EventOf<Type extends string> {
  /** What has happened; tells the events apart. */
  readonly type: Type;
  /** The key the event is about. */
  readonly key: string;
  /** Id of the lease that was held or asked for. */
  readonly token: string;
}

/** A lease was granted. */
export interface LockAcquiredEvent extends EventOf<'acquired'> {
  readonly fencingToken: number;
  /** Milliseconds between asking and holding. */
  readonly waitedMs: number;
}

/** The key was taken, and the caller is in its queue now. */
export interface LockWaitingEvent extends EventOf<'waiting'> {
  /** Milliseconds after which the present holder's lease ends unless it is renewed. */
  readonly holderExpiresInMs: number;
}

/** A lease was extended, by hand or by the heartbeat. */
export interface LockRenewedEvent extends EventOf<'renewed'> {
  readonly fencingToken: number;
  /** Length of the lease from now on, in milliseconds. */
  readonly ttl: number;
}

/** A lease ended while it was held. */
export interface LockLostEvent extends EventOf<'lost'> {
  readonly fencingToken: number;
  readonly error: LockLostError;
}

/** A lease was given back. */
export interface LockReleasedEvent extends EventOf<'released'> {
  readonly fencingToken: number;
  /** Milliseconds between holding and release. */
  readonly heldMs: number;
}

/** A wait ended without the lock: its time was over, it was cancelled, or (`wait: 0`) the key was busy. */
export interface LockTimeoutEvent extends EventOf<'timeout'> {
  /** Milliseconds between asking and giving up. */
  readonly waitedMs: number;
}

/** A request to the store failed. The library retries where that helps; the event is for alarms. */
export interface LockFailedEvent extends EventOf<'failed'> {
  readonly during: 'acquire' | 'renew' | 'release';
  readonly error: LockError;
}

/**
 * Something that is hardly intended. `reentry-outlived-section`: a lock was entered again from within a section, and is
 * still held by that re-entry though the section has ended. Correct nesting never does that; a pool of tasks or an
 * event emitter that is shared by several sections does. Reported once for each key.
 */
export interface LockWarningEvent extends EventOf<'warning'> {
  readonly code: 'reentry-outlived-section';
  readonly message: string;
}

/** Everything {@link LockService.events$} emits; narrow it by `type`. */
export type LockEvent =
  | LockAcquiredEvent
  | LockWaitingEvent
  | LockRenewedEvent
  | LockLostEvent
  | LockReleasedEvent
  | LockTimeoutEvent
  | LockFailedEvent
  | LockWarningEvent;
