/**
 * Until when a token's lease may be believed in: the least that any request still without an answer could make it, and the
 * most that answered ones prove. Requests may be carried out in another order than they were sent, and one that brought no
 * answer perhaps never, perhaps yet. So a shorter lease counts from the sending of its request on, a longer one from the
 * answer, and of two requests that were under way together the shorter is taken to have come last.
 *
 * Nearly always one request is under way at a time, which takes no memory of its own. Times are whole milliseconds, rounded
 * down, as in `lease.ts`.
 */

/** Until when a lease that lasts `ttl` from `from` on is believed in: clocks may drift apart by a hundredth. */
export function believedUntil(from: number, ttl: number): number {
  return Math.floor(from + ttl - (ttl * 0.01 + 2));
}

/** In place of a time: there is none. Every time is later. */
const NONE = -1;

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

/** Requests that may come after one that has no answer yet. */
class Several {
  asked: Asked[] = [];
  /** How many were sent. */
  count = 0;

  add(sentAt: number, ttl: number): void {
    this.asked.push(new Asked(sentAt, ttl, this.count++));
  }

  keep(which: (asked: Asked) => boolean): void {
    this.asked = this.asked.filter(which);
  }
}

export class Belief {
  /** In monotonic time; long ago while nothing proves a lease. Written here only. */
  deadline = NONE;
  /** The only request; `sentAt` is `NONE` where there is none. */
  private sentAt = NONE;
  private ttl = 0;
  /** Instead of it, where there are more: all that may come after a request that has no answer yet. */
  private several: Several | undefined = undefined;

  /** Whether a request for less than that is under way. */
  isShorterUnderWay(ttl: number): boolean {
    if (!this.several) return this.sentAt !== NONE && this.ttl < ttl;
    return this.several.asked.some((each) => each.endedBefore === Infinity && each.ttl < ttl);
  }

  /** Whether nothing may take effect yet that asks for another ttl. */
  isOnlyOf(ttl: number): boolean {
    if (!this.several) return this.sentAt === NONE || this.ttl === ttl;
    return this.several.asked.every((each) => each.ttl === ttl);
  }

  /** A request is being sent. */
  sent(sentAt: number, ttl: number): void {
    const at = Math.floor(sentAt);
    this.deadline = Math.min(this.deadline, believedUntil(at, ttl));
    if (!this.several && this.sentAt === NONE) {
      this.sentAt = at;
      this.ttl = ttl;
    } else {
      this.list().add(at, ttl);
    }
  }

  /** Answered: the token holds the lease. Answers whether all of it may be believed in. */
  held(sentAt: number, ttl: number): boolean {
    const at = Math.floor(sentAt);
    const asked = this.end(at, ttl, true);
    const whole = believedUntil(at, ttl);
    let until = whole;
    if (this.several) {
      for (const other of this.several.asked) {
        if (other === asked || other.ttl >= ttl) continue;
        until = Math.min(until, believedUntil(Math.max(at, other.sentAt), other.ttl));
      }
    }
    this.deadline = Math.max(this.deadline, until);
    this.tidy();
    return this.deadline >= whole;
  }

  /** Answered: the token is in the queue. So the request came before any lease, and shortens none. */
  waits(sentAt: number, ttl: number): void {
    const asked = this.end(Math.floor(sentAt), ttl, true);
    if (asked) this.several!.keep((other) => other !== asked);
    this.tidy();
  }

  /** Not answered: it may take effect until a request is answered that is sent after this. */
  unknown(sentAt: number, ttl: number): void {
    this.list();
    this.end(Math.floor(sentAt), ttl, false);
    this.tidy();
  }

  /**
   * Until when a lease would be believed in that was given to a waiting token, at `from` or later: whatever has no
   * answer may come after it.
   */
  ofGrant(from: number, ttl: number): number {
    let until = believedUntil(from, ttl);
    if (this.sentAt !== NONE) until = Math.min(until, believedUntil(this.sentAt, this.ttl));
    for (const other of this.several?.asked ?? []) until = Math.min(until, believedUntil(other.sentAt, other.ttl));
    return until;
  }

  /** Believes in a lease that was given until then. */
  begin(until: number): void {
    this.deadline = Math.max(this.deadline, until);
  }

  /** There is no lease. */
  disprove(): void {
    this.deadline = NONE;
  }

  /** The requests as a list, from here on. */
  private list(): Several {
    if (!this.several) {
      this.several = new Several();
      if (this.sentAt !== NONE) this.several.add(this.sentAt, this.ttl);
      this.sentAt = NONE;
    }
    return this.several;
  }

  /** Ends a request, and answers it where it is one of several. */
  private end(sentAt: number, ttl: number, isAnswered: boolean): Asked | undefined {
    const { several } = this;
    if (!several) {
      if (this.sentAt === sentAt && this.ttl === ttl) this.sentAt = NONE;
      return undefined;
    }
    const asked = several.asked.find(
      (each) => each.sentAt === sentAt && each.ttl === ttl && each.endedBefore === Infinity,
    );
    if (!asked) return undefined;
    asked.endedBefore = several.count;
    asked.isAnswered = isAnswered;
    // What had ended before it was sent has come before it, or never comes.
    if (isAnswered) several.keep(({ endedBefore }) => endedBefore > asked.number);
    return asked;
  }

  /** Forgets what nothing can come before any more. */
  private tidy(): void {
    const { several } = this;
    if (!several) return;
    const isUnderWay = several.asked.some(({ endedBefore }) => endedBefore === Infinity);
    if (!isUnderWay) several.keep(({ isAnswered }) => !isAnswered);
    if (several.asked.length === 0) this.several = undefined;
  }
}
