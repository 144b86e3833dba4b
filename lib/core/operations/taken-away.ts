/** Another process, or this one, has taken a lease away: its holders hear of it at once, and callers that wait ask anew. */
import { messages } from '../../lock.messages.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { KeyQueues } from '../queue/key-queues.js';
import type { ForcedNotice } from './letters.js';

/** The token proves that the notice comes from a program that may read the lease; a wrong one is left alone. */
export function leaseTaken(queues: KeyQueues, events: LockEventEmitter, notice: ForcedNotice): void {
  const { key, token, reason, by } = notice;
  const leases = queues.membersOf(key).flatMap((member) => member.leases());
  const lease = leases.find((each) => each.token === token);
  if (!lease) return;
  const [holder] = lease.holders();
  const label = holder?.settings.label ?? '';
  lease.lose(messages.forced(key, { reason, by }), { reason: 'forced', isGone: true });
  events.audience?.next({ type: 'forced', side: 'holder', key, token, label, reason, by });
}
