/**
 * Keeps to a number of requests in any second. Each request is written down when it begins; the next may begin when there were
 * few enough within the last second. One that costs more than a second allows begins alone, and the time that it is worth
 * is waited for after it.
 */

/** A little more than a second, so that requests that bunch up on their way stay within one. */
const SECOND = 1_050;

export class Pace {
  /** When requests began, or count as if they had; oldest first. */
  private begun: number[] = [];

  /** How many may begin within a second. */
  limit = 0;

  constructor(private readonly now: () => number) {}

  /** Milliseconds until a job of that many requests may begin. */
  delay(cost: number): number {
    const now = this.now();
    this.begun = this.begun.filter((at) => at > now - SECOND);
    const surplus = this.begun.length + Math.min(cost, this.limit) - this.limit;
    return surplus <= 0 ? 0 : this.begun[surplus - 1]! + SECOND - now;
  }

  /** A job of that many requests begins. */
  spend(cost: number): void {
    const now = this.now();
    for (let i = 0; i < cost; i++) this.begun.push(now + Math.floor(i / Math.max(1, this.limit)) * SECOND);
  }

  /** The last request was not needed. */
  refund(): void {
    this.begun.pop();
  }
}
