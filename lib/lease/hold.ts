/**
 * What one owner has of a lease: from the grant, or from the moment it was passed on to him, until he gives it back or it is
 * lost. Holds that follow each other on one lease differ in fencing token. Handles on the same hold (re-entries) are
 * counted; the last one out gives it back.
 */
import { setMaxListeners } from 'node:events';
import { LockLostError, LockNotHeldError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { Lease } from './lease.js';
import { monotonicNow } from './heartbeat.js';

/** Who lets holders in and takes back what they held. */
export interface Holding {
  /** Gives a hold back; never rejects. Answers what was lost, where the lease was gone before. */
  release(hold: Hold): Promise<LockLostError | undefined>;
}

export class Hold {
  /** How many handles share the hold. */
  depth = 1;
  private readonly sinceWallClock = Date.now();
  private state: 'held' | 'ended' | 'lost' = 'held';
  /** What the lease was when the hold ended: its ttl, and its deadline in monotonic time. */
  private lastTtl: number | undefined;
  private lastDeadline: number | undefined;
  private abort: AbortController | undefined;
  private loss: LockLostError | undefined;

  constructor(
    readonly lease: Lease,
    readonly fencingToken: number,
    /** Whether its owner may enter the key again. */
    readonly reentrant: boolean,
    readonly holding: Holding,
    /** Since when it is held, in monotonic time. */
    readonly since: number,
  ) {}

  get key(): string {
    return this.lease.key;
  }

  get token(): string {
    return this.lease.token;
  }

  get acquiredAt(): Date {
    return new Date(this.sinceWallClock);
  }

  get ttl(): number {
    return this.lastTtl ?? this.lease.ttl;
  }

  get expiresAt(): Date {
    return new Date(Date.now() + (this.lastDeadline ?? this.lease.deadline) - monotonicNow());
  }

  /** Asking may be what discovers the loss: from then on it stays lost. */
  get isHeld(): boolean {
    if (this.state === 'held') this.lease.check();
    return this.state === 'held';
  }

  /** As {@link isHeld}, for loggers: a loss that nobody has noticed yet goes on unnoticed, so that looking runs nothing. */
  get looksHeld(): boolean {
    return this.state === 'held' && this.lease.deadline > monotonicNow();
  }

  /** Given back, or about to be. */
  get isReleased(): boolean {
    return this.state === 'ended';
  }

  /** Why the hold is lost; `undefined` while it isn't. */
  get lossError(): LockLostError | undefined {
    if (this.state === 'held') this.lease.check();
    return this.loss;
  }

  get signal(): AbortSignal {
    if (!this.abort) {
      this.abort = new AbortController();
      // Any number of requests may listen to it; without this Node.js warns of a leak at the eleventh.
      setMaxListeners(0, this.abort.signal);
      if (this.loss) this.abort.abort(this.loss);
    }
    return this.abort.signal;
  }

  /** Whether it is lost, and whoever listens to its signal was not told yet. */
  get isUntold(): boolean {
    return this.loss !== undefined && this.abort !== undefined && !this.abort.signal.aborted;
  }

  /** Tells those who listen to the signal of a loss. They may do anything, so nothing may be half done here. */
  announce(): void {
    if (this.isUntold) this.abort!.abort(this.loss);
  }

  /** Throws where there is nothing left to renew. */
  assertHeld(): void {
    const loss = this.lossError;
    if (loss) throw loss;
    if (this.isReleased) throw new LockNotHeldError(messages.notHeld(this.key), { key: this.key });
  }

  /** The owner is done. False when there is nothing to give back any more. */
  end(now: number): boolean {
    const { lease } = this;
    if (this.state === 'held') lease.check(now);
    if (this.state !== 'held') return false;
    this.lastTtl = lease.ttl;
    this.lastDeadline = lease.deadline;
    this.state = 'ended';
    return true;
  }

  /** The lease is not the owner's any more; this may also come to light when it is given back. See {@link announce}. */
  lose(error: LockLostError): void {
    if (this.state === 'lost') return;
    this.state = 'lost';
    this.loss = error;
  }
}
