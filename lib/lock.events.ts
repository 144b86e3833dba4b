/**
 * What `LockService.events$` reports. Events are for people and metrics; nothing in the library depends on them, and
 * none is built while there is no subscriber.
 */
import type { LockMode } from './acquire.options.js';
import type { LockError, LockLostError } from './lock.errors.js';

/**
 * How a lock came: `free`: nobody was in the way. `granted`: it was waited for, and the store let it in. `handed-on`: from a
 * caller of this process, or shared with one, without asking the store. `re-entered`: the caller had it.
 */
export type LockSource = 'free' | 'granted' | 'handed-on' | 're-entered';

/**
 * Why a caller did not get a lock. `busy`: it was taken, and the caller did not want to wait. `timeout`: the wait was over.
 * `cancelled`: by the caller's signal. `unavailable`: the store could not be reached. `shutdown`: the module is closing.
 */
export type WaitEnd = 'busy' | 'timeout' | 'cancelled' | 'unavailable' | 'shutdown';

interface EventOf<Type extends string> {
  /** What has happened; tells the events apart. */
  readonly type: Type;
  /** Name of the module's instance; `'default'` for the one without a name. */
  readonly instance: string;
  /** The key the event is about. */
  readonly key: string;
  /** Id of the lease that was held or asked for. */
  readonly token: string;
  /**
   * What the lock is for, of low cardinality, so fit for a metric's attribute as the key is not: the template or the method of
   * `@Locked`, or the option `label`; empty where neither is there.
   */
  readonly label: string;
}

interface EventOfLock<Type extends string> extends EventOf<Type> {
  /** What was asked for: a lock for writing (the default) or reading, or with `concurrency` a permit. */
  readonly mode: LockMode | 'permit';
  /** Joins the events of one lock in this process: `waiting`, `acquired` and what follows, or `refused`. */
  readonly id: number;
}

/** A caller has a lock. */
export interface LockAcquiredEvent extends EventOfLock<'acquired'> {
  readonly fencingToken: number;
  /** How it came. */
  readonly how: LockSource;
  /** Milliseconds between asking and holding. */
  readonly waitedMs: number;
}

/** The key was taken, and the caller is in its queue now. */
export interface LockWaitingEvent extends EventOfLock<'waiting'> {
  /** Milliseconds after which the present holder's lease ends unless it is renewed. */
  readonly holderExpiresInMs: number;
}

/** A lease was extended, by hand or by the heartbeat. */
export interface LockRenewedEvent extends EventOfLock<'renewed'> {
  readonly fencingToken: number;
  /** Length of the lease from now on, in milliseconds. */
  readonly ttl: number;
}

/** A lease ended while it was held. */
export interface LockLostEvent extends EventOfLock<'lost'> {
  readonly fencingToken: number;
  readonly error: LockLostError;
}

/** A lease was given back. Where the release failed at first (`failed`), this follows when nothing of the lease can be left. */
export interface LockReleasedEvent extends EventOfLock<'released'> {
  readonly fencingToken: number;
  /** Milliseconds between holding and release. */
  readonly heldMs: number;
}

/** A lease was given away to another process. */
export interface LockDetachedEvent extends EventOfLock<'detached'> {
  readonly fencingToken: number;
  /** Milliseconds between holding and giving away. */
  readonly heldMs: number;
}

/** A caller did not get a lock. */
export interface LockRefusedEvent extends EventOfLock<'refused'> {
  /** Why. */
  readonly reason: WaitEnd;
  /** Milliseconds between asking and giving up. */
  readonly waitedMs: number;
}

/** A key was taken from its holder by `forceRelease`, here or in another process. */
export interface LockForcedEvent extends EventOf<'forced'> {
  /** Whether this process had the key, or has taken it away; where both are true there are two events. */
  readonly side: 'holder' | 'operator';
  /** Why, as the operator has said it. */
  readonly reason: string | undefined;
  /** Who it was, as the operator has said it. */
  readonly by: string | undefined;
}

/** A request to the store failed. The library retries where that helps; the event is for alarms. */
export interface LockFailedEvent extends EventOf<'failed'> {
  readonly during: 'acquire' | 'renew' | 'release';
  readonly error: LockError;
}

/**
 * Something that is hardly intended. `reentry-outlived-section`: a lock was entered again from within a section, and is
 * still held by that re-entry though the section has ended. Correct nesting never does that; a pool of tasks or an
 * event emitter that is shared by several sections does. Reported once for each key. `lock-order`: the key was asked for while
 * another was held, and elsewhere it is the other way round, so that two callers may wait for each other (see the option
 * `lockOrder` of the module). Reported once for the same places in the code; it is about no lease, and its token is empty.
 */
export interface LockWarningEvent extends EventOf<'warning'> {
  readonly code: 'reentry-outlived-section' | 'lock-order';
  readonly message: string;
}

/** Everything {@link LockService.events$} emits; narrow it by `type`. */
export type LockEvent =
  | LockAcquiredEvent
  | LockWaitingEvent
  | LockRenewedEvent
  | LockLostEvent
  | LockReleasedEvent
  | LockDetachedEvent
  | LockRefusedEvent
  | LockForcedEvent
  | LockFailedEvent
  | LockWarningEvent;
