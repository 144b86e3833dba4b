/**
 * Tokens for which a lease was asked for twice, because the connection broke before the first answer. The first request
 * may still be carried out after the token was given back, so such a token has to be given back once more, later.
 */
import { readLeaseWords } from './scripts/lease-script.js';
import { Mode } from './scripts/mode.js';
import { successorOf } from './scripts/release.js';

/**
 * How long a token is remembered that is never given back, in milliseconds. A request that can still be carried out is
 * carried out sooner.
 */
const REMEMBERED = 60_000;

export class DoubtfulTokens {
  /** Until when each is remembered; the oldest first. */
  private readonly tokens = new Map<string, number>();

  /** Adds the tokens for which the argument of a script call asks for leases. */
  add(argument: string): void {
    const now = performance.now();
    for (const [token, until] of this.tokens) {
      if (until > now) break;
      this.tokens.delete(token);
    }
    for (const [name, detail] of readLeaseWords(argument)) {
      const token = askedFor(name, detail);
      if (token !== '') this.tokens.set(token, now + REMEMBERED);
    }
  }

  /** Whether a token is one of them. */
  has(token: string): boolean {
    return this.tokens.has(token);
  }

  /** Whether a token was one of them; forgets it. */
  take(token: string): boolean {
    return this.tokens.size > 0 && this.tokens.delete(token);
  }
}

const COMING_IN: readonly (string | undefined)[] = [Mode.try, Mode.wait, Mode.tryShared, Mode.waitShared];

/** The token that a request may bring a lease; of a pass it is the successor's. */
function askedFor(token: string, detail: string): string {
  const mode = detail[0];
  return COMING_IN.includes(mode) ? token : successorOf(detail);
}
