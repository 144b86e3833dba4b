/** One lease by itself, with everything written down that it tells. */
import { jest } from '@jest/globals';
import { Belief } from '../../../lib/core/lease/belief.js';
import type { DetachedLease, HolderLease } from '../../../lib/core/lease/holder.js';
import { Lease } from '../../../lib/core/lease/lease.js';
import { DEFAULT_SETTINGS } from '../../../lib/core/settings.js';
import type { Wish } from '../../../lib/core/lease/wish.js';
import type { LockSettings } from '../../../lib/core/settings.js';
import type { LockLostError } from '../../../lib/lock.errors.js';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';
import { unreachable } from './fake-store.js';

/** Of this ttl the holder believes in 988 ms: a hundredth and 2 ms are for the drift of clocks. */
export const TTL = 1_000;
export const BELIEVED = 988;
export const HELD = { state: 'held', fencingToken: 7 } as const;

/** The answer to a request that brought none. */
export const unknown = (error: unknown = unreachable()): StoreAnswer => ({ state: 'unknown', error });

/** A lease that belongs to no queue. */
export class LoneLease extends Lease implements HolderLease {
  readonly key = 'key';
  readonly requests = {
    wishes: new Map<string, Wish>(),
    canConvert: true,
    closedBy: undefined,
    outside: { run: <Result>(act: () => Result): Result => act() },
  };
  readonly margin = 0;
  readonly isAlone = true;
  readonly wish = undefined;
  readonly mayOpen = false;
  renewals = 0;
  moves = 0;
  /** How often it was found to be over by a question that nothing may follow from. */
  overs = 0;
  readonly losses: LockLostError[] = [];
  /** Of each loss whether the store said so. */
  readonly gone: boolean[] = [];
  readonly failures: unknown[] = [];
  /** Told of a loss. */
  onLost: ((error: LockLostError) => void) | undefined;

  /** Begins with a new holder. */
  begin(settings: Partial<LockSettings> = {}): this {
    this.keepFor({ ...DEFAULT_SETTINGS, ttl: TTL, ...settings }, now());
    return this;
  }

  /** A touch out of turn that leaves now. */
  touch(ttl: number, isClaim = false): void {
    if (isClaim) this.expectClaim(ttl, now());
    else this.expectTouch(ttl, now());
    this.sent(now(), ttl);
  }

  /** The touch that was sent now has brought no answer. */
  fail(): void {
    this.answered(unknown(), now(), this.ttl);
  }

  renew(): Promise<void> {
    return Promise.resolve();
  }

  release(): Promise<undefined> {
    this.end();
    return Promise.resolve(undefined);
  }

  outlived(): void {}

  setApart(): void {}

  quieten(): Promise<void> {
    return Promise.resolve();
  }

  resume(): void {}

  dropMinHold(): void {}

  convert(): Promise<StoreAnswer> {
    return Promise.resolve(HELD);
  }

  wishSettled(): void {}

  checkDetachable(): void {}

  detach(): DetachedLease {
    throw new Error('This lease stays where it is.');
  }

  protected mayHaveOtherFence(): boolean {
    return false;
  }

  protected renewed(): void {
    this.renewals += 1;
  }

  protected renewalFailed(error: unknown): void {
    this.failures.push(error);
  }

  protected lost(error: LockLostError, isGone: boolean): void {
    this.losses.push(error);
    this.gone.push(isGone);
    this.onLost?.(error);
  }

  protected timeIsOver(): void {
    this.overs += 1;
  }

  protected moved(): void {
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

/** A lease of {@link TTL} whose request was sent at `sentAt`, with a holder that has just begun. */
export function grant(settings: Partial<LockSettings> = {}, sentAt = now()): LoneLease {
  const belief = beliefIn(settings.ttl ?? TTL, sentAt);
  const lease = new LoneLease({ token: 'token', fencingToken: 7, sentAt, belief, isProven: true }).begin(settings);
  lease.moves = 0;
  return lease;
}

export const pass = (ms: number): void => void jest.advanceTimersByTime(ms);
export const now = (): number => performance.now();
