/**
 * What can go wrong, one class each. Callers tell them apart by `code` ({@link isLockError}) or `instanceof`: busy is
 * not broken, broken is not lost. Messages live in `lock.messages.ts`.
 *
 * A process may load two copies of this package (two versions, or its two builds), and an error of one must be
 * understood by the other. So errors are known by a brand under a `Symbol.for` and by literal names, which minifiers
 * leave alone, and `instanceof` goes by these as well as by the class.
 */
import { INSPECT, setHidden } from './inspection.js';
import type { InspectArguments } from './inspection.js';
import { plain, say, visible } from './quoting.js';

/** Every class by its `code`. */
export interface LockErrorByCode {
  LOCK_BUSY: LockBusyError;
  LOCK_TIMEOUT: LockTimeoutError;
  LOCK_LOST: LockLostError;
  LOCK_KEY: LockKeyError;
  LOCK_OPTIONS: LockOptionsError;
  LOCK_UNAVAILABLE: LockUnavailableError;
  LOCK_NOT_HELD: LockNotHeldError;
  LOCK_SHUTDOWN: LockShutdownError;
}

/** The `code` of every error of this package. */
export type LockErrorCode = keyof LockErrorByCode;

/** What every {@link LockError} may carry beside its message. */
export interface LockErrorDetails {
  /** The key the error is about, where there is one. */
  key?: string | undefined;
  /** The error underneath, where there is one. */
  cause?: unknown;
  /** Milliseconds after which trying again makes sense: what the holder's lease had left when it was last seen. */
  retryAfterMs?: number | undefined;
}

const BRAND = Symbol.for('nestjs-distributed-lock:error');

const NAMES: Readonly<Record<LockErrorCode, string>> = {
  LOCK_BUSY: 'LockBusyError',
  LOCK_TIMEOUT: 'LockTimeoutError',
  LOCK_LOST: 'LockLostError',
  LOCK_KEY: 'LockKeyError',
  LOCK_OPTIONS: 'LockOptionsError',
  LOCK_UNAVAILABLE: 'LockUnavailableError',
  LOCK_NOT_HELD: 'LockNotHeldError',
  LOCK_SHUTDOWN: 'LockShutdownError',
};

/** Every code, for checks. */
export const LOCK_ERROR_CODES: readonly string[] = Object.keys(NAMES);

/**
 * Whether something that was thrown is an error of this package, from any loaded copy of it; with codes, whether it has
 * one of these codes.
 *
 * @example
 * ```ts
 * if (isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT')) return retryLater(error.retryAfterMs);
 * ```
 */
export function isLockError<Code extends LockErrorCode = LockErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is LockErrorByCode[Code] {
  const code = codeOf(error);
  return code !== undefined && (codes.length === 0 || (codes as readonly string[]).includes(code));
}

/** The code of a lock error; `undefined` for anything else, even if it can't be read. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  try {
    const { [BRAND]: isBranded, code, name } = error as { [BRAND]?: unknown; code?: unknown; name?: unknown };
    if (typeof code !== 'string') return undefined;
    if (isBranded === true) return code;
    // A copy without the brand. Other packages may use the same codes, but hardly under the same names.
    const expected = Object.hasOwn(NAMES, code) ? NAMES[code as LockErrorCode] : undefined;
    return expected !== undefined && (name === expected || error.constructor.name === expected) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** The root of all errors of this package. Known across copies of it, see {@link isLockError}. */
export abstract class LockError extends Error {
  /** Stable identifier of the kind of error. */
  abstract readonly code: LockErrorCode;
  /** The key the error is about, as it is; `undefined` when it is about no key. */
  declare readonly key: string | undefined;
  /** Milliseconds after which trying again makes sense, when that is known. */
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, details: LockErrorDetails = {}) {
    // A message of other code (a user's store) must not be able to forge a line of a log.
    super(visible(message), details.cause === undefined ? undefined : { cause: details.cause });
    // Only what is there: Node.js prints the properties of an error that ends the process.
    if (details.key !== undefined) this.key = details.key;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  /** @internal */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, error)) return true;
    const code = codeOf(error);
    if (code === undefined || this === LockError) return code !== undefined;
    // A user's own subclass has no name of its own on its prototype, and only its own instances.
    return Object.hasOwn(this.prototype, 'name') && NAMES[code as LockErrorCode] === this.prototype.name;
  }

  /** What JSON contains: no stack, no result of a section, and of the cause its name, message and code only. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, message: this.message, ...ownValues(this), ...causeOf(this) };
  }

  /** @internal */
  [INSPECT](...[depth, options, inspect]: InspectArguments): string {
    if (depth < 0) return options.stylize(`[${this.name}: ${this.message}]`, 'special');
    const cause = this.cause === undefined ? '' : `\n[cause]: ${inspect(this.cause, options)}`;
    return `${this.stack} ${inspect(ownValues(this), options)}${cause}`;
  }
}
setHidden(LockError.prototype, BRAND, true);

/** The properties of an error that are simple values; keys on one line. */
function ownValues(error: object): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error)) {
    if (typeof value === 'string') values[name] = plain(value);
    else if (typeof value === 'number' || typeof value === 'boolean') values[name] = value;
  }
  return values;
}

