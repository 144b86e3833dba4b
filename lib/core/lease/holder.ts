/**
 * One owner's share of a lease: from the grant, or from the hand-off to this owner, until it is given back or lost.
 * Holders that follow each other on one lease differ in fencing token. Handles on the same holder (re-entries) are
 * counted; the last one out gives it back.
 */
import { setMaxListeners } from 'node:events';
import { LockNotHeldError } from '../../lock.errors.js';
import type { LockLostError } from '../../lock.errors.js';
import type { LockSource } from '../../lock.events.js';
import { messages } from '../../lock.messages.js';
import type { LeaseShare, StoreAnswer } from '../../stores/lock-store.js';
import type { LockSettings } from '../settings.js';
import { hasAbortListeners } from './abort-listeners.js';
import { askClock, hasAborted } from './clock-signal.js';
import type { Wish, WishTools } from './wish.js';

/** What another process needs to go on with a lease. */
export interface DetachedLease {
  readonly key: string;
  readonly token: string;
  /** The first fencing token of its block. */
  readonly fencingToken: number;
  /** How many more of the block had been given out when it came to its holder. */
  readonly handOffs: number;
  readonly settings: LockSettings;
  /** When the holder was granted the key, by the wall clock. */
  readonly acquiredAt: number;
}

/** What its owner has asked for, and when. */
export interface HolderRequest {
  readonly settings: LockSettings;
  readonly id: number;
  /** In monotonic time. */
  readonly askedAt: number;
}

/** The lease as its holder sees it. */
export interface HolderLease {
  /** What tells the leases of one service from those of another. */
  readonly requests: WishTools;
  readonly key: string;
  readonly token: string;
  /** The first fencing token of its block. */
  readonly fencingToken: number;
  readonly ttl: number;
  /** Until when it is believed in, in monotonic time. */
  readonly deadline: number;
  /** Whether it is held; only looked up. */
  isHeld(now?: number): boolean;
  /** Why it is lost when its time is over. */
  endError(): LockLostError;
  /** Whether it is held; ends it where its time is over. */
  check(now?: number): boolean;
  /** Extends it now; see `Lock.renew`. */
  renew(holder: Holder, ttl?: number): Promise<void>;
  /** Whether the holder is the only one on it. */
  readonly isAlone: boolean;
  /** A conversion that is not settled yet. */
  readonly wish: Wish | undefined;
  /** Whether a request that makes it a reader's brought no answer, and may be carried out yet. */
  readonly mayOpen: boolean;
  /** From here on it goes to no other caller of this process. */
  setApart(): void;
  /** Asks the store for another share; takes note of what it answers. */
  convert(holder: Holder, share: LeaseShare, wait: boolean): Promise<StoreAnswer>;
  /** A conversion has been settled, one way or the other. */
  wishSettled(): void;
  /** The key need not be kept: nothing was done under the lock. */
  dropMinHold(): void;
  /** Throws where the holder can't leave with the lease; see `Lock.detach`. */
  checkDetachable(holder: Holder): void;
  /** From here on only its holder renews it; resolves when no other renewal can reach the store behind the holder's. */
  quieten(): Promise<void>;
  /** It is renewed again as before {@link quieten}. */
  resume(): void;
  /** Ends it here without giving it back. */
  detach(holder: Holder): DetachedLease;
  /** Gives a holder's share back; never rejects. Answers what was lost, where the lease was gone before. */
  release(holder: Holder): Promise<LockLostError | undefined>;
  /** The holder was entered again, and is still held by that re-entry though the section it was entered from has ended. */
  outlived(holder: Holder): void;
}

/** What few holders need before they give the lease back. */
interface Extras {
  abort?: AbortController;
  loss?: LockLostError;
  /** When it was acquired, by the wall clock; reckoned when it is first asked for. */
  acquired?: number;
  /** What the lease was when its holder gave it back; its deadline in monotonic time. */
  ended?: { readonly ttl: number; readonly deadline: number; readonly fencingToken: number };
}

export class Holder {
  /** How many handles share the holder. */
  depth = 1;
  private state: 'held' | 'ended' | 'lost' = 'held';
  private extras: Extras | undefined = undefined;
  /** What its owner asked for. */
  settings: LockSettings;
  /** What joins its events. */
  readonly id: number;
  /** Milliseconds between asking and holding. */
  readonly waitedMs: number;

