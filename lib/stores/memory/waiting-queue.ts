/**
 * The waiters of one key in order of joining. A place lives for a while after each sign of its waiter; a place whose
 * waiter fell silent counts as left, whether or not it was swept away yet.
 */
export class WaitingQueue {
  /** Token → time until which its place lives. A map remembers the order in which tokens joined. */
  private readonly places = new Map<string, number>();

  constructor(private readonly placeLife: number) {}

  /** Adds a token at the end. A dead place that it left behind is lost. */
  join(token: string, now: number): void {
    this.places.delete(token);
    this.places.set(token, now + this.placeLife);
  }

  /** Prolongs a place; false when the token has none. */
  prolong(token: string, now: number): boolean {
    if (!this.includes(token, now)) return false;
    this.places.set(token, now + this.placeLife);
    return true;
  }

  /** Takes a token out; false when it had no place. */
  leave(token: string, now: number): boolean {
    const wasThere = this.includes(token, now);
    this.places.delete(token);
    return wasThere;
  }

  /** The first waiter. Dead places ahead of it are dropped for good. */
  first(now: number): string | undefined {
    for (const [token, livesUntil] of this.places) {
      if (livesUntil > now) return token;
      this.places.delete(token);
    }
    return undefined;
  }

  /** Tokens whose places are alive, next first. */
  tokens(now: number): string[] {
    return [...this.places].filter(([, livesUntil]) => livesUntil > now).map(([token]) => token);
  }

  private includes(token: string, now: number): boolean {
    return (this.places.get(token) ?? 0) > now;
  }
}