function causeOf({ cause }: Error): { cause?: unknown } {
  if (cause === undefined) return {};
  if (!(cause instanceof Error)) return { cause: say(cause) };
  const { code } = cause as { code?: unknown };
  return { cause: { name: cause.name, message: say(cause), ...(typeof code === 'string' && { code }) } };
}

/** Gives a class the name that minifiers can't change, where stacks and loggers look for it. */
function name(errorClass: { prototype: LockError }, code: LockErrorCode): void {
  setHidden(errorClass.prototype, 'name', NAMES[code]);
}

/** `wait: 0`, and another caller holds the key. HTTP 409 through `LockExceptionFilter`. */
export class LockBusyError extends LockError {
  readonly code = 'LOCK_BUSY';
}
name(LockBusyError, 'LOCK_BUSY');

/** The wait ended before the key was free. HTTP 423 through `LockExceptionFilter`. */
export class LockTimeoutError extends LockError {
  readonly code = 'LOCK_TIMEOUT';
}
name(LockTimeoutError, 'LOCK_TIMEOUT');

/**
 * The lease ended while it was held: from that moment another caller may hold the key. It is the `reason` of
 * `lock.signal`, and what a locked method rejects with when it finishes without a lock (unless `onLost: 'ignore'`).
 */
export class LockLostError extends LockError {
  readonly code = 'LOCK_LOST';
  /**
   * How it was lost. `expired`: the lease was over before a renewal was answered. `ended`: it was not to be renewed any more
   * (`autoRenew: false`, `maxHold`). `gone`: the store does not know the lease any more, or another caller has the key.
   * `forced`: somebody took it away with `forceRelease`. `shutdown`: the module was closed, and its grace time was over.
   */
  readonly reason: LossReason;
  /**
   * What the method returned although its lock was lost; `undefined` when it had not finished. Loggers and serialisers
   * don't see it: it is the caller's data, and may be anything.
   */
  declare result?: unknown;

  constructor(message: string, details: LockErrorDetails & { reason?: LossReason | undefined } = {}) {
    super(message, details);
    this.reason = details.reason ?? 'gone';
  }
}
name(LockLostError, 'LOCK_LOST');

/** See {@link LockLostError.reason}. */
export type LossReason = 'expired' | 'ended' | 'gone' | 'forced' | 'shutdown';

/** The error of a section that finished although its lock was lost. */
export function lostBefore(result: unknown, loss: LockLostError): LockLostError {
  const error = new LockLostError(loss.message, { key: loss.key, cause: loss, reason: loss.reason });
  setHidden(error, 'result', result);
  return error;
}

/** A template or a key that cannot name a lock. HTTP 400 through `LockExceptionFilter` where arguments are the reason. */
export class LockKeyError extends LockError {
  readonly code = 'LOCK_KEY';
  /**
   * What cannot name a lock: `'arguments'`, those of this call; otherwise `'definition'`, the template or the key as it was
   * written.
   */
  readonly source: 'arguments' | 'definition';

  constructor(message: string, details: LockErrorDetails & { source?: 'arguments' | 'definition' | undefined } = {}) {
    super(message, details);
    this.source = details.source ?? 'definition';
  }
}
name(LockKeyError, 'LOCK_KEY');

/**
 * A bad option: the message names the option, its value and what is expected. Also other faults of the program itself: a
 * locked method that was called on an object without a lock service; with `lockOrder: 'throw'`, keys that are asked for in
 * another order than before.
 */
export class LockOptionsError extends LockError {
  readonly code = 'LOCK_OPTIONS';
}
name(LockOptionsError, 'LOCK_OPTIONS');

/** The store could not be reached, or did not answer in time. HTTP 503 through `LockExceptionFilter`. */
export class LockUnavailableError extends LockError {
  readonly code = 'LOCK_UNAVAILABLE';
  /** False when the request certainly never left this process; otherwise it may have been carried out. */
  readonly wasSent: boolean;
  /**
   * True when the store answered, and said that it can't serve at the moment: it loads its data, runs a long script, has
   * just lost its master. A call that may wait tries again by itself, for as long as it waits.
   */
  readonly isMomentary: boolean;

  constructor(
    message: string,
    details: LockErrorDetails & { wasSent?: boolean | undefined; isMomentary?: boolean | undefined } = {},
  ) {
    super(message, details);
    this.wasSent = details.wasSent ?? true;
    this.isMomentary = details.isMomentary ?? false;
  }
}
name(LockUnavailableError, 'LOCK_UNAVAILABLE');

/** `current()`, `renew()` or a release by hand where nothing is held. */
export class LockNotHeldError extends LockError {
  readonly code = 'LOCK_NOT_HELD';
}
name(LockNotHeldError, 'LOCK_NOT_HELD');

/** The module is closing and gives out no more locks. HTTP 503 through `LockExceptionFilter`. */
export class LockShutdownError extends LockError {
  readonly code = 'LOCK_SHUTDOWN';
}
name(LockShutdownError, 'LOCK_SHUTDOWN');
