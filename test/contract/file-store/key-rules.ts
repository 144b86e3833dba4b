/**
 * The rules of one key, as a store keeps them that can read a record, change it and write it back in one step. They know
 * nothing of files: a table in a database needs the same. Times are milliseconds of the store's clock.
 */
import { FENCE_BLOCK } from 'nestjs-distributed-lock';
import type {
  AcquireRequest,
  KeyState,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TouchRequest,
} from 'nestjs-distributed-lock';

/** What is kept of a key. */
export interface KeyRecord {
  /** The lease that was granted last. It may have ended since, or was given back. */
  lease?: {
    readonly token: string;
    /** The fencing token of the grant. */
    readonly first: number;
    /** The last fencing token that may have been used under the lease. */
    last: number;
    until: number;
    isReleased: boolean;
  };
  /** The waiters in the order of joining, and until when their places live. */
  queue: { readonly token: string; until: number }[];
  /** Tokens that were released: what is asked for them once more, by a request that was sent twice, is refused. */
  left: string[];
}

const REMEMBERED = 32;
const GONE = { state: 'gone' } as const;

/** One key at one moment. Each method changes the record, which is to be written back. */
export class KeyRules {
  constructor(
    private readonly record: KeyRecord,
    private readonly timing: StoreTiming,
    private readonly now: number,
  ) {
    record.queue = record.queue.filter(({ until }) => until > now);
  }

  acquire({ token, ttl, wait }: AcquireRequest): StoreAnswer {
    if (this.record.left.includes(token)) return GONE;
    const isKnown = this.owns(token) || this.place(token) !== undefined;
    // A newcomer stands at the end of the queue, and comes in at once where no other waits.
    if (!isKnown) this.join(token);
    const answer = this.touch({ token, ttl });
    if (isKnown || wait || answer.state !== 'waiting') return answer;
    this.leaveQueue(token);
    return { ...answer, state: 'busy' };
  }

  touch({ token, ttl }: Omit<TouchRequest, 'key'>): StoreAnswer {
    const place = this.place(token);
    if (place) {
      place.until = this.now + this.timing.placeLife;
      if (!this.isHeld()) this.admitNext();
    }
    return this.answer(token, ttl);
  }

  release({ token, fencingToken, successor }: ReleaseRequest): ReleaseAnswer {
    const { lease } = this.record;
    let state: 'released' | 'gone' = 'gone';
    if (lease?.token === token) {
      state = 'released';
      if (!lease.isReleased) {
        lease.isReleased = true;
        lease.until = this.now;
        lease.last = Math.max(lease.first, fencingToken ?? lease.first);
        this.leave(token);
        if (successor) this.join(successor.token);
        this.admitNext();
      }
    } else if (this.place(token)) {
      this.leaveQueue(token);
      this.leave(token);
      // With a fencing token the request is about a lease, and a place in the queue was none.
      if (fencingToken === undefined) state = 'released';
    }
    if (!successor) return { state };
    const place = this.place(successor.token);
    if (place) place.until = this.now + this.timing.placeLife;
    return { state, successor: this.answer(successor.token, successor.ttl) };
  }

  inspect(key: string): KeyState {
    const { lease, queue } = this.record;
    const holder = lease && this.isHeld() && { token: lease.token, fencingToken: lease.first, limit: 1, weight: 1 };
    return {
      key,
      holders: holder ? [{ ...holder, expiresIn: this.expiresIn() }] : [],
      waiting: queue.map(({ token }) => token),
      lastFencingToken: lease ? (lease.isReleased ? lease.last : lease.first) : null,
    };
  }

  /** Whether the record may be forgotten. */
  isOutdated(): boolean {
    const { lease, queue } = this.record;
    return queue.length === 0 && (lease?.until ?? 0) + this.timing.retention < this.now;
  }

  /** What a token has. The owner's lease counts from now on. */
  private answer(token: string, ttl: number): StoreAnswer {
    const { lease } = this.record;
    if (lease && this.owns(token)) {
      lease.until = this.now + ttl;
      return { state: 'held', fencingToken: lease.first };
    }
    if (!this.place(token)) return GONE;
    return { state: 'waiting', expiresIn: this.expiresIn(), at: this.now * 1_000 };
  }

  /** Lets the first in the queue come in. It has to claim the lease by a touch or an acquire before the window ends. */
  private admitNext(): void {
    const next = this.record.queue.shift();
    if (!next) return;
    // The clock goes on where the record is lost, so that fencing tokens grow all the same.
    const first = Math.max((this.record.lease?.last ?? 0) + 1, this.now * 1_000);
    const [last, until] = [first + FENCE_BLOCK - 1, this.now + this.timing.claimWindow];
    this.record.lease = { token: next.token, first, last, until, isReleased: false };
  }

  /** The owner of an expired lease still owns it while no other was granted the key. */
  private owns(token: string): boolean {
    return this.record.lease?.token === token && !this.record.lease.isReleased;
  }

  private isHeld(): boolean {
    return this.record.lease !== undefined && !this.record.lease.isReleased && this.record.lease.until > this.now;
  }

  private expiresIn(): number {
    return Math.max(0, (this.record.lease?.until ?? 0) - this.now);
  }

  private place(token: string): KeyRecord['queue'][number] | undefined {
    return this.record.queue.find((place) => place.token === token);
  }

  private join(token: string): void {
    this.record.queue.push({ token, until: this.now + this.timing.placeLife });
  }

  private leaveQueue(token: string): void {
    this.record.queue = this.record.queue.filter((place) => place.token !== token);
  }

  private leave(token: string): void {
    this.record.left = [...this.record.left, token].slice(-REMEMBERED);
  }
}