  constructor(
    readonly lease: HolderLease,
    /** How often the lease had been handed on when it came to this holder. */
    private handOffs: number,
    { settings, id, askedAt }: HolderRequest,
    /** Since when it is held, in monotonic time. */
    readonly since: number,
    /** How it came. */
    readonly how: LockSource,
  ) {
    this.settings = settings;
    this.id = id;
    this.waitedMs = Math.round(since - askedAt);
  }

  get key(): string {
    return this.lease.key;
  }

  get token(): string {
    return this.lease.token;
  }

  get fencingToken(): number {
    return this.extras?.ended?.fencingToken ?? this.lease.fencingToken + this.handOffs;
  }

  /** With whom it shares the key. */
  get share(): LeaseShare {
    return this.settings.share;
  }

  /** It has another share from now on. */
  convert(share: LeaseShare): void {
    this.settings = { ...this.settings, share };
  }

  /** Its lease has a new fencing token, which is this holder's. */
  renumber(): void {
    this.handOffs = 0;
  }

  get acquiredAt(): Date {
    const extras = this.withExtras();
    extras.acquired ??= Math.ceil(Date.now() - (performance.now() - this.since));
    return new Date(extras.acquired);
  }

  get ttl(): number {
    return (this.extras?.ended ?? this.lease).ttl;
  }

  get expiresAt(): Date {
    return new Date(Date.now() + (this.extras?.ended ?? this.lease).deadline - performance.now());
  }

  /** Once it was false it stays so. To ask sends nothing and runs no listener. */
  get isHeld(): boolean {
    return this.state === 'held' && this.lease.isHeld();
  }

  /** As {@link isHeld}, for loggers: to look does not count as noticing the end. */
  get looksHeld(): boolean {
    return this.state === 'held' && this.lease.deadline > performance.now();
  }

  /** Why it is lost; `undefined` while it isn't. */
  get lossError(): LockLostError | undefined {
    return this.extras?.loss;
  }

  /** Aborts when the holder is lost; listeners are called as soon as the running code is done. */
  get signal(): AbortSignal {
    const extras = this.withExtras();
    if (!extras.abort) {
      extras.abort = new AbortController();
      askClock(extras.abort.signal, () => this.lossByClock);
      // Any number of requests may listen to it; without this Node.js warns of a leak at the eleventh.
      setMaxListeners(0, extras.abort.signal);
    }
    const { signal } = extras.abort;
    const loss = this.lossByClock;
    if (loss && !hasAborted(signal) && !hasAbortListeners(signal)) extras.abort.abort(loss);
    return signal;
  }

  /** Why it is lost, by the clock; to ask sends nothing and runs no listener. */
  get lossByClock(): LockLostError | undefined {
    if (this.state === 'held' && !this.lease.isHeld()) this.lose(this.lease.endError());
    return this.lossError;
  }

  /** Whether it is lost, and the listeners of its signal were not called yet. */
  get isUntold(): boolean {
    const { abort, loss } = this.extras ?? {};
    return loss !== undefined && abort !== undefined && !hasAborted(abort.signal);
  }

  /** Calls the listeners of the signal after a loss. They may do anything, so nothing may be half done here. */
  announce(): void {
    if (this.isUntold) this.extras!.abort!.abort(this.extras!.loss);
  }

  /** Why it is lost, by the clock; `undefined` while it is held. */
  checkLoss(): LockLostError | undefined {
    if (this.state === 'held') this.lease.check();
    return this.lossError;
  }

  /** Throws where there is nothing left to renew. */
  assertHeld(): void {
    const loss = this.checkLoss();
    if (loss) throw loss;
    if (this.state === 'ended') throw new LockNotHeldError(messages.notHeld(this.key), { key: this.key });
  }

  /** The owner is done. False when there is nothing to give back any more. */
  end(now: number): boolean {
    const { lease } = this;
    if (this.state === 'held') lease.check(now);
    if (this.state !== 'held') return false;
    const { ttl, deadline, fencingToken } = lease;
    this.withExtras().ended = { ttl, deadline, fencingToken: fencingToken + this.handOffs };
    this.state = 'ended';
    return true;
  }

  /** The lease is not the owner's any more; this may also come to light when it is given back. See {@link announce}. */
  lose(error: LockLostError): void {
    if (this.state === 'lost') return;
    this.state = 'lost';
    this.withExtras().loss = error;
  }

  private withExtras(): Extras {
    return (this.extras ??= {});
  }
}
