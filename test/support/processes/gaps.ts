/** Finds wake-ups that were lost: times in which a key was free though somebody waited for it. */
import type { Recorded } from '../../processes/programs/history.js';

/** Something that happened to a process, and what it may delay others by; times of the server in ms. */
export interface Excuse {
  readonly from: number;
  readonly until: number;
}

/** How long nobody was in a section that was given its lock, from one to the next, where nothing excuses it. */
export function longestGap(history: readonly Recorded[], excuses: readonly Excuse[]): number {
  let longest = 0;
  let freeSince: number | undefined;
  for (const { what, at } of history) {
    if (what === 'outcome') continue;
    const since = freeSince;
    if (what === 'enter' && since !== undefined && !excuses.some(({ from, until }) => from < at && since < until)) {
      longest = Math.max(longest, at - since);
    }
    freeSince = at;
  }
  return longest;
}
