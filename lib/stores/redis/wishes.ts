/**
 * Tokens of leases that wait to be converted. They hold already, so the message that they may ask again has the fencing token
 * of their lease; of any other token, one that is so old is not believed.
 */

/** How long a token is remembered at least, in milliseconds. One that still waits asks again sooner. */
const REMEMBERED = 60_000;

export class Wishes {
  /** Until when each is remembered; the one that asked last comes last. */
  private readonly tokens = new Map<string, number>();

  /** Whether there are any, for those that ask often. */
  get some(): boolean {
    return this.tokens.size > 0;
  }

  add(token: string, ttl: number): void {
    const now = performance.now();
    for (const [each, until] of this.tokens) {
      if (until > now) break;
      this.tokens.delete(each);
    }
    this.tokens.delete(token);
    this.tokens.set(token, now + Math.max(ttl, REMEMBERED));
  }

  has(token: string): boolean {
    return this.tokens.has(token);
  }

  delete(token: string): void {
    this.tokens.delete(token);
  }
}
