/**
 * When a lease may go from one holder to the next of the same process without asking the server: until a budget is
 * spent, so that other processes get the key, too, and only where what is left of the lease is what the next
 * holder would have got.
 */
import { FENCE_BLOCK } from '../../stores/protocol.js';
import type { LockSettings } from '../settings.js';

/** How far a process may hand a key on among its own callers while other processes may be waiting. */
export interface HandOffBudget {
  /** How often the lease is handed on. */
  readonly count: number;
  /** Milliseconds from the grant on after which it is not handed on any more. */
  readonly time: number;
}

/** Chosen by what four processes with 25 callers each made of a key; the figures are in docs/benchmarks.md. */
export const DEFAULT_HAND_OFF: HandOffBudget = { count: 256, time: 20 };

/** A lease's block of fencing tokens must suffice for its holders. */
export const MAX_HAND_OFFS = FENCE_BLOCK - 1;

/** Renewal comes after about a third of the ttl, so a holder may always find this much left. */
const ENOUGH_IF_RENEWED = 0.6;
/** A holder that is not renewed counts on the whole ttl, up to what clocks and messages take. */
const ENOUGH_IF_NOT = 0.95;

/**
 * Whether a lease can be used as it is by a holder with these settings. One with much more left would lock the key for too
 * long if its holder died.
 */
export function fits({ deadline }: { readonly deadline: number }, settings: LockSettings, now: number): boolean {
  const { ttl, autoRenew } = settings;
  const remaining = deadline - now;
  return remaining <= ttl && remaining >= ttl * (autoRenew ? ENOUGH_IF_RENEWED : ENOUGH_IF_NOT);
}
