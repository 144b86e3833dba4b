/**
 * When a lease may go from one holder to the next of the same process without asking the server: until a budget is spent,
 * so that other processes get their turn, and only where what is left of the lease is what the next one would have got.
 */
import type { Lease } from '../lease/lease.js';
import type { LockSettings } from '../lock.settings.js';
import { FENCE_BLOCK } from '../stores/lock-store.js';

/** How long a process may keep a key for its own callers while others may be waiting. */
export interface HandOffBudget {
  /** How often the lease is passed on. */
  readonly count: number;
  /** Milliseconds from the grant on after which it is not passed on any more. */
  readonly time: number;
}

/** Chosen by what four processes with 25 callers each made of a key; the figures are in docs/benchmarks.md. */
export const DEFAULT_HAND_OFF: HandOffBudget = { count: 256, time: 20 };

/** A lease's block of fencing tokens must suffice for its holders. */
export const MAX_HAND_OFFS = FENCE_BLOCK - 1;

/** Renewal comes after about a third of the ttl, so a holder may always find this much left. */
const ENOUGH_IF_RENEWED = 0.6;
/** Whoever is not renewed counts on the whole ttl, up to what clocks and messages take. */
const ENOUGH_IF_NOT = 0.95;

/**
 * Whether a lease is good as it is for a holder with these settings. One with much more left would lock the key for too
 * long if its holder died.
 */
export function fits(lease: Lease, { ttl, autoRenew }: LockSettings, now: number): boolean {
  const remaining = lease.deadline - now;
  return remaining <= ttl && remaining >= ttl * (autoRenew ? ENOUGH_IF_RENEWED : ENOUGH_IF_NOT);
}
