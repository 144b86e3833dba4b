/** What this process has to say of a key: who of its callers holds it, and since when, and who waits. */
import type { Holder } from '../lease/holder.js';
import type { HeldLease } from '../lease/held-lease.js';
import type { Waiter } from '../queue/waiter.js';
import { modeOf } from '../share-options.js';
import { markOf, MOST_REPORTED } from './letters.js';
import type { KeyReport } from './letters.js';

/** The callers of a process that want the same of a key. */
interface KeyMember {
  leases(): readonly HeldLease[];
  /** The callers that wait, and the token of their place in the server's queue, which is empty while they have none. */
  waiting(): { readonly token: string; readonly first: Waiter; readonly count: number } | undefined;
}

export function reportOf(members: readonly KeyMember[], now = performance.now()): KeyReport {
  const holders = members.flatMap((member) => member.leases().flatMap((lease) => [...lease.holders()]));
  const waiters = members.flatMap((member) => member.waiting() ?? []);
  return {
    holders: holders.slice(0, MOST_REPORTED).map((holder) => sayHolder(holder, now)),
    waiters: waiters.slice(0, MOST_REPORTED).map(({ token, first, count }) => {
      const { settings, askedAt } = first;
      const lease = token === '' ? '' : markOf(token);
      return { lease, label: settings.label, callers: count, waitedMs: Math.round(now - askedAt) };
    }),
  };
}

function sayHolder(
  { token, settings, share, fencingToken, since, depth }: Holder,
  now: number,
): KeyReport['holders'][number] {
  const heldMs = Math.round(now - since);
  return { lease: markOf(token), label: settings.label, mode: modeOf(share), fencingToken, heldMs, depth };
}
