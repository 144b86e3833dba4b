/**
 * Keeps to a number of requests in any second, as the server sees them. A request reaches it at some time between being sent and
 * being answered, so it counts from the one until a second after the other. A job that costs more than a second allows begins
 * alone, and the time that it is worth is waited for after it.
 */

/** A little more than a second: the server's clock is another. */
const SECOND = 1_010;

/** A request, and until when it counts: Infinity while its job is under way. */
interface Slot {
  until: number;
}

export class Pace {
  private slots: Slot[] = [];

  /** How many requests may reach the server within a second. */
  limit = 0;

  constructor(private readonly now: () => number) {}

  /** How many more may be sent now. */
  get room(): number {
    return Math.max(0, this.limit - this.counting().length);
  }

  /** Milliseconds until a job of that many requests may begin; Infinity while that depends on one that is under way. */
  delay(cost: number): number {
    const ends = this.counting()
      .map(({ until }) => until)
      .sort((a, b) => a - b);
    const surplus = ends.length + Math.min(cost, this.limit) - this.limit;
    return surplus <= 0 ? 0 : ends[surplus - 1]! - this.now();
  }

  /** A job of that many requests begins. */
  begin(cost: number): Spending {
    const own: Slot[] = [];
    const costs = (count: number): void => {
      for (const slot of own.splice(count)) this.slots.splice(this.slots.indexOf(slot), 1);
      while (own.length < count) this.slots.push(own[own.push({ until: Infinity }) - 1]!);
    };
    costs(cost);
    const end = (): void => {
      const now = this.now();
      own.forEach((slot, i) => (slot.until = now + (1 + Math.floor(i / Math.max(1, this.limit))) * SECOND));
    };
    return { costs, end };
  }

  private counting(): Slot[] {
    const now = this.now();
    return (this.slots = this.slots.filter(({ until }) => until > now));
  }
}

/** What a job that is under way costs. */
export interface Spending {
  /** It turns out to take that many requests in all; to be called before they are sent. */
  costs(count: number): void;
  /** All of them are answered, or given up. */
  end(): void;
}
