/**
 * What clients are told about an error of the library: a status, a sentence, when to try again. Never the message or the
 * key, which are for the application's own logs, and never the result of a section.
 */
import { STATUS_CODES } from 'node:http';
import { toMilliseconds } from '../duration.js';
import type { Duration } from '../duration.js';
import { LOCK_ERROR_CODES, LockOptionsError } from '../lock.errors.js';
import type { LockError, LockErrorCode, LockKeyError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';

/** Options of `LockExceptionFilter`. */
export interface LockExceptionFilterOptions {
  /**
   * HTTP statuses that differ from the filter's own, by the `code` of the error: whole numbers from 400 to 599.
   * @default 409 for LOCK_BUSY, 423 for LOCK_TIMEOUT, 503 for LOCK_UNAVAILABLE and LOCK_SHUTDOWN, 400 for a LOCK_KEY
   * for which the arguments of the call are to blame, 500 for everything else
   */
  statuses?: Partial<Record<LockErrorCode, number>> | undefined;
  /**
   * The most that `Retry-After` says, at least a second. The rest of the holder's lease may be much more, but most sections
   * end long before their lease does.
   * @default '5s'
   */
  maxRetryAfter?: Duration | undefined;
}

/** What a client is told. */
export interface LockAnswer {
  readonly status: number;
  readonly message: string;
  readonly code: LockErrorCode;
  /** Whole seconds; undefined where trying again is of no use. */
  readonly retryAfter: number | undefined;
}

/** Where trying again helps. */
const PASSING: Readonly<Partial<Record<LockErrorCode, { status: number; message: string }>>> = {
  LOCK_BUSY: { status: 409, message: 'The resource is in use.' },
  LOCK_TIMEOUT: { status: 423, message: 'The resource stayed in use for too long.' },
  LOCK_UNAVAILABLE: { status: 503, message: 'Locks are unavailable at the moment.' },
  LOCK_SHUTDOWN: { status: 503, message: 'The server is shutting down.' },
};

const BAD_REQUEST = { status: 400, message: 'The request names no resource that could be locked.' };
const OWN_FAULT = { status: 500, message: 'Internal server error' };
const OPTIONS = ['statuses', 'maxRetryAfter'];

export class LockAnswers {
  private readonly statuses: Readonly<Partial<Record<string, number>>>;
  private readonly maxRetryAfter: number;

  /** Throws a `LockOptionsError` for a bad option. */
  constructor(options: LockExceptionFilterOptions = {}) {
    expectObject('options', options, OPTIONS);
    const { statuses = {}, maxRetryAfter = '5s' } = options;
    expectObject('statuses', statuses, LOCK_ERROR_CODES);
    for (const [code, status] of Object.entries(statuses)) {
      if (!Number.isInteger(status) || status < 400 || status > 599) {
        throw new LockOptionsError(messages.option(`statuses.${code}`, status, 'an HTTP status from 400 to 599'));
      }
    }
    const seconds = Math.floor(toMilliseconds(maxRetryAfter) / 1_000);
    if (!(seconds >= 1 && seconds < Infinity)) {
      throw new LockOptionsError(messages.option('maxRetryAfter', maxRetryAfter, 'a duration of at least a second'));
    }
    this.statuses = { ...statuses };
    this.maxRetryAfter = seconds;
  }

  /**
   * What the client is told of an error. The status 500 means a fault of the server's own, which belongs in its log.
   */
  to(error: LockError): LockAnswer {
    const { code } = error;
    const passing = PASSING[code];
    const usual = passing ?? (isOfRequest(error) ? BAD_REQUEST : OWN_FAULT);
    const status = this.statuses[code] ?? usual.status;
    const message = usual === OWN_FAULT && status !== 500 ? (STATUS_CODES[status] ?? 'Error') : usual.message;
    return { status, message, code, retryAfter: passing && this.retryAfter(error) };
  }

  private retryAfter({ retryAfterMs }: LockError): number {
    return Math.min(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000)), this.maxRetryAfter);
  }
}

function isOfRequest(error: LockError): boolean {
  return error.code === 'LOCK_KEY' && (error as LockKeyError).source === 'arguments';
}

function expectObject(name: string, value: unknown, properties: readonly string[]): void {
  const expected = `an object with ${properties.join(', ')}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LockOptionsError(messages.option(name, value, expected));
  }
  const unknown = Object.keys(value).find((property) => !properties.includes(property));
  if (unknown !== undefined) throw new LockOptionsError(messages.option(name, unknown, expected));
}
