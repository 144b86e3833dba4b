/**
 * What the store knows of one key, and the rules by which the four requests change it. All times are the clock's
 * microseconds. The token of a lease that was given back stays on record, and so do some that left before it, so that a
 * repeated request for one of them is recognised and changes nothing.
 */
import { FENCE_BLOCK } from '../protocol.js';
import type {
  AcquireRequest,
  Grant,
  KeyState,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from '../lock-store.js';
import { toMillisecondsUp } from './clock.js';
import { WaitingQueue } from './waiting-queue.js';

/** How many tokens that gave the key back, or left its queue, are remembered. */
const REMEMBERED = 8;
/** No clock of this and the next century gives a greater fencing token, and JavaScript can still count with it. */
const GREATEST_FENCE = 8_999_999_999_999_999;

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

export class KeyRecord {
  /** Made when the first waiter comes. */
  private queue: WaitingQueue | undefined = undefined;
  /** The holder, or the last one when the lease is over. */
  private token: string | undefined = undefined;
  /** The first fencing token of the lease's block, and the last that may have been used. */
  private fence = 0;
  private lastFence = 0;
  /** When the lease ends; of a lease that was given back, when that was. */
  private deadline = 0;
  /** Whether the lease was given back, and no waiter was there to be admitted. Written here only. */
  isFree = true;
  /** Tokens that gave the key back before, or left the queue; latest last. */
  private gone: string[] | undefined = undefined;

  constructor(private readonly store: RecordSurroundings) {}

  acquire({ token, ttl, wait }: AcquireRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (this.gone?.includes(token)) return { state: 'gone' };
    const waiting = this.queue?.prolong(token, now) ?? false;
    if (this.comeIn(token, ttl, now)) return { state: 'held', fencingToken: this.fence };
    if (wait && !waiting) this.join(token, now);
    return { state: wait || waiting ? 'waiting' : 'busy', expiresIn: this.expiresIn(now), at: now };
  }

  touch({ token, ttl }: TouchRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (!this.queue?.prolong(token, now)) return { state: 'gone' };
    if (this.comeIn(token, ttl, now)) return { state: 'held', fencingToken: this.fence };
    return { state: 'waiting', expiresIn: this.expiresIn(now), at: now };
  }

  release(request: ReleaseRequest, now: number): ReleaseAnswer {
    const state = this.leave(request, now);
    const { successor } = request;
    return successor ? { state, successor: this.answerSuccessor(successor, now) } : { state };
  }

  inspect(key: string, now: number): KeyState {
    const { token, fence } = this;
    const held = token !== undefined && this.isHeld(now);
    return {
      key,
      holders: held ? [{ token, fencingToken: fence, expiresIn: this.expiresIn(now), limit: 1, weight: 1 }] : [],
      waiting: this.queue?.tokens(now) ?? [],
      lastFencingToken: this.isFree ? this.lastFence : fence,
    };
  }

  /** Whether the record was not used for so long that it may be dropped. */
  isOutdated(now: number, retention: number): boolean {
    return this.deadline + retention <= now && this.queue?.first(now) === undefined;
  }

  private leave({ token, fencingToken, successor }: ReleaseRequest, now: number): 'released' | 'gone' {
    if (token !== this.token) {
      if (!this.queue?.leave(token, now)) return 'gone';
      this.remember(token);
      return fencingToken === undefined ? 'released' : 'gone';
    }
    if (this.isFree) return 'released';
    this.isFree = true;
    this.lastFence = this.lastUsed(fencingToken);
    this.store.sawFence(this.lastFence);
    const next = this.queue?.first(now);
    if (next !== undefined) {
      this.admit(next, now);
      if (successor) this.join(successor.token, now);
    } else if (successor) {
      this.grant(successor.token, successor.ttl, now);
    } else {
      this.deadline = now;
    }
    return 'released';
  }

  /** The last fencing token of the lease. One that can't be its own has used up the lease's block. */
  private lastUsed(told = this.fence): number {
    if (!Number.isSafeInteger(told) || told < 0 || told > GREATEST_FENCE) return this.fence + FENCE_BLOCK - 1;
    return Math.max(told, this.fence);
  }

  private join(token: string, now: number): void {
    this.queue ??= new WaitingQueue(this.store.placeLife);
    this.queue.join(token, now);
  }

  private remember(token: string): void {
    this.gone ??= [];
    this.gone.push(token);
    if (this.gone.length > REMEMBERED) this.gone.shift();
  }

  /** What the successor has got by a release, or by the same release when it was carried out before. */
  private answerSuccessor({ token, ttl }: { token: string; ttl: number }, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (!this.queue?.prolong(token, now)) return { state: 'gone' };
    return { state: 'waiting', expiresIn: this.expiresIn(now), at: now };
  }

  private extend(ttl: number, now: number): StoreAnswer {
    if (this.isFree) return { state: 'gone' };
    this.deadline = now + Math.round(ttl * 1_000);
    return { state: 'held', fencingToken: this.fence };
  }

  /** Makes a token the holder if the key is free and no waiter is ahead of it; otherwise admits the first waiter. */
  private comeIn(token: string, ttl: number, now: number): boolean {
    if (this.isHeld(now)) return false;
    const next = this.queue?.first(now);
    if (next === undefined || next === token) {
      // For a key that no other caller asks for, the last token is enough.
      if (this.isFree && !this.queue && this.gone) this.gone.length = 0;
      this.grant(token, ttl, now);
      return true;
    }
    this.admit(next, now);
    return false;
  }

  /** Makes a waiter the holder until it claims the lease or the claim window ends. */
  private admit(token: string, now: number): void {
    const { claimWindow: ttl } = this.store;
    this.grant(token, ttl, now);
    this.store.reportGrant({ token, fencingToken: this.fence, ttl, at: now });
  }

  private grant(token: string, ttl: number, now: number): void {
    this.queue?.leave(token, now);
    if (this.isFree && this.token !== undefined) this.remember(this.token);
    this.token = token;
    this.fence = this.store.nextFence(now, this.lastFence + 1);
    this.lastFence = this.fence + FENCE_BLOCK - 1;
    this.deadline = now + Math.round(ttl * 1_000);
    this.isFree = false;
  }

  private isHeld(now: number): boolean {
    return !this.isFree && this.deadline > now;
  }

  private expiresIn(now: number): number {
    return toMillisecondsUp(this.deadline - now);
  }
}
