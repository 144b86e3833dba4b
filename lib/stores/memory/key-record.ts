/**
 * What the store knows of one key, and the rules by which the requests change it. The token of a lease that was given back
 * stays on record, and so do some that left before it, so that a repeated request for one of them is recognised and changes
 * nothing.
 */
import { admits, occupancyOf, UNOCCUPIED } from '../../core/admission.js';
import type { Occupancy } from '../../core/admission.js';
import type {
  AcquireRequest,
  ConvertRequest,
  KeyState,
  LeaseShare,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  Successor,
  TouchRequest,
} from '../lock-store.js';
import { GONE, KeyHolders } from './key-holders.js';
import { WaitingQueue } from './waiting-queue.js';

/** How many tokens that gave the key back, or left its queue, are remembered. */
const REMEMBERED = 8;

export class KeyRecord extends KeyHolders {
  /** Made when the first waiter comes; written here only. */
  queue: WaitingQueue | undefined = undefined;
  /** Tokens that gave the key back before, or left the queue; latest last. */
  private gone: string[] | undefined = undefined;

  acquire(request: AcquireRequest, now: number): StoreAnswer {
    const { token, ttl, wait } = request;
    if (token === this.token) return this.extend(ttl, now);
    if (this.gone?.includes(token)) return GONE;
    const sharer = this.sharers && this.findSharer(token, now);
    if (sharer) return this.admitBehind(this.extendSharer(sharer, ttl, now), now);
    const waiting = this.queue?.prolong(token, now) ?? false;
    const fencingToken = this.comeIn(token, ttl, now, waiting ? undefined : request);
    if (fencingToken > 0) return { state: 'held', fencingToken };
    if (wait && !waiting) this.join(token, request, now);
    return this.refuse(wait || waiting ? 'waiting' : 'busy', now);
  }

  touch({ token, ttl }: TouchRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    const sharer = this.findSharer(token, now);
    if (sharer) return this.admitBehind(this.extendSharer(sharer, ttl, now), now);
    if (!this.queue?.prolong(token, now)) return GONE;
    const fencingToken = this.comeIn(token, ttl, now);
    return fencingToken > 0 ? { state: 'held', fencingToken } : this.refuse('waiting', now);
  }

  release(request: ReleaseRequest, now: number): ReleaseAnswer {
    const state = this.leave(request, now);
    const { successor } = request;
    return successor ? { state, successor: this.answerSuccessor(successor, now) } : { state };
  }

  convert(request: ConvertRequest, now: number): StoreAnswer {
    const { token, ttl, wait, limit, weight, fencingToken: told } = request;
    if (token === this.token) return this.convertAlone(request, now);
    const sharer = this.findSharer(token, now);
    if (!sharer) return GONE;
    const sharers = this.sharers!;
    const answer = this.extendSharer(sharer, ttl, now);
    this.noteUsed(sharer, told);
    if (limit === sharer.limit && weight === sharer.weight) {
      sharers.withdraw(sharer);
      return this.admitBehind(answer, now);
    }
    if (sharers.isWishedByOther(sharer) || !admits(UNOCCUPIED, request)) return this.refuse('busy', now);
    if (!sharers.admitsInstead(sharer, request)) {
      if (wait) sharers.note(sharer, request);
      return this.refuse(wait ? 'waiting' : 'busy', now);
    }
    if (limit >= sharer.limit) {
      sharers.change(sharer, request);
      return this.admitBehind(answer, now);
    }
    sharers.remove(sharer);
    this.hold(token, ttl, request, now);
    return this.admitBehind({ state: 'held', fencingToken: this.fence }, now);
  }

  /** Whether an acquire would be answered `held`. Changes nothing that could be told from before. */
  wouldHold(request: AcquireRequest, now: number): boolean {
    const { token } = request;
    if (token === this.token) return !this.isFree;
    if (this.findSharer(token, now)) return true;
    if (this.isHeld(now) || this.gone?.includes(token)) return false;
    let occupancy: Occupancy = this.sharers ?? UNOCCUPIED;
    for (const waiter of this.queue?.tokens(now) ?? []) {
      const share = this.queue!.shareOf(waiter);
      if (waiter === token || !admits(occupancy, share)) return admits(occupancy, share) && this.mayEnter(share, now);
      occupancy = occupancyOf([occupancy, share]);
    }
    return admits(occupancy, request) && this.mayEnter(request, now);
  }

  inspect(key: string, now: number): KeyState {
    return {
      key,
      holders: this.states(now),
      waiting: [...(this.queue?.tokens(now) ?? [])],
      lastFencingToken: this.isFree ? this.lastFence : this.fence,
    };
  }

