/** Goes on with a lock that another process has detached: all of its keys, or none. */
import { LockLostError } from '../lock.errors.js';
import type { StoreAnswer } from '../stores/lock-store.js';
import { Belief } from './lease/belief.js';
import type { DetachedLease, Holder } from './lease/holder.js';
import type { LeaseRequests } from './lease/lease-requests.js';
import { lengthOf, marginOf } from './lease/margin.js';
import type { KeyQueues } from './queue/key-queues.js';
import { shareMessages } from './share.messages.js';
import { asLockError } from './store-failure.js';

/** A lease, and what the store says of it. */
interface Found {
  readonly lease: DetachedLease;
  readonly sentAt: number;
  readonly belief: Belief;
  readonly answer: StoreAnswer;
}

/**
 * Rejects with `LockLostError` where a lease is over or was adopted here already, and with the store's failure where that
 * is not known.
 */
export async function adoptLeases(
  requests: LeaseRequests,
  queues: KeyQueues,
  leases: readonly DetachedLease[],
  id: number,
): Promise<readonly Holder[]> {
  const { adopted } = queues;
  const twice = leases.find(({ token }) => adopted.has(token));
  if (twice) throw lostError(twice);
  for (const { token } of leases) adopted.add(token);
  try {
    return await adoptOnce(requests, queues, leases, id);
  } catch (error) {
    for (const { token } of leases) adopted.delete(token);
    throw error;
  }
}

async function adoptOnce(
  requests: LeaseRequests,
  queues: KeyQueues,
  leases: readonly DetachedLease[],
  id: number,
): Promise<readonly Holder[]> {
  const found = await Promise.all(leases.map((lease) => find(requests, lease)));
  const { closedBy } = requests;
  if (closedBy) throw closedBy(leases[0]!.key);
  for (const { lease, answer } of found) {
    if (answer.state === 'unknown') throw asLockError(lease.key, answer.error);
  }
  const lost = found.find((each) => !isAlive(each));
  if (lost) {
    for (const { lease } of found.filter(isOurs)) giveBack(requests, lease);
    throw lostError(lost.lease);
  }
  const now = performance.now();
  return found.map(({ lease, sentAt, belief }) => {
    const { token, fencingToken } = lease;
    return queues.adopt({ token, fencingToken, sentAt, belief, isProven: true }, lease, id, now);
  });
}

function lostError({ key }: DetachedLease): LockLostError {
  return new LockLostError(shareMessages.detachedLost(key), { key });
}

async function find(requests: LeaseRequests, lease: DetachedLease): Promise<Found> {
  const { key, token, settings, acquiredAt } = lease;
  const { ttl } = settings;
  const sentAt = performance.now();
  const belief = new Belief();
  belief.sent(sentAt, ttl);
  const answer = await requests.touchOne(key, token, ttl + marginOf(settings, ttl, Date.now() - acquiredAt));
  if (answer.state === 'held') belief.held(sentAt, ttl);
  return { lease, sentAt, belief, answer };
}

/** Whether the store knows the lease as it was detached. */
function isOurs({ lease, answer }: Found): boolean {
  return answer.state === 'held' && answer.fencingToken === lease.fencingToken;
}

function isAlive(found: Found): boolean {
  return isOurs(found) && found.belief.deadline > performance.now();
}

function giveBack(requests: LeaseRequests, { key, token, fencingToken, handOffs, settings }: DetachedLease): void {
  void requests.release({ key, token, fencingToken: fencingToken + handOffs }, lengthOf(settings));
}
