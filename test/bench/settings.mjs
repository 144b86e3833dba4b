/** What every contestant is given alike, so that figures differ by what the libraries do and not by how they are set up. */

/** Length of a lease. Nothing here holds a lock for long: renewal is armed by those who renew, but never fires. */
export const TTL_MS = 30_000;

/** How long those who poll sleep between tries. Some default to 200 ms, which would only measure sleeping. */
export const RETRY_MS = 10;

/** How long those who limit the wait may wait: long enough for any line here. */
export const WAIT_MS = 60_000;

/** Callers at once in the case of many keys, and in the case of one hot key. */
export const KEYS_IN_FLIGHT = 64;
export const WAITERS = 32;
