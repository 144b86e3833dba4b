/** Times that workers and their judge agree on, in milliseconds. */

/** Given to the module: how long one request to Redis may take. */
export const COMMAND_TIMEOUT = 1_500;
/** Given to the module: how long a shutdown waits for sections. */
export const GRACE = 500;

/** How long an acquire may take. What it took of several keys has to be given back when it does not get all. */
export function acquireLimit(wait: number, keys = 1): number | null {
  return wait === Infinity ? null : wait + COMMAND_TIMEOUT * (keys > 1 ? 2 : 1);
}

export const RELEASE_LIMIT = COMMAND_TIMEOUT;
export const RENEW_LIMIT = COMMAND_TIMEOUT;
/** Sections end or lose their locks, then locks are given back, then connections are closed. */
export const CLOSE_LIMIT = GRACE + 3 * COMMAND_TIMEOUT;
