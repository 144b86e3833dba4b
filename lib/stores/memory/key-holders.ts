/**
 * Who holds one key: one token that shares it with no other (`token`, and what stands beside it), or `sharers`, or none.
 * All times are the clock's microseconds. A lone holder's lease that has ended is still its own while no other was granted
 * the key; the lease of a sharer ends for good.
 */
import { admits, EXCLUSIVE, UNOCCUPIED } from '../../core/admission.js';
import { FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../protocol.js';
import type { Grant, HolderState, LeaseShare, StoreAnswer } from '../lock-store.js';
import { toMicroseconds, toMillisecondsUp } from './clock.js';
import { Sharers } from './sharers.js';
import type { Sharer } from './sharers.js';

/** No clock of this and the next century gives a greater fencing token, and JavaScript can still count with it. */
const GREATEST_FENCE = 8_999_999_999_999_999;

export const GONE: StoreAnswer = { state: 'gone' };

/** What a record needs from its store. */
export interface RecordSurroundings {
  /** How long a granted waiter may take to claim, in milliseconds. */
  readonly claimWindow: number;
  /** How long a place in the queue lives, in microseconds. */
  readonly placeLife: number;
  /** Mints the fencing token of a new grant, which is to be at least so large. */
  nextFence(now: number, atLeast: number): number;
  /** Takes note of a fencing token that was given out under a lease. */
  sawFence(fencingToken: number): void;
  /** Tells a waiter's process that it was admitted. */
  reportGrant(grant: Grant): void;
}

export class KeyHolders {
  /** Whether no lease is on record, be it alive or not. */
  isFree = true;
  /** Made when the first comes that would share the key. */
  protected sharers: Sharers | undefined = undefined;
  /** The lone holder, or the last one when the lease is over. */
  protected token: string | undefined = undefined;
  /** The first fencing token of the latest grant's block, and the last that may have been used. */
  protected fence = 0;
  protected lastFence = 0;
  /** When the last lease ends at the latest; of a key that was given back, when that was. */
  protected deadline = 0;

  constructor(protected readonly store: RecordSurroundings) {}

  /** Milliseconds until the first lease ends. */
  expiresIn(now: number): number {
    return toMillisecondsUp((this.isShared ? this.sharers!.firstEnd : this.deadline) - now);
  }

  protected get isShared(): boolean {
    return this.sharers !== undefined && this.sharers.size > 0;
  }

  /** Whether a lone holder is alive. */
  protected isHeld(now: number): boolean {
    return this.token !== undefined && !this.isFree && this.deadline > now;
  }

  /** Whether one more may come in. */
  protected mayEnter(share: LeaseShare, now: number): boolean {
    return this.isShared ? this.sharers!.admits(share) : !this.isHeld(now) && admits(UNOCCUPIED, share);
  }

  protected states(now: number): HolderState[] {
    const { token, fence: fencingToken } = this;
    if (token === undefined) return this.sharers?.states(now) ?? [];
    return this.isHeld(now) ? [{ token, fencingToken, expiresIn: this.expiresIn(now), ...EXCLUSIVE }] : [];
  }

  /** Extends a lone holder's lease. */
  protected extend(ttl: number, now: number): StoreAnswer {
    if (this.isFree) return GONE;
    this.deadline = now + toMicroseconds(ttl);
    return { state: 'held', fencingToken: this.fence };
  }

  /** A holder that shares the key. Those whose leases have ended are gone by then, be it this one. */
  protected findSharer(token: string, now: number): Sharer | undefined {
    const { sharers } = this;
    if (!sharers || sharers.size === 0) return undefined;
    if (sharers.removeLapsed(now)) {
      if (sharers.size === 0) this.free(undefined, now);
      else this.reportWish(now);
    }
    return sharers.get(token);
  }

  protected extendSharer(sharer: Sharer, ttl: number, now: number): StoreAnswer {
    const end = now + toMicroseconds(ttl);
    this.sharers!.extend(sharer, end);
    this.deadline = Math.max(this.deadline, end);
    return { state: 'held', fencingToken: sharer.fence };
  }

  /** Makes a token a holder, with a fencing token of its own. */
  protected hold(token: string, ttl: number, share: LeaseShare, now: number): void {
    this.isFree = false;
    this.fence = this.store.nextFence(now, this.lastFence + 1);
    const end = now + Math.round(ttl * 1_000);
    if (share.limit === 1) {
      this.lastFence = this.fence + FENCE_BLOCK - 1;
      this.token = token;
      this.deadline = end;
    } else {
      this.lastFence = this.fence + SHARED_FENCE_BLOCK - 1;
      this.share(token, share, end);
    }
  }

  /** Takes a lone holder out; `told` is the last fencing token of its lease, as far as it says so. */
  protected endLease(token: string, told: number | undefined, now: number): void {
    this.lastFence = lastUsed(this.fence, told, FENCE_BLOCK);
    this.free(token, now);
  }

  /** Takes a sharer out. */
  protected endShare(sharer: Sharer, told: number | undefined, now: number): void {
    this.noteUsed(sharer, told);
    this.sharers!.remove(sharer);
    if (!this.isShared) this.free(sharer.token, now);
    else this.reportWish(now);
  }

  /** Fencing tokens that are granted later will be greater than what a sharer has used. */
  protected noteUsed({ fence }: Sharer, told: number | undefined): void {
    this.lastFence = Math.max(this.lastFence, lastUsed(fence, told, SHARED_FENCE_BLOCK));
  }

  /** Makes a lone holder one that shares the key, under the same fencing token. */
  protected openLease(token: string, told: number | undefined, share: LeaseShare): void {
    this.lastFence = Math.max(this.fence + SHARED_FENCE_BLOCK - 1, lastUsed(this.fence, told, FENCE_BLOCK));
    this.share(token, share, this.deadline);
  }

  private share(token: string, share: LeaseShare, end: number): void {
    this.token = undefined;
    this.sharers ??= new Sharers();
    this.sharers.add(token, this.fence, share, end);
    this.deadline = Math.max(this.deadline, end);
  }

  private free(token: string | undefined, now: number): void {
    this.isFree = true;
    this.token = token;
    this.deadline = now;
    this.store.sawFence(this.lastFence);
  }

  /** Tells a holder that its wish for another share may be granted by now. */
  private reportWish(now: number): void {
    const sharer = this.sharers!.nextToTell();
    if (!sharer) return;
    const { token, fence: fencingToken } = sharer;
    this.store.reportGrant({ token, fencingToken, ttl: this.store.claimWindow, at: now });
  }
}

/** The last fencing token of a lease. One that can't be its own has used up the lease's block. */
function lastUsed(fence: number, told = fence, block: number): number {
  if (!Number.isSafeInteger(told) || told < 0 || told > GREATEST_FENCE) return fence + block - 1;
  return Math.max(told, fence);
}
