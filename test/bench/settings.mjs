/** What every contestant is given alike, so that figures differ by what the libraries do and not by how they are set up. */

/** Length of a lease. Most cases hold no lock for long: renewal is armed by those who renew, but never fires. */
export const TTL_MS = 30_000;

/** How long those who poll sleep between tries. Some default to 200 ms, which would only measure sleeping. */
export const RETRY_MS = 10;

/** How long those who limit the wait may wait: long enough for any line here. */
export const WAIT_MS = 60_000;

/** Callers at once in the case of many keys, and in the cases of one hot key. */
export const KEYS_IN_FLIGHT = 64;
export const WAITERS = 32;
export const CROWD = 1_000;

/** Processes that share one key, and waiters in each. */
export const PROCESSES = 4;
export const WAITERS_EACH = 25;

/** How many may be inside at once, where that is more than one; and how often a peer polls where that serves it best. */
export const PERMITS = 10;
export const BEST_RETRY_MS = 50;

/** Where most callers only read, one of so many calls writes. */
export const WRITE_EACH = 20;

/** Readers of one key that come and go, in all; how many a process holds of it where they are few. */
export const READERS = 1_000;
export const FEW = 10;

/** What the proxy adds in each direction, in milliseconds: for a pair, and for a hand-off between two processes. */
export const PAIR_DELAY_MS = 0.5;
export const HAND_OFF_DELAY_MS = 5;

/** Locks held, and waiters waiting, where many do at once; and the keys that those waiters share. */
export const MANY = 10_000;
export const MANY_KEYS = 100;

/** The sizes at which growth is looked at. */
export const SIZES = [1, 10, 100, 1_000, 10_000];
