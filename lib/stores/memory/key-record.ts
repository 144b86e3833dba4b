/**
 * What the store knows of one key, and the rules by which the four requests change it. All times are the clock's
 * microseconds. The token of a lease that was given back stays on record, and so do some that left before it, so that a
 * repeated request of theirs is recognised and changes nothing.
 */
import { FENCE_BLOCK } from '../lock-store.js';
import type {
  AcquireRequest,
  Grant,
  KeyState,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from '../lock-store.js';
import { toMicroseconds, toMillisecondsUp } from './clock.js';
import { WaitingLine } from './waiting-line.js';

/** So many tokens that gave the key back, or left its line, are remembered. */
const REMEMBERED = 8;
/** No clock of this and the next century gives a greater fencing token, and JavaScript can still count with it. */
const GREATEST_FENCE = 8_999_999_999_999_999;

/** What a record needs from its store. */
export interface RecordSurroundings {
  /** How long a granted waiter may take to claim, in microseconds. */
  readonly claimWindow: number;
  /** How long a place in line lives, in microseconds. */
  readonly placeLife: number;
  /** Mints the fencing token of a new grant, which is to be at least so large. */
  nextFence(now: number, atLeast: number): number;
  /** Takes note of a fencing token that was given out under a lease. */
  sawFence(fencingToken: number): void;
  /** Tells a waiter's process that it was admitted. */
  reportGrant(grant: Grant): void;
}

export class KeyRecord {
  private readonly line: WaitingLine;
  /** The holder, or the last one when the lease is over. */
  private token: string | undefined;
  /** The first fencing token of the lease's block, and the last that may have been used. */
  private fence = 0;
  private lastFence = 0;
  /** When the lease ends; of a lease that was given back, when that was. */
  private deadline = 0;
  private released = true;
  /** Tokens that gave the key back before, or left the line; latest last. */
  private gone: string[] | undefined;

  constructor(private readonly store: RecordSurroundings) {
    this.line = new WaitingLine(store.placeLife);
  }

  acquire({ token, ttl, wait }: AcquireRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (this.gone?.includes(token)) return { state: 'gone' };
    const waiting = this.line.keep(token, now);
    if (this.comeIn(token, ttl, now)) return { state: 'held', fencingToken: this.fence };
    if (wait && !waiting) this.line.join(token, now);
    return { state: wait || waiting ? 'waiting' : 'busy', expiresIn: this.expiresIn(now), at: now };
  }

  touch({ token, ttl }: TouchRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (!this.line.keep(token, now)) return { state: 'gone' };
    if (this.comeIn(token, ttl, now)) return { state: 'held', fencingToken: this.fence };
    return { state: 'waiting', expiresIn: this.expiresIn(now), at: now };
  }

  release(request: ReleaseRequest, now: number): ReleaseAnswer {
    const state = this.leave(request, now);
    const { successor } = request;
    return successor ? { state, successor: this.keepSuccessor(successor, now) } : { state };
  }

  inspect(key: string, now: number): KeyState {
    const { token, fence } = this;
    const held = token !== undefined && this.isHeld(now);
    return {
      key,
      holder: held ? { token, fencingToken: fence, expiresIn: this.expiresIn(now) } : null,
      waiting: this.line.tokens(now),
      lastFencingToken: this.released ? this.lastFence : fence,
    };
  }

  /** Whether the lease was given back; nobody is in line then, or the lease would have been passed on. */
  get isFree(): boolean {
    return this.released;
  }

  /** Whether the record was not used for so long that it may be dropped. */
  isOutdated(now: number, retention: number): boolean {
    return this.deadline + retention <= now && this.line.first(now) === undefined;
  }

  private leave({ token, fencingToken, successor }: ReleaseRequest, now: number): 'released' | 'gone' {
    if (token !== this.token) {
      if (!this.line.leave(token, now)) return 'gone';
      this.remember(token);
      return fencingToken === undefined ? 'released' : 'gone';
    }
    if (this.released) return 'released';
    this.released = true;
    this.lastFence = this.lastUsed(fencingToken);
    this.store.sawFence(this.lastFence);
    const next = this.line.first(now);
    if (next !== undefined) {
      this.admit(next, now);
      if (successor) this.line.join(successor.token, now);
    } else if (successor) {
      this.grant(successor.token, toMicroseconds(successor.ttl), now);
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

  private remember(token: string): void {
    this.gone ??= [];
    this.gone.push(token);
    if (this.gone.length > REMEMBERED) this.gone.shift();
  }

  /** What the successor has got by a release, or by the same release before. */
  private keepSuccessor({ token, ttl }: { token: string; ttl: number }, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (!this.line.keep(token, now)) return { state: 'gone' };
    return { state: 'waiting', expiresIn: this.expiresIn(now), at: now };
  }

  private extend(ttl: number, now: number): StoreAnswer {
    if (this.released) return { state: 'gone' };
    this.deadline = now + toMicroseconds(ttl);
    return { state: 'held', fencingToken: this.fence };
  }

  /** Makes a token the holder if nobody holds the key and nobody is ahead in line; otherwise admits the one ahead. */
  private comeIn(token: string, ttl: number, now: number): boolean {
    if (this.isHeld(now)) return false;
    const next = this.line.first(now);
    if (next === undefined || next === token) {
      this.grant(token, toMicroseconds(ttl), now);
      return true;
    }
    this.admit(next, now);
    return false;
  }

  /** Makes a waiter the holder until it claims the lease or the claim window ends. */
  private admit(token: string, now: number): void {
    this.grant(token, this.store.claimWindow, now);
    this.store.reportGrant({ token, fencingToken: this.fence, ttl: this.store.claimWindow / 1000, at: now });
  }

  private grant(token: string, life: number, now: number): void {
    this.line.leave(token, now);
    if (this.released && this.token !== undefined) this.remember(this.token);
    this.token = token;
    this.fence = this.store.nextFence(now, this.lastFence + 1);
    this.lastFence = this.fence + FENCE_BLOCK - 1;
    this.deadline = now + life;
    this.released = false;
  }

  private isHeld(now: number): boolean {
    return !this.released && this.deadline > now;
  }

  private expiresIn(now: number): number {
    return toMillisecondsUp(this.deadline - now);
  }
}