  /** Whether the record was not used for so long that it may be dropped. */
  isOutdated(now: number, retention: number): boolean {
    return this.deadline + retention <= now && !this.isWaitedFor(now);
  }

  private isWaitedFor(now: number): boolean {
    return this.queue?.first(now) !== undefined;
  }

  private refuse(state: 'waiting' | 'busy', now: number): StoreAnswer {
    return { state, expiresIn: this.expiresIn(now), at: now };
  }

  private leave({ token, fencingToken, successor }: ReleaseRequest, now: number): 'released' | 'gone' {
    if (token === this.token) {
      if (this.isFree) return 'released';
      this.endLease(token, fencingToken, now);
    } else {
      const sharer = this.findSharer(token, now);
      if (!sharer) return this.leaveQueue(token, fencingToken, now);
      this.endShare(sharer, fencingToken, now);
      // Of a key that is free the last token is on record by itself.
      if (!this.isFree) this.remember(token);
    }
    const wasWaitedFor = this.queue !== undefined && this.isWaitedFor(now);
    if (wasWaitedFor) this.admitQueue(now);
    if (!successor || this.sharers?.get(successor.token)) return 'released';
    if (!wasWaitedFor && this.mayEnter(successor, now)) this.grant(successor.token, successor.ttl, successor, now);
    else this.join(successor.token, successor, now);
    return 'released';
  }

  /** A request about a lease takes a place in the queue as well, but that was no lease. */
  private leaveQueue(token: string, fencingToken: number | undefined, now: number): 'released' | 'gone' {
    if (!this.queue?.leave(token, now)) return 'gone';
    this.remember(token);
    // It may have kept out others for which there is room. A lone holder, though, may still extend a lease that has ended.
    if (this.isShared || this.isFree) this.admitQueue(now);
    return fencingToken === undefined ? 'released' : 'gone';
  }

  private join(token: string, share: LeaseShare, now: number): void {
    this.queue ??= new WaitingQueue(this.store.placeLife);
    this.queue.join(token, share, now);
  }

  private remember(token: string): void {
    this.gone ??= [];
    this.gone.push(token);
    if (this.gone.length > REMEMBERED) this.gone.shift();
  }

  /** What the successor has got by a release, or by the same release when it was carried out before. */
  private answerSuccessor({ token, ttl }: Successor, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    const sharer = this.findSharer(token, now);
    if (sharer) return this.extendSharer(sharer, ttl, now);
    return this.queue?.prolong(token, now) ? this.refuse('waiting', now) : GONE;
  }

  private convertAlone(request: ConvertRequest, now: number): StoreAnswer {
    const { token, ttl, limit, fencingToken: told } = request;
    const answer = this.extend(ttl, now);
    if (answer.state !== 'held' || limit === 1) return answer;
    if (!admits(UNOCCUPIED, request)) return this.refuse('busy', now);
    this.openLease(token, told, request);
    return this.admitBehind(answer, now);
  }

  /** Lets the queue in as far as it fits, then a newcomer behind it. Answers the fencing token of the token that asks, or 0. */
  private comeIn(token: string, ttl: number, now: number, newcomer?: LeaseShare): number {
    if (this.isHeld(now)) return 0;
    if (newcomer && !this.queue && !this.sharers) {
      if (!admits(UNOCCUPIED, newcomer)) return 0;
      // For a key that no other caller asks for, the last token is enough.
      if (this.isFree && this.gone) this.gone.length = 0;
    } else {
      const fence = this.admitQueue(now, token, ttl);
      if (!newcomer || this.isWaitedFor(now) || !this.mayEnter(newcomer, now)) return fence;
    }
    this.grant(token, ttl, newcomer, now);
    return this.fence;
  }

  private admitBehind(answer: StoreAnswer, now: number): StoreAnswer {
    this.admitQueue(now);
    return answer;
  }

  /**
   * Makes waiters holders, in order, as many as fit: until each claims its lease or the claim window ends, except for the
   * token that asks. Answers that one's fencing token, or 0.
   */
  private admitQueue(now: number, asking?: string, ttl = 0): number {
    const { queue, store } = this;
    let fence = 0;
    for (let next = queue?.first(now); next !== undefined; next = queue?.first(now)) {
      const share = queue!.shareOf(next);
      if (!this.mayEnter(share, now)) break;
      this.grant(next, next === asking ? ttl : store.claimWindow, share, now);
      if (next === asking) fence = this.fence;
      else store.reportGrant({ token: next, fencingToken: this.fence, ttl: store.claimWindow, at: now });
    }
    return fence;
  }

  private grant(token: string, ttl: number, share: LeaseShare, now: number): void {
    this.queue?.leave(token, now);
    if (this.isFree && this.token !== undefined) this.remember(this.token);
    this.hold(token, ttl, share, now);
  }
}
