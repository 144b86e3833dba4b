/**
 * The callers of this process that want the same share of a key. Readers share leases; a permit of a semaphore is a lease
 * of its own, which goes from one caller to the next. While callers wait they have one place in the server's queue; as
 * long as none was refused, and there may be as many, each asks for itself.
 */
import type { HeldLease } from '../lease/held-lease.js';
import { lengthOf } from '../lease/margin.js';
import { PassedLease } from '../lease/passed-lease.js';
import type { Admission, PendingLease } from '../lease/pending-lease.js';
import { ReadLease } from '../lease/read-lease.js';
import type { Touching } from '../lease/touching.js';
import { LinkedList } from '../linked-list.js';
import type { LockSettings } from '../settings.js';
import { AskingCallers } from './asking-callers.js';
import type { QueueTools } from './asking-callers.js';
import { ExtraAsk } from './extra-ask.js';
import { LeasePlace } from './lease-place.js';
import type { PlaceHome } from './lease-place.js';
import type { Waiter } from './waiter.js';

export class SharedQueue extends AskingCallers implements PlaceHome {
  private readonly places = new LinkedList<LeasePlace>();
  /** The lease that readers may join. */
  private newest: ReadLease | undefined = undefined;
  private readonly extras = new Set<ExtraAsk>();
  /** Whether a request was not granted at once, and none was since: more of them would not be, either. */
  private isFull = false;
  /** The request that has a place in the server's queue, so that its grant says nothing about others. */
  private queued: PendingLease | undefined = undefined;

  /** @param settings - what all its callers ask for, but for how long they wait. */
  constructor(
    key: string,
    tools: QueueTools,
    private readonly settings: LockSettings,
  ) {
    super(key, tools);
  }

  heldFor(): number {
    return 0;
  }

  leases(): readonly HeldLease[] {
    return [...this.places].flatMap((place) => place.leases());
  }

  letIn(waiter: Waiter, now: number): boolean {
    const { newest } = this;
    if (!newest || this.next || !newest.isOpen(waiter.settings, now)) return false;
    if (this.tools.isWantedAlone(this.key)) return false;
    newest.join(waiter, now);
    return true;
  }

  join(waiter: Waiter, now: number): void {
    if (this.letIn(waiter, now)) return;
    // What the store said to earlier callers is no answer to the first that waits.
    if (!this.next && !this.pending) this.isAnswered = false;
    this.enqueue(waiter);
    if (!this.pending) return this.askOrEnd(now);
    if (!this.isForReaders && this.mayHaveMore) this.extras.add(new ExtraAsk(this, this.settings, now));
    if (this.isAnswered) this.tellWaiting(waiter, this.expectedIn());
  }

  /** The last of them leaves nothing of what they have asked for: a place in the server's queue keeps others out. */
  override takeNext(): Waiter {
    const waiter = super.takeNext();
    if (!this.waiters) this.abandonAsked(lengthOf(waiter.settings));
    return waiter;
  }

  // The heartbeat; each lease is a beat of its own.

  get dueAt(): number {
    return Math.min(this.waiters?.endsAt ?? Infinity, this.pending?.dueAt ?? Infinity);
  }

  moved(): void {
    this.tools.heartbeat.moved(this, this.dueAt);
  }

  beat(now: number): Touching | undefined {
    if (this.waiters && now >= this.waiters.endsAt) this.expire(now);
    return this.pending?.beat(now);
  }

  // The leases.

  admitted(pending: PendingLease, { fencingToken, sentAt, belief, isWhole, ttl, at: now }: Admission): void {
    const { token } = pending;
    if (pending === this.queued) this.queued = undefined;
    else this.isFull = false;
    this.tools.requests.pending.remove(pending);
    if (pending === this.pending) this.pending = undefined;
    const place = new LeasePlace(this.key, this);
    const grant = { token, fencingToken, sentAt, belief, isProven: ttl !== undefined };
    const lease = this.newLease(grant, now, place);
    this.places.push(place);
    place.put(lease);
    if (this.next) lease.start({ ttl, isWhole, how: this.isAnswered ? 'granted' : 'free' }, now);
    else lease.giveUp();
    this.askForRest(now);
  }

  /** Also one that asked for itself was granted. */
  admittedExtra(extra: ExtraAsk, pending: PendingLease, admission: Admission): void {
    this.extras.delete(extra);
    this.admitted(pending, admission);
    this.idle();
  }

  left(place: LeasePlace, isLost: boolean): PendingLease | undefined {
    this.places.remove(place);
    const { next, pending } = this;
    if (!next || pending) {
      this.idle();
      return undefined;
    }
    if (!isLost) return this.enter(next.settings.ttl, performance.now());
    this.askOrEnd();
    return undefined;
  }

  override inQueue(pending: PendingLease, expiresIn: number): void {
    this.isFull = true;
    this.queued = pending;
    super.inQueue(pending, expiresIn);
  }

  /** Whether it makes sense to ask for one more than has been granted and asked for. */
  private get mayHaveMore(): boolean {
    const { limit, weight } = this.settings.share;
    const asked = this.places.size + this.extras.size + 1;
    return !this.isFull && this.waiters!.size > asked && (asked + 1) * weight <= limit;
  }

  /** One that asked for itself was not granted, so its caller waits for the place of all. */
  refusedExtra(extra: ExtraAsk): void {
    this.isFull = true;
    this.extras.delete(extra);
    this.askForRest();
    this.idle();
  }

  /** Asks for those that nothing is asked for yet. */
  private askForRest(now = performance.now()): void {
    if (!this.pending && (this.waiters?.size ?? 0) > this.extras.size) this.askOrEnd(now);
  }

  private abandonAsked(length: number): void {
    for (const extra of this.extras) extra.abandon();
    this.extras.clear();
    this.queued = undefined;
    if (this.pending) this.abandon(this.pending, length);
  }

  private get isForReaders(): boolean {
    return this.settings.share.limit === Infinity;
  }

  private newLease(grant: ConstructorParameters<typeof PassedLease>[0], now: number, place: LeasePlace): HeldLease {
    if (!this.isForReaders) return new PassedLease(grant, now, place, this.settings);
    return (this.newest = new ReadLease(grant, now, place, this.settings));
  }

  protected idle(): void {
    if (!this.next && !this.pending && !this.places.first && this.extras.size === 0) this.end();
  }

  // What the callers that wait are told.

  protected get token(): string {
    return this.pending?.token ?? this.places.first?.token ?? '';
  }

  protected get isHeldHere(): boolean {
    return this.places.first !== undefined;
  }

  protected lastLeft(length: number): void {
    this.abandonAsked(length);
    for (const place of Array.from(this.places)) if (!place.isTaken) place.giveUp();
    this.idle();
  }

  protected expectedIn(): number {
    const now = performance.now();
    const { pending, places } = this;
    return Math.ceil(Math.max(0, pending ? pending.expectedAt - now : (places.first?.remaining(now) ?? 0)));
  }
}
