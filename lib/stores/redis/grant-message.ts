/**
 * The message by which a script tells of a grant: token, fencing token, milliseconds and server time in µs. Anybody who may
 * publish can write one, so only what a script could have written is taken for a grant; a waiter that is told nothing learns
 * by its next heartbeat.
 */
import type { Grant } from '../lock-store.js';

const SHAPE = /^([^ ]+) (\d{1,16}) (\d{1,16}) (\d{1,16})$/;

/**
 * A fencing token is the server's clock in µs, or more where that was set back since the last grant: by less than a day, or
 * the waiter has to ask.
 */
const FARTHEST_AHEAD = 24 * 3_600 * 1_000_000;

/** The grant of a message, for a claim window in milliseconds; `undefined` where it can't be one. */
export function readGrant(message: string, claimWindow: number): Grant | undefined {
  const [, token, ...digits] = SHAPE.exec(message) ?? [];
  const [fencingToken, ttl, at] = digits.map(Number);
  if (token === undefined || !(ttl! > 0 && ttl! <= claimWindow)) return undefined;
  if (!(fencingToken! >= at! && fencingToken! <= at! + FARTHEST_AHEAD) || !Number.isSafeInteger(fencingToken))
    return undefined;
  return { token, fencingToken: fencingToken!, ttl: ttl!, at: at! };
}
