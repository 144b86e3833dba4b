/**
 * A lease that was taken away from this process. The notice comes over a channel on which whoever may publish can say
 * anything, so the store is asked before it is believed: one question for each key at a time, however many notices come. Then
 * the holders hear of it at once, and callers that wait ask anew.
 */
import { messages } from '../../lock.messages.js';
import type { LockStore } from '../../stores/lock-store.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { HeldLease } from '../lease/held-lease.js';
import type { KeyQueues } from '../queue/key-queues.js';
import type { ForcedNotice } from './letters.js';

/** What is needed to believe a notice, and to act on it. */
interface TakenAwayTools {
  readonly store: LockStore;
  readonly queues: KeyQueues;
  readonly events: LockEventEmitter;
}

export class TakenAway {
  /** Keys that the store is being asked about, and the notices that have come since, by token. */
  private readonly asking = new Map<string, Map<string, ForcedNotice>>();

  constructor(private readonly tools: TakenAwayTools) {}

  /** Another process says so. */
  told(notice: ForcedNotice): void {
    const { key, token } = notice;
    if (!this.find(notice)) return;
    const since = this.asking.get(key);
    if (since) since.set(token, notice);
    else void this.ask(key, new Map([[token, notice]]));
  }

  /** This is certain. */
  taken(notice: ForcedNotice): void {
    const { key, token, reason, by } = notice;
    const lease = this.find(notice);
    if (!lease) return;
    const [holder] = lease.holders();
    const label = holder?.settings.label ?? '';
    lease.lose(messages.forced(key, { reason, by }), { reason: 'forced', isGone: true });
    this.tools.events.audience?.next({ type: 'forced', side: 'holder', key, token, label, reason, by });
  }

  private find({ key, token }: ForcedNotice): HeldLease | undefined {
    const leases = this.tools.queues.membersOf(key).flatMap((member) => member.leases());
    return leases.find((each) => each.token === token);
  }

  private async ask(key: string, notices: Map<string, ForcedNotice>): Promise<void> {
    const { store } = this.tools;
    while (notices.size > 0) {
      const since = new Map<string, ForcedNotice>();
      this.asking.set(key, since);
      // Where there is no answer, or something else lies at the key, the next renewal finds out.
      const [state] = await store.inspect([key]).catch(() => []);
      if (state && !state.foreign) {
        const living = new Set(state.holders.map(({ token }) => token));
        for (const notice of notices.values()) if (!living.has(notice.token)) this.taken(notice);
      }
      notices = since;
    }
    this.asking.delete(key);
  }
}
