/**
 * Whether messages still reach a subscription: its connection may be dead without having been closed, or lead to a
 * server at which grants are no longer published. While a caller waits and no message has come for a while, a word is
 * published to the process's own channel, in the way in which grants are published. When two words were published and
 * did not arrive, the subscription is deaf.
 */

/** After so many milliseconds without a message, and so long after one word, the next is said. */
const QUIET = 2_000;
/** The first missed word may still be on its way when it is looked for; the second is not. */
const MISSED = 2;

const WORD = 'hearing ';

export class Hearing {
  private lastAt = performance.now();
  /** Words that were said, the last that was published for certain, and the last that was heard. */
  private said = 0;
  private published = 0;
  private heard = 0;
  private missed = 0;

  /** @param publish - rejects when the word can't be published, as then grants can't be either. */
  constructor(private readonly publish: (word: string) => Promise<unknown>) {}

  /** A message came; answers whether it was a word of ours, and not a grant. */
  message(text: string): boolean {
    this.lastAt = performance.now();
    this.heard = this.said;
    this.missed = 0;
    return text.startsWith(WORD);
  }

  /** To be called while a caller waits; answers whether its grant would not be heard. */
  isDeaf(): boolean {
    const now = performance.now();
    if (now - this.lastAt < QUIET) return false;
    this.lastAt = now;
    this.missed = this.published > this.heard ? this.missed + 1 : 0;
    if (this.missed >= MISSED) return true;
    const word = (this.said += 1);
    this.publish(WORD + word).then(
      () => (this.published = Math.max(this.published, word)),
      () => undefined,
    );
    return false;
  }
}
