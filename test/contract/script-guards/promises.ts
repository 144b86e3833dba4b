/**
 * What each guard of the Redis scripts is there for, as small as it can be said: each promise is kept by the scripts as
 * they are, and broken when a guard that protects it is taken away. See `script-guards.spec.ts`.
 */
import type { Redis } from 'ioredis';
import type { StoreTiming } from '../../../lib/stores/lock-store.js';
import type { Driver } from '../../../lib/testing/contract/driver.js';
import type { FENCING_PROMISES } from './fencing.promises.js';
import type { HOLD_PROMISES } from './hold.promises.js';
import type { OPERATIONS_PROMISES } from './operations.promises.js';
import type { QUEUE_PROMISES } from './queue.promises.js';
import type { RELEASE_PROMISES } from './release.promises.js';
import type { SHARE_CHANGE_PROMISES } from './share-change.promises.js';
import type { SHARE_LEASE_PROMISES } from './share-lease.promises.js';
import type { SHARE_QUEUE_PROMISES } from './share-queue.promises.js';
import type { SHARE_RECORD_PROMISES } from './share-record.promises.js';

/** Where a promise is put to the test; each on a key of its own. */
export interface Stage {
  readonly key: string;
  /** A store; claim windows and places in the queue outlive the test unless `timing` says otherwise. */
  open(timing?: Partial<StoreTiming>): Driver;
  /** The store with all its guards, to set the scene. */
  intact(): Driver;
  /** A store whose user may not use a command; a stand-in for a server that has no memory left, or refuses. */
  openWithout(command: Deniable): Driver;
  /** The server, and the name there of a key's record. */
  readonly redis: Redis;
  record(key: string): string;
  /** All keys of the stage in Redis. */
  names(): Promise<string[]>;
}

/** Commands that a promise may take away. */
export type Deniable = 'getrange' | 'set' | 'setrange' | 'pexpire' | 'zadd' | 'publish' | 'hset' | 'zcount';

export type Promised = (stage: Stage) => Promise<void>;

type Promises = typeof HOLD_PROMISES &
  typeof FENCING_PROMISES &
  typeof QUEUE_PROMISES &
  typeof RELEASE_PROMISES &
  typeof SHARE_LEASE_PROMISES &
  typeof SHARE_RECORD_PROMISES &
  typeof SHARE_QUEUE_PROMISES &
  typeof SHARE_CHANGE_PROMISES &
  typeof OPERATIONS_PROMISES;
export type PromiseName = keyof Promises;

/** Long enough for a few requests, and short enough to wait for. */
export const BRIEF = 900;

/** A duration that is over after {@link expire}. */
export const SHORT = 60;

export const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const expire = (): Promise<void> => pass(3 * SHORT);

export async function holderOf(store: Driver, key: string): Promise<string | null> {
  return (await store.inspect(key)).holders[0]?.token ?? null;
}
