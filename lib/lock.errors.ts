/**
 * What can go wrong, one class each. Callers tell them apart by `code` (or `instanceof`): busy is not broken,
 * broken is not lost. Messages live in `lock.messages.ts`.
 */

/** The `code` of every error of this package. */
export type LockErrorCode =
  | 'LOCK_BUSY'
  | 'LOCK_TIMEOUT'
  | 'LOCK_LOST'
  | 'LOCK_KEY'
  | 'LOCK_OPTIONS'
  | 'LOCK_UNAVAILABLE'
  | 'LOCK_NOT_HELD'
  | 'LOCK_SHUTDOWN';

/** What every {@link LockError} may carry beside its message. */
export interface LockErrorDetails {
  /** The key the error is about, where there is one. */
  key?: string | undefined;
  /** The error underneath, where there is one. */
  cause?: unknown;
  /** Milliseconds after which trying again makes sense: what the holder's lease had left when it was last seen. */
  retryAfterMs?: number | undefined;
}

/** The root of all errors of this package. */
export abstract class LockError extends Error {
  /** Stable identifier of the kind of error. */
  abstract readonly code: LockErrorCode;
  /** The key the error is about; `undefined` when it is about no key. */
  readonly key: string | undefined;
  /** Milliseconds after which trying again makes sense, when that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: LockErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.key = details.key;
    this.retryAfterMs = details.retryAfterMs;
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** `wait: 0`, and somebody else holds the key. HTTP 409 through `LockExceptionFilter`. */
export class LockBusyError extends LockError {
  readonly code = 'LOCK_BUSY';
}

/** The wait ended before the key was free. HTTP 423 through `LockExceptionFilter`. */
export class LockTimeoutError extends LockError {
  readonly code = 'LOCK_TIMEOUT';
}

/**
 * The lease ended while it was held: from that moment somebody else may hold the key. It is the `reason` of
 * `lock.signal`, and what a locked method rejects with when it finishes without a lock (unless `onLost: 'ignore'`).
 */
export class LockLostError extends LockError {
  readonly code = 'LOCK_LOST';
  /** What the method returned although its lock was lost; `undefined` when it had not finished. */
  result?: unknown;
}

/** The error of a section that finished although its lock was lost. */
export function lostBefore(result: unknown, loss: LockLostError): LockLostError {
  const error = new LockLostError(loss.message, { key: loss.key, cause: loss });
  error.result = result;
  return error;
}

/** A template or a key that cannot name a lock. */
export class LockKeyError extends LockError {
  readonly code = 'LOCK_KEY';
}

/**
 * A bad option: the message names the option, its value and what is allowed. Also a locked method that was called on an
 * object without a lock service.
 */
export class LockOptionsError extends LockError {
  readonly code = 'LOCK_OPTIONS';
}

/** Redis could not be reached, or did not answer in time. HTTP 503 through `LockExceptionFilter`. */
export class LockUnavailableError extends LockError {
  readonly code = 'LOCK_UNAVAILABLE';
  /** False when the request certainly never left this process; otherwise it may have been carried out. */
  readonly wasSent: boolean;

  constructor(message: string, details: LockErrorDetails & { wasSent?: boolean | undefined } = {}) {
    super(message, details);
    this.wasSent = details.wasSent ?? true;
  }
}

/** `current()`, `renew()` or a release by hand where nothing is held. */
export class LockNotHeldError extends LockError {
  readonly code = 'LOCK_NOT_HELD';
}

/** The module is closing and gives out no more locks. HTTP 503 through `LockExceptionFilter`. */
export class LockShutdownError extends LockError {
  readonly code = 'LOCK_SHUTDOWN';
}
