/** One lease by itself, and a witness of everything it tells. */
import { jest } from '@jest/globals';
import { Belief } from '../../../lib/lease/belief.js';
import { Lease } from '../../../lib/lease/lease.js';
import type { LeaseObserver } from '../../../lib/lease/lease.js';
import type { LockLostError } from '../../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../../lib/lock.settings.js';
import type { LockSettings } from '../../../lib/lock.settings.js';

/** Of this ttl the holder believes in 988 ms: a hundredth and 2 ms are for the drift of clocks. */
export const TTL = 1_000;
export const BELIEVED = 988;
export const HELD = { state: 'held', fencingToken: 7 } as const;

/** Writes down what a lease tells. */
export class Witness implements LeaseObserver {
  renewals = 0;
  moves = 0;
  readonly losses: LockLostError[] = [];
  /** Of each loss whether the store said so. */
  readonly gone: boolean[] = [];
  readonly failures: unknown[] = [];

  renewed(): void {
    this.renewals += 1;
  }

  lost(_lease: Lease, error: LockLostError, isGone: boolean): void {
    this.losses.push(error);
    this.gone.push(isGone);
  }

  renewalFailed(_lease: Lease, error: unknown): void {
    this.failures.push(error);
  }

  moved(): void {
    this.moves += 1;
  }
}

/** The belief in a lease whose request was sent at `sentAt` and answered. */
export function beliefIn(ttl: number, sentAt = now()): Belief {
  const belief = new Belief();
  belief.sent(sentAt, ttl);
  belief.held(sentAt, ttl);
  return belief;
}

/** A touch out of turn that leaves now. */
export function touchOutOfTurn(lease: Lease, ttl: number, isClaim = false): void {
  lease.expect(ttl, now(), isClaim);
  lease.sent(now(), ttl);
}

/** A lease of {@link TTL} whose request was sent at `sentAt`, with a holder who has just begun. */
export function grant(settings: Partial<LockSettings> = {}, sentAt = now()): { lease: Lease; witness: Witness } {
  const witness = new Witness();
  const wishes = { ...DEFAULT_SETTINGS, ttl: TTL, ...settings };
  const belief = beliefIn(wishes.ttl, sentAt);
  const lease = new Lease({ key: 'key', token: 'token', fencingToken: 7, sentAt, belief, isProven: true }, witness);
  lease.begin(wishes, now());
  witness.moves = 0;
  return { lease, witness };
}

export const pass = (ms: number): void => jest.advanceTimersByTime(ms);
export const now = (): number => performance.now();
