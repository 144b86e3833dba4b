/**
 * Callers of this process that want the same of a key, and share one place in the server's queue. The last that leaves
 * leaves nothing behind. What they hold when they are let in is left to the classes that extend this one.
 */
import type { LeaseShare } from '../../stores/lock-store.js';
import type { Beat, Heartbeat } from '../heartbeat/heartbeat.js';
import type { HeldLease, LeaseTools } from '../lease/held-lease.js';
import { marginOf } from '../lease/margin.js';
import type { Admission, PendingLease, PendingOwner } from '../lease/pending-lease.js';
import type { Touching } from '../lease/touching.js';
import { EXCLUSIVE } from '../admission.js';
import { isMomentary } from '../store-failure.js';
import type { LeasePlace } from './lease-place.js';
import * as refusals from './refusals.js';
import type { Waiter } from './waiter.js';
import { WaitingCallers } from './waiting-callers.js';

/** How long to leave a store alone that says that it can't serve at the moment, in milliseconds. */
const RETRY_PAUSE = 250;

/** What all queues of a service share. */
export interface QueueTools extends LeaseTools {
  readonly heartbeat: Heartbeat<Touching>;
  /** The queue has neither a holder nor a waiter any more. */
  forget(queue: AskingCallers): void;
  /** Whether a caller of this process waits for a key for itself. */
  isWantedAlone(key: string): boolean;
  /** A place for a lease that belongs to its holder alone. */
  placeApart(key: string, lease: HeldLease): LeasePlace;
}

export abstract class AskingCallers extends WaitingCallers<QueueTools> implements Beat<Touching>, PendingOwner {
  heapIndex = -1;
  /** The lease for which the callers wait in the server's queue. */
  protected pending: PendingLease | undefined = undefined;

  /** Lets a caller in at once, beside one of this process; false where that can't be. */
  abstract letIn(waiter: Waiter, now: number): boolean;
  /** A caller comes. */
  abstract join(waiter: Waiter, now: number): void;
  /** Milliseconds for which a caller of this process will keep all others out unless it is renewed; 0 when none does. */
  abstract heldFor(now: number): number;
  /** What the process holds. */
  abstract leases(): readonly HeldLease[];
  abstract readonly dueAt: number;
  abstract moved(): void;
  abstract beat(now: number): Touching | undefined;
  abstract admitted(pending: PendingLease, admission: Admission): void;
  /** No caller waits and none is asked for; ends the queue unless there is a lease. */
  protected abstract idle(): void;

  reachChanged(): void {
    this.reckon();
    this.moved();
  }

  // The pending lease.

  /** The ttl of the first waiter, for which the lease is asked. */
  get ttl(): number {
    return this.next?.settings.ttl ?? 0;
  }

  get share(): LeaseShare {
    return this.next?.settings.share ?? EXCLUSIVE;
  }

  get margin(): number {
    const { next } = this;
    return next ? marginOf(next.settings, next.settings.ttl) : 0;
  }

  /** What the first waiter wants the lock for. */
  private get label(): string {
    return this.next?.settings.label ?? '';
  }

  /** How long the store would keep the lease that is asked for. */
  private get length(): number {
    return this.ttl + this.margin;
  }

  /** A waiter that has time left asks again, for the lease that no other token has got since. */
  late(pending: PendingLease): void {
    const { key, length } = this;
    const { token } = pending;
    const waiter = this.next!;
    const { ttl, wait } = waiter.settings;
    const error = refusals.answeredTooLate(key, ttl);
    if (performance.now() < waiter.askedAt + wait) {
      pending.lastError = error;
      this.tools.requests.look(pending);
      this.markAnswered(0);
      return;
    }
    this.leave();
    this.remove(waiter);
    void this.tools.requests.giveBack(key, token, length);
    this.askOrEnd();
    waiter.reject(error);
  }

  inQueue(pending: PendingLease, expiresIn: number): void {
    pending.lastError = undefined;
    this.markAnswered(expiresIn);
  }

