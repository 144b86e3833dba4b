/**
 * How much longer than its holder believes in it the store keeps a lease: `lockDelay` always, `minHold` as far as it goes
 * beyond the lease. The store knows of neither; it is asked for a longer lease.
 */
import type { LockSettings } from '../settings.js';

type Margins = Pick<LockSettings, 'lockDelay' | 'minHold'>;

/** How long the store keeps a new lease, in milliseconds. */
export function lengthOf(settings: LockSettings): number {
  return settings.ttl + marginOf(settings, settings.ttl);
}

/** @param heldFor - milliseconds since the grant. */
export function marginOf({ lockDelay, minHold }: Margins, ttl: number, heldFor = 0): number {
  return minHold === 0 ? lockDelay : Math.max(lockDelay, Math.ceil(minHold - heldFor - ttl));
}
