/**
 * The waiters of one key in order of joining, and what each wants of it. A place lives for a while after each sign of its
 * waiter; a place whose waiter fell silent counts as left, whether or not it was swept away yet.
 */
import { EXCLUSIVE } from '../../core/admission.js';
import type { LeaseShare } from '../lock-store.js';

export class WaitingQueue {
  /** Token → time until which its place lives. A map remembers the order in which tokens joined. */
  private readonly places = new Map<string, number>();
  /** What those want that would share the key; made when the first of them comes. */
  private shares: Map<string, LeaseShare> | undefined = undefined;

  constructor(private readonly placeLife: number) {}

  /** Adds a token at the end. A dead place that it left behind is lost. */
  join(token: string, { limit, weight }: LeaseShare, now: number): void {
    this.drop(token);
    this.places.set(token, now + this.placeLife);
    if (limit === 1) return;
    this.shares ??= new Map();
    this.shares.set(token, { limit, weight });
  }

  /** What a waiter wanted when it joined. */
  shareOf(token: string): LeaseShare {
    return this.shares?.get(token) ?? EXCLUSIVE;
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
    this.drop(token);
    return wasThere;
  }

  /** The first waiter. Dead places ahead of it are dropped for good. */
  first(now: number): string | undefined {
    for (const [token, livesUntil] of this.places) {
      if (livesUntil > now) return token;
      this.drop(token);
    }
    return undefined;
  }

  /** Tokens whose places are alive, next first. */
  *tokens(now: number): Generator<string> {
    for (const [token, livesUntil] of this.places) if (livesUntil > now) yield token;
  }

  private drop(token: string): void {
    this.places.delete(token);
    this.shares?.delete(token);
  }

  private includes(token: string, now: number): boolean {
    return (this.places.get(token) ?? 0) > now;
  }
}
