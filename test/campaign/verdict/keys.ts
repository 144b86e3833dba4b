/** Holds by key, and what a loss of data excuses. */
import type { DataLoss, WrittenShare } from '../history/entry.js';
import type { Hold } from './story.js';

/** No caller of a campaign asks for more. */
const LONGEST_TTL = 60_000;
/** A renewal by hand may ask for more than its lock did. */
const BY_HAND = 5_000;

/** A hold as one of its keys sees it. */
export interface KeyHold {
  readonly hold: Hold;
  readonly key: string;
  readonly fence: number;
  readonly share: WrittenShare;
  readonly lease: Lease;
}

/** What is known of a lease, which holders of one process pass on: who first asked for it, and the longest ttl asked. */
interface Lease {
  readonly asked: number;
  readonly ttl: number;
}

const ALONE: WrittenShare = [1, 1];

/** Every hold that is not a re-entry, by key. */
export function byKey(holds: readonly Hold[]): Map<string, KeyHold[]> {
  const leases = new Map<string, Lease>();
  for (const { token, asked, ttl } of holds) {
    const lease = leases.get(token) ?? { asked, ttl };
    leases.set(token, { asked: Math.min(asked, lease.asked), ttl: Math.max(ttl, lease.ttl) });
  }
  const keys = new Map<string, KeyHold[]>();
  for (const hold of holds) {
    if (hold.inside !== undefined) continue;
    hold.fences.forEach(([key, fence], i) => {
      // Only the first key's token is known: the others' may be any lease that was alive.
      const lease = i === 0 ? leases.get(hold.token)! : { asked: hold.asked - LONGEST_TTL, ttl: LONGEST_TTL };
      const list = keys.get(key) ?? [];
      list.push({ hold, key, fence, share: hold.shares?.[i] ?? ALONE, lease });
      keys.set(key, list);
    });
  }
  return keys;
}

/** Whether what was granted before data was lost may still be believed in: only until it had to be renewed. */
export function isOutdated({ lease }: KeyHold, at: number, losses: readonly DataLoss[]): boolean {
  return losses.some(({ from, until }) => lease.asked <= until && at >= from && at <= until + lease.ttl + BY_HAND);
}

/**
 * Whether so many may not have the key together. Readers of one process share leases, so they count as one, which errs on
 * the side of the library.
 */
export function isTooMuch(holds: readonly KeyHold[]): boolean {
  const readers = new Set<unknown>();
  let [weight, limit] = [0, Infinity];
  for (const { hold, share } of holds) {
    const [most, own] = share;
    limit = Math.min(limit, most ?? Infinity);
    if (most === null) readers.add(hold.life);
    else weight += own;
  }
  return weight + readers.size > limit;
}

/** Whether it lets nobody else in. */
export function isAlone({ share }: KeyHold): boolean {
  return share[0] === 1;
}

export function nameOf({ hold, key, fence }: KeyHold): string {
  const span = `${ms(hold.from)}–${ms(hold.until)}`;
  return `${key}: ${hold.life.name}#${hold.hold} (fence ${fence}, ttl ${hold.ttl}, believed ${span})`;
}

/** Times in messages: ms of the clock, as far as they tell moments of a round apart. */
export function ms(t: number): string {
  return (t % 1e7).toFixed(1);
}
