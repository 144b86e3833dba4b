/**
 * Where a lease stands that is one of several which callers of this process have of a key, or that belongs to its holder
 * alone: it beats by itself, and asks its home who comes next.
 */
import type { Beat, Heartbeat } from '../heartbeat/heartbeat.js';
import type { Candidate, Candidates, HeldLease, LeaseTools } from '../lease/held-lease.js';
import type { PendingLease } from '../lease/pending-lease.js';
import type { Touching } from '../lease/touching.js';
import type { Linked } from '../linked-list.js';

/** What the places of a home share. */
export interface PlaceHome {
  readonly tools: LeaseTools & { readonly heartbeat: Heartbeat<Touching> };
  /** The caller that comes next. */
  readonly next: Candidate | undefined;
  takeNext(): Candidate;
  /** The lease leaves; answers the pending lease of those that still wait, where its release may ask for it. */
  left(place: LeasePlace, isLost: boolean): PendingLease | undefined;
}

export class LeasePlace implements Candidates, Beat<Touching>, Linked<LeasePlace> {
  heapIndex = -1;
  before: LeasePlace | undefined = undefined;
  behind: LeasePlace | undefined = undefined;
  private lease: HeldLease | undefined = undefined;

  constructor(
    readonly key: string,
    private readonly home: PlaceHome,
  ) {}

  get tools(): PlaceHome['tools'] {
    return this.home.tools;
  }

  get next(): Candidate | undefined {
    return this.home.next;
  }

  takeNext(): Candidate {
    return this.home.takeNext();
  }

  /** From here on the lease beats here. */
  put(lease: HeldLease): void {
    this.lease = lease;
    this.tools.heartbeat.add(this, this.dueAt);
  }

  get dueAt(): number {
    return this.lease?.dueAt ?? Infinity;
  }

  beat(now: number): Touching | undefined {
    return this.lease?.beat(now);
  }

  moved(): void {
    this.tools.heartbeat.moved(this, this.dueAt);
  }

  leaseEnds(): PendingLease | undefined {
    return this.leave(false);
  }

  leaseLost(): void {
    this.leave(true);
  }

  setApart(): this {
    return this;
  }

  /** Whether a caller has the lease, and not only the process. */
  get isTaken(): boolean {
    return this.lease?.isTaken === true;
  }

  get token(): string {
    return this.lease?.token ?? '';
  }

  /** Milliseconds for which the lease may be believed in. */
  remaining(now: number): number {
    return this.lease?.remaining(now) ?? 0;
  }

  leases(): readonly HeldLease[] {
    return this.lease ? [this.lease] : [];
  }

  giveUp(): void {
    this.lease?.giveUp();
  }

  // Nobody waits here.
  close(): void {}
  waiting(): undefined {}

  private leave(isLost: boolean): PendingLease | undefined {
    this.lease = undefined;
    this.tools.heartbeat.remove(this);
    return this.home.left(this, isLost);
  }
}
