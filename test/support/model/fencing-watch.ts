/**
 * S4 for locks of every kind: each holder has a fencing token of its own; that of a writer is greater than all before it,
 * and everybody's is greater than that of every writer before.
 */
import type { LeaseShare } from '../../../lib/stores/lock-store.js';

export class FencingWatch {
  private readonly given = new Set<number>();
  private greatest = 0;
  private greatestOfWriters = 0;

  /** What is wrong with the next fencing token of the key; undefined when nothing is. */
  next(fencingToken: number, { limit }: LeaseShare): string | undefined {
    const { given, greatest, greatestOfWriters } = this;
    const isWriter = limit === 1;
    const isRepeated = given.has(fencingToken);
    given.add(fencingToken);
    this.greatest = Math.max(greatest, fencingToken);
    if (isWriter) this.greatestOfWriters = Math.max(greatestOfWriters, fencingToken);
    if (isRepeated) return `fencing token ${fencingToken} for the second time`;
    const least = isWriter ? greatest : greatestOfWriters;
    return fencingToken > least ? undefined : `fencing token ${fencingToken} after ${least}`;
  }
}
