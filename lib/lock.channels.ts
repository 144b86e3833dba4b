/**
 * What the library publishes on channels of `node:diagnostics_channel`, for tracers and meters: three tracing channels, whose
 * parts (`start`, `end`, `asyncStart`, `asyncEnd`, `error`) Node.js names `tracing:<channel>:<part>`. Nothing is built or
 * published while nobody subscribes. `start` is published in the async context of the caller. One message object goes through
 * all parts of one operation, so it tells which belong together.
 */
import type { LockMode } from './acquire.options.js';
import type { LockError, LockLostError } from './lock.errors.js';
import type { LockSource, WaitEnd } from './lock.events.js';

/** Names of the tracing channels, for `diagnostics_channel.tracingChannel(name)`. */
export const LOCK_CHANNELS = {
  /** From asking for a lock to having it, or to being refused: {@link LockAcquireMessage}. No re-entries. */
  acquire: 'nestjs-distributed-lock:acquire',
  /** From having a lock to giving it back, or losing it: {@link LockHoldMessage}. No re-entries. */
  hold: 'nestjs-distributed-lock:hold',
  /** One request to the store: {@link LockStoreMessage}. */
  store: 'nestjs-distributed-lock:store',
} as const;

interface LockMessage {
  /** Name of the module's instance; `'default'` for the one without a name. */
  readonly instance: string;
  /** What the lock is for, of low cardinality: template or method of `@Locked`, or the option `label`; may be empty. */
  readonly label: string;
  /** The keys. They are data of the application: leave them out of metrics. */
  readonly keys: readonly string[];
  /** How the first key is shared. */
  readonly mode: LockMode | 'permit';
  /** Joins the messages and events of one lock in this process. */
  readonly id: number;
}

/** Message of the channel `nestjs-distributed-lock:acquire`. `start` and `end` come before, `asyncEnd` when it is settled. */
export interface LockAcquireMessage extends LockMessage {
  /** From `asyncStart` on: `acquired`, or why not. */
  outcome?: 'acquired' | WaitEnd | 'error';
  /** How the lock came, where it was acquired. Of several keys, the slowest way. */
  how?: LockSource;
  /** Milliseconds between asking and the outcome. */
  waitedMs?: number;
  /** Why it was not acquired; `error` is published, too. */
  error?: LockError | unknown;
}

/** Runs a section in a context of the subscriber's. */
export type AroundSection = <Result>(section: () => Result) => Result;

/** Message of the channel `nestjs-distributed-lock:hold`. `start` when the lock is there, `asyncEnd` when it is over. */
export interface LockHoldMessage extends LockMessage {
  readonly fencingToken: number;
  /**
   * To be called by a subscriber of `start`: every piece of code that runs with the lock as its current one (the section of
   * `withLock` and `run`, a locked method, each step of a locked generator) is run through `around`. The last one given is
   * the outermost. The code runs once in any case, and its outcome is its own, whatever `around` does.
   */
  wrap(around: AroundSection): void;
  /** From `asyncStart` on: how it ended. */
  end?: 'released' | 'lost' | 'forced' | 'detached';
  /** Milliseconds it was held. */
  heldMs?: number;
  /** Where it was lost; `error` is published, too. */
  error?: LockLostError;
}

/** Message of the channel `nestjs-distributed-lock:store`. */
export interface LockStoreMessage {
  /** Name of the module's instance. */
  readonly instance: string;
  readonly operation: 'acquire' | 'touch' | 'release' | 'convert';
  /** How many entries the request has. */
  readonly count: number;
  /** Where it failed as a whole; `error` is published, too. */
  error?: unknown;
}
