/**
 * Until when a token's lease may be believed in: the least that any request still without an answer could make it, and the
 * most that answered ones prove. Requests may be carried out in another order than they were sent, and one that brought no
 * answer perhaps never, perhaps yet. So a shorter lease counts from the sending of its request on, a longer one from the
 * answer, and of two requests that were under way together the shorter is taken to have come last.
 *
 * Nearly always one request is under way at a time, which takes no memory of its own.
 */

/** Until when a lease that lasts `ttl` from `from` on is believed in: clocks may drift apart by a hundredth. */
export function believedUntil(from: number, ttl: number): number {
  return from + ttl - (ttl * 0.01 + 2);
}

/** One of several requests that are, or were, under way together. */
class Asked {
  /** How many had been sent when it ended; Infinity while it is under way. */
  endedBefore = Infinity;
  isAnswered = false;

  constructor(
    readonly sentAt: number,
    readonly ttl: number,
    /** How many were sent before it. */
    readonly number: number,
  ) {}
}

export class Belief {
  private until = -Infinity;
  /** The only request; `sentAt` is NaN where there is none. */
  private sentAt = NaN;
  private ttl = 0;
  /** Instead of it, where there are more: all that may come after a request that has no answer yet. */
  private several: Asked[] | undefined;
  private count = 0;

  /** In monotonic time; -Infinity while nothing proves a lease. */
  get deadline(): number {
    return this.until;
  }

  /** Whether a request for less than that is under way. */
  isShorterUnderWay(ttl: number): boolean {
    if (!this.several) return !Number.isNaN(this.sentAt) && this.ttl < ttl;
    return this.several.some((each) => each.endedBefore === Infinity && each.ttl < ttl);
  }

  /** A request is being sent. */
  sent(sentAt: number, ttl: number): void {
    this.until = Math.min(this.until, believedUntil(sentAt, ttl));
    if (!this.several && Number.isNaN(this.sentAt)) {
      this.sentAt = sentAt;
      this.ttl = ttl;
    } else {
      this.list().push(new Asked(sentAt, ttl, this.count++));
    }
  }

  /** Answered: the token holds the lease. */
  held(sentAt: number, ttl: number): void {
    const asked = this.end(sentAt, ttl, true);
    let until = believedUntil(sentAt, ttl);
    for (const other of this.several ?? []) {
      if (other === asked || other.ttl >= ttl) continue;
      until = Math.min(until, believedUntil(Math.max(sentAt, other.sentAt), other.ttl));
    }
    this.until = Math.max(this.until, until);
    this.tidy();
  }

  /** Answered: the token is in line. So the request came before any lease, and shortens none. */
  waits(sentAt: number, ttl: number): void {
    const asked = this.end(sentAt, ttl, true);
    if (asked) this.several = this.several!.filter((other) => other !== asked);
    this.tidy();
  }

  /** Not answered: it may take effect until a request is answered that is sent after this. */
  unknown(sentAt: number, ttl: number): void {
    this.list();
    this.end(sentAt, ttl, false);
    this.tidy();
  }

  /**
   * Until when a lease would be believed in that was given to a token in line, at `from` or later: whatever has no answer
   * may come after it.
   */
  ofGrant(from: number, ttl: number): number {
    let until = believedUntil(from, ttl);
    if (!Number.isNaN(this.sentAt)) until = Math.min(until, believedUntil(this.sentAt, this.ttl));
    for (const other of this.several ?? []) until = Math.min(until, believedUntil(other.sentAt, other.ttl));
    return until;
  }

  /** Believes in a lease that was given until then. */
  begin(until: number): void {
    this.until = Math.max(this.until, until);
  }

  /** The requests as a list, from here on. */
  private list(): Asked[] {
    if (!this.several) {
      this.several = Number.isNaN(this.sentAt) ? [] : [new Asked(this.sentAt, this.ttl, this.count++)];
      this.sentAt = NaN;
    }
    return this.several;
  }

  /** Ends a request, and answers it where it is one of several. */
  private end(sentAt: number, ttl: number, isAnswered: boolean): Asked | undefined {
    if (!this.several) {
      if (this.sentAt === sentAt && this.ttl === ttl) this.sentAt = NaN;
      return undefined;
    }
    const asked = this.several.find(
      (each) => each.sentAt === sentAt && each.ttl === ttl && each.endedBefore === Infinity,
    );
    if (!asked) return undefined;
    asked.endedBefore = this.count;
    asked.isAnswered = isAnswered;
    // What had ended before it was sent has come before it, or never comes.
    if (isAnswered) this.several = this.several.filter(({ endedBefore }) => endedBefore > asked.number);
    return asked;
  }

  /** Forgets what nothing can come before any more. */
  private tidy(): void {
    if (!this.several) return;
    const isUnderWay = this.several.some(({ endedBefore }) => endedBefore === Infinity);
    if (!isUnderWay) this.several = this.several.filter(({ isAnswered }) => !isAnswered);
    if (this.several.length === 0) this.several = undefined;
  }
}