  busy(_pending: PendingLease, expiresIn: number): void {
    const { key } = this;
    const triedOnce = this.waitersThat(({ settings }) => settings.wait === 0);
    for (const waiter of triedOnce) this.remove(waiter);
    this.leave();
    this.askOrEnd();
    for (const waiter of triedOnce) waiter.reject(refusals.busy(key, expiresIn));
  }

  failed(pending: PendingLease, error: unknown): void {
    const { key, length, label } = this;
    const { token, askedAt } = pending;
    // A waiter that came later has not asked yet; and one that knows that the key is taken goes on waiting for it.
    const now = performance.now();
    const isOver = (waiter: Waiter): boolean => waiter.askedAt + waiter.settings.wait <= now || !isMomentary(error);
    const asked = this.isAnswered ? [] : this.waitersThat((waiter) => waiter.askedAt <= askedAt && isOver(waiter));
    for (const waiter of asked) this.remove(waiter);
    if (this.isAnswered) {
      pending.lastError = error;
      pending.assume(error);
    } else if (isMomentary(error) && this.next) {
      pending.lastError = error;
      pending.assume(error, RETRY_PAUSE);
    } else {
      this.leave();
      this.tools.requests.takeBack(key, token, length, error);
      this.askOrEnd();
    }
    this.tools.requests.failed({ key, token, label }, 'acquire', error);
    for (const waiter of asked) waiter.reject(refusals.unavailable(key, error));
  }

  unreachable(pending: PendingLease, error: unknown): void {
    pending.lastError = error;
    this.tools.requests.failed({ key: this.key, token: pending.token, label: this.label }, 'acquire', error);
  }

  gone({ token, doubt, lastError }: PendingLease): void {
    // The request may be carried out yet, when no caller wants it any more.
    if (doubt !== undefined) this.tools.requests.takeBack(this.key, token, this.length, doubt);
    this.leave();
    this.askOrEnd();
    if (this.pending) this.pending.lastError = lastError;
  }

  touch(pending: PendingLease): void {
    this.tools.requests.look(pending);
  }

  /** The callers that wait, and the token of their place in the server's queue; empty while they have none. */
  waiting(): { readonly token: string; readonly first: Waiter; readonly count: number } | undefined {
    const { waiters, pending } = this;
    return waiters?.first && { token: pending?.token ?? '', first: waiters.first, count: waiters.size };
  }

  /** A caller waits from now on. */
  protected enqueue(waiter: Waiter): void {
    const isFirst = this.add(waiter);
    if (this.heapIndex < 0) this.tools.heartbeat.add(this, this.waiters!.endsAt);
    else if (isFirst) this.moved();
  }

  /** Asks the server for the first waiter, and joins its queue for callers that want to wait. */
  protected askOrEnd(now = performance.now()): void {
    const next = this.waiters?.first;
    if (!next) return this.idle();
    const { settings } = next;
    const { ttl, wait } = settings;
    this.tools.requests.ask(this.enter(ttl, now), settings, wait > 0 || this.isAnswered);
  }

  /** Asks for a new lease, for the first waiter. */
  protected enter(ttl: number, now: number): PendingLease {
    return (this.pending = this.tools.requests.pending.add(this.key, ttl, now, this));
  }

  /** No lease is pending any more. */
  protected leave(): void {
    const { pending } = this;
    if (!pending) return;
    pending.end();
    this.tools.requests.pending.remove(pending);
    this.pending = undefined;
  }

  protected markAnswered(expiresIn: number): void {
    if (this.isAnswered) return;
    if (!this.waiters) {
      this.isAnswered = true;
      return;
    }
    this.answeredFirst(expiresIn);
    this.moved();
  }

  /** Gives back what was asked for by callers that have left. */
  protected abandon(pending: PendingLease, length: number): void {
    const { token, doubt } = pending;
    pending.isAbandoned = true;
    this.leave();
    if (doubt === undefined) void this.tools.requests.giveBack(this.key, token, length);
    else this.tools.requests.takeBack(this.key, token, length, doubt);
  }

  protected get lastError(): unknown {
    return this.pending?.lastError;
  }

  protected end(): void {
    this.tools.heartbeat.remove(this);
    this.tools.forget(this);
  }
}
