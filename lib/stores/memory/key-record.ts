/**
 * What the store knows of one key, and the rules by which the four requests change it. All times are the clock's
 * microseconds. The token of a lease that was given back stays on record until the next grant, so that a repeated
 * request of it is recognised and changes nothing.
 */
import type {
  AcquireRequest,
  KeyState,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from '../lock-store.js';
import { toMicroseconds, toMillisecondsUp } from './clock.js';
import { WaitingLine } from './waiting-line.js';

/** What a record needs from its store. */
export interface RecordSurroundings {
  /** How long a granted waiter may take to claim, in microseconds. */
  readonly claimWindow: number;
  /** How long a place in line lives, in microseconds. */
  readonly placeLife: number;
  /** Mints the fencing token of a new grant. */
  nextFence(now: number): number;
  /** Tells a waiter's process that it was admitted. */
  reportGrant(token: string): void;
}

export class KeyRecord {
  private readonly line: WaitingLine;
  /** The holder, or the last one when the lease is over. */
  private token: string | undefined;
  private fence = 0;
  /** When the lease ends; of a lease that was given back, when that was. */
  private deadline = 0;
  private released = true;

  constructor(private readonly store: RecordSurroundings) {
    this.line = new WaitingLine(store.placeLife);
  }

  acquire({ token, ttl, wait }: AcquireRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    const waiting = this.line.keep(token, now);
    if (this.comeIn(token, ttl, now)) return { state: 'held', fencingToken: this.fence };
    if (wait && !waiting) this.line.join(token, now);
    return { state: wait || waiting ? 'waiting' : 'busy', expiresIn: this.expiresIn(now) };
  }

  touch({ token, ttl }: TouchRequest, now: number): StoreAnswer {
    if (token === this.token) return this.extend(ttl, now);
    if (!this.line.keep(token, now)) return { state: 'gone' };
    if (this.comeIn(token, ttl, now)) return { state: 'held', fencingToken: this.fence };
    return { state: 'waiting', expiresIn: this.expiresIn(now) };
  }

  release({ token }: ReleaseRequest, now: number): ReleaseAnswer {
    if (token !== this.token) return this.line.leave(token, now) ? 'released' : 'gone';
    if (this.released) return 'released';
    const next = this.line.first(now);
    if (next === undefined) {
      this.released = true;
      this.deadline = now;
    } else {
      this.admit(next, now);
    }
    return 'released';
  }

  inspect(key: string, now: number): KeyState {
    const { token, fence } = this;
    const held = token !== undefined && this.isHeld(now);
    return {
      key,
      holder: held ? { token, fencingToken: fence, expiresIn: this.expiresIn(now) } : null,
      waiting: this.line.tokens(now),
      lastFencingToken: fence,
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
    this.store.reportGrant(token);
  }

  private grant(token: string, life: number, now: number): void {
    this.line.leave(token, now);
    this.token = token;
    this.fence = this.store.nextFence(now);
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
