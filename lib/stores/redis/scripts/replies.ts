/**
 * Reads what the lease script answers. Whatever else arrives in its place (from a connection inside `multi()`, through
 * a proxy, of another script) is neither a lease nor the loss of one: the outcome is not known then.
 */
import { LockUnavailableError } from '../../../lock.errors.js';
import { messages } from '../../../lock.messages.js';
import type { ReleaseAnswer, StoreAnswer } from '../../lock-store.js';
import { isPassing, presentable } from '../redis-error.js';
import { recordName } from '../redis-keys.js';
import { foreignPart, LEAST_FENCE, NOT_A_LOCK, NOT_A_QUEUE } from './record.js';

/** How a reply says that the token has a place in the queue, or none. */
export const WAITING = 1;
export const BUSY = 2;
/** The lease was given back, and the successor was not let in. */
export const LEFT_OUT = 3;

const GONE: StoreAnswer = { state: 'gone' };

/** Reads the reply to an acquire or a touch: a fencing token, 0, or `[expiresIn, at, WAITING or BUSY]`. */
export function readHoldAnswer(reply: unknown, key: string, prefix: string): StoreAnswer {
  const number = readInteger(reply);
  if (number >= LEAST_FENCE) return { state: 'held', fencingToken: number };
  if (number === 0) return GONE;
  return readPlace(reply) ?? { state: 'unknown', error: readRefusal(reply, key, prefix) };
}

/** Reads the reply to a release; `unproven`: the request may have been carried out twice. */
export function readReleaseAnswer(reply: unknown, key: string, prefix: string, unproven: boolean): ReleaseAnswer {
  const number = readInteger(reply);
  if (number === 1) return { state: 'released' };
  if (number === 0) return { state: unproven ? 'unknown' : 'gone' };
  return { state: 'unknown', error: readRefusal(reply, key, prefix) };
}

/** As {@link readReleaseAnswer}, where a successor was named: the reply says what became of it. */
export function readPassAnswer(reply: unknown, key: string, prefix: string, unproven: boolean): ReleaseAnswer {
  if (isLeftOut(reply)) return { state: 'released', successor: GONE };
  const successor = readHoldAnswer(reply, key, prefix);
  if (successor.state === 'unknown') return { state: 'unknown', error: successor.error, successor };
  if (successor.state !== 'gone') return { state: 'released', successor };
  return { state: unproven ? 'unknown' : 'gone', successor };
}

function readPlace(reply: unknown): StoreAnswer | undefined {
  if (!Array.isArray(reply) || reply.length !== 3) return undefined;
  const [left, at, place] = [readInteger(reply[0]), readInteger(reply[1]), readInteger(reply[2])];
  if (Number.isNaN(left) || !(at > 0) || (place !== WAITING && place !== BUSY)) return undefined;
  return { state: place === WAITING ? 'waiting' : 'busy', expiresIn: Math.max(0, left), at };
}

function isLeftOut(reply: unknown): boolean {
  return Array.isArray(reply) && reply.length === 3 && readInteger(reply[2]) === LEFT_OUT;
}

/** NaN for what is no integer, or none that can be counted with. Clients may be told to answer integers as text. */
function readInteger(reply: unknown): number {
  if (Number.isSafeInteger(reply)) return reply as number;
  if (typeof reply !== 'string' || !/^-?\d{1,16}$/.test(reply)) return NaN;
  const number = Number(reply);
  return Number.isSafeInteger(number) ? number : NaN;
}

function readRefusal(reply: unknown, key: string, prefix: string): LockUnavailableError {
  // The whole call failed, and its error already says what that means for its requests.
  if (reply instanceof LockUnavailableError) return reply;
  if (reply instanceof Error) {
    const cause = presentable(reply, []);
    return new LockUnavailableError(messages.refused(cause), { key, cause, isMomentary: isPassing(reply) });
  }
  const number = readInteger(reply);
  if (number === NOT_A_LOCK || number === NOT_A_QUEUE) {
    const record = recordName(prefix, key);
    const [name, orName] = number === NOT_A_LOCK ? [record] : [`${record}:line`, `${record}:seen`];
    return new LockUnavailableError(messages.notALock(key, name!, orName), { key });
  }
  const part = foreignPart(number);
  if (part !== undefined) {
    return new LockUnavailableError(messages.notALock(key, recordName(prefix, key) + part), { key });
  }
  return new LockUnavailableError(messages.oddReply(reply), { key });
}
