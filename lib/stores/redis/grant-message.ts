/**
 * What is said over the channel of a process: a text of another process, or the message by which a script tells of a grant,
 * which is token, fencing token, milliseconds and server time in µs. Any client that may publish can send one, so only what a script could have written counts as a grant; a waiter whose message is
 * refused learns by its next heartbeat.
 */
import type { Grant } from '../lock-store.js';
import { LEAST_FENCE } from './scripts/record.js';

const SHAPE = /^([^ ]+) (\d{1,16}) (\d{1,16}) (\d{1,16})$/;

/**
 * A fencing token is the server's clock in µs, or greater where the clock was set back since the last grant. One that
 * is more than a day ahead is not believed, and the waiter has to ask.
 */
const FARTHEST_AHEAD = 24 * 3_600 * 1_000_000;

/** Goes in front of what one process says to another. */
const SAYS = 'says ';

/** A text as a message. */
export function writeText(text: string): string {
  return SAYS + text;
}

/** The text of a message; undefined where it is none. */
export function readText(message: string): string | undefined {
  return message.startsWith(SAYS) ? message.slice(SAYS.length) : undefined;
}

/**
 * The grant of a message, for a claim window in milliseconds; `undefined` where it can't be one.
 *
 * @param mayHold - whether a token waits to be converted: then the fencing token is that of its lease, and older.
 */
export function readGrant(
  message: string,
  claimWindow: number,
  mayHold: (token: string) => boolean,
): Grant | undefined {
  const [, token, ...digits] = SHAPE.exec(message) ?? [];
  const [fencingToken, ttl, at] = digits.map(Number);
  if (token === undefined || !(ttl! > 0 && ttl! <= claimWindow)) return undefined;
  if (!(fencingToken! <= at! + FARTHEST_AHEAD) || !Number.isSafeInteger(fencingToken)) return undefined;
  if (!(fencingToken! >= at! || (fencingToken! >= LEAST_FENCE && mayHold(token)))) return undefined;
  return { token, fencingToken: fencingToken!, ttl: ttl!, at: at! };
}
