/** One lease as the heartbeat thread renews it. Times are those of the main thread's clock, unless they are `local`. */
import { believedUntil } from '../core/lease/belief.js';
import { marginOf } from '../core/lease/margin.js';
import { NONE, RENEW_AFTER, renewalAfter, retryAfter } from '../core/lease/lease.js';
import type { Beat } from '../core/heartbeat/heartbeat.js';
import { isLockError } from '../lock.errors.js';
import type { StoreAnswer, TouchRequest } from '../stores/lock-store.js';
import type { Slot } from './slot.js';
import type { TouchReport, WatchOrder } from './thread-messages.js';

/** What turns the clock of this thread into that of the main thread, in milliseconds. */
export interface ThreadClock {
  /** To be added to this thread's time. */
  readonly shift: number;
}

export class Renewal implements Beat<Renewal> {
  heapIndex = -1;
  /** Local. */
  dueAt: number;
  private sentAt = NONE;

  constructor(
    readonly order: WatchOrder,
    private readonly slot: Slot,
    private readonly clock: ThreadClock,
    private readonly over: (renewal: Renewal) => void,
  ) {
    const now = this.now();
    const { deadline } = slot;
    // A lease that was only heard of is short, and being claimed by the main thread, which gets some time for that.
    this.dueAt = this.local(Math.max(this.renewalDue(), Math.ceil(now + (deadline - now) * RENEW_AFTER)));
  }

  /** Itself when a touch is to be sent. The slot says that one is under way then. */
  beat(): Renewal | undefined {
    const { slot, order } = this;
    const now = this.now();
    const { deadline } = slot;
    // A process that was stopped must not revive what it has lost meanwhile.
    if (now >= deadline) slot.turn('watched', 'over');
    if (slot.state !== 'watched') {
      this.over(this);
      return undefined;
    }
    const { renewUntil } = slot;
    const due = this.renewalDue();
    if (renewUntil !== NONE && now > renewUntil) {
      // The next holder of the lease may want it to be renewed again.
      this.dueAt = this.local(Math.min(deadline, Math.ceil(now + order.ttl * RENEW_AFTER)));
      return undefined;
    }
    // The main thread has renewed it meanwhile.
    if (due > now + (order.ttl * RENEW_AFTER) / 2) {
      this.dueAt = this.local(due);
      return undefined;
    }
    this.sentAt = Math.floor(now);
    slot.touchedAt = this.sentAt;
    if (!slot.turn('watched', 'sending')) {
      this.over(this);
      return undefined;
    }
    // Until the touch has been answered.
    this.dueAt = Infinity;
    return this;
  }

  /** What is sent. */
  get request(): TouchRequest {
    const { key, token, ttl, grantedAt } = this.order;
    return { key, token, ttl: ttl + marginOf(this.order, ttl, this.sentAt - grantedAt) };
  }

  /** Whether its touch is still wanted. */
  get isWanted(): boolean {
    return this.slot.state === 'sending';
  }

  /** The touch has been answered: what the main thread is told, and whether the lease is renewed further. */
  answered(answer: StoreAnswer): { readonly report: TouchReport; readonly goesOn: boolean } {
    const { order, slot, sentAt } = this;
    const { id, ttl } = order;
    const fencingToken = answer.state === 'held' ? answer.fencingToken : 0;
    let next: 'watched' | 'lost' = 'watched';
    let error: TouchReport['error'];
    if (answer.state === 'held' && fencingToken === order.fencingToken) {
      slot.raise(believedUntil(sentAt, ttl));
      slot.doubtAt = NONE;
      this.dueAt = this.local(renewalAfter(sentAt, ttl, NONE));
    } else if (answer.state === 'unknown') {
      error = copyOf(answer.error);
      if (error.wasSent && slot.doubtAt === NONE) slot.doubtAt = sentAt;
      this.dueAt = this.local(retryAfter(this.now(), ttl));
    } else {
      next = 'lost';
    }
    const goesOn = slot.turn('sending', next) && next === 'watched';
    const state = answer.state === 'busy' ? 'gone' : answer.state;
    return { report: { id, state, fencingToken, sentAt, error }, goesOn };
  }

  /** When it is due as far as its deadline tells when it was renewed last. */
  private renewalDue(): number {
    const { ttl } = this.order;
    return renewalAfter(this.slot.deadline - believedUntil(0, ttl), ttl, NONE);
  }

  private now(): number {
    return performance.now() + this.clock.shift;
  }

  private local(time: number): number {
    return time - this.clock.shift;
  }
}

function copyOf(error: unknown): { readonly message: string; readonly wasSent: boolean } {
  const message = error instanceof Error ? error.message : String(error);
  return { message, wasSent: !isLockError(error, 'LOCK_UNAVAILABLE') || error.wasSent };
}
