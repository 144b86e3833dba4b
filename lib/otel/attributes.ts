/**
 * What spans and metrics say of a lock. Keys and tokens are not among it: they are data of the application, there are
 * too many of them for a metric, and telemetry is read by more people than the data.
 */
import type { Attributes } from '@opentelemetry/api';
import { isLockError } from '../lock.errors.js';

/** Names of the attributes. */
export const NAME = 'distributed_lock.name';
export const INSTANCE = 'distributed_lock.instance';
export const MODE = 'distributed_lock.mode';
export const OUTCOME = 'distributed_lock.outcome';
export const HOW = 'distributed_lock.how';
export const END = 'distributed_lock.end';
export const OPERATION = 'distributed_lock.operation';
export const FENCING_TOKEN = 'distributed_lock.fencing_token';
export const KEYS = 'distributed_lock.keys';
export const ERROR_TYPE = 'error.type';

/** What OpenTelemetry puts where a value is not known, or has no name. */
const OTHER = '_OTHER';

/** Which lock it is, in metrics: all that have no label are one. */
export function nameAttributes({ instance, label }: { instance: string; label: string }): Attributes {
  return { [NAME]: label || OTHER, [INSTANCE]: instance };
}

/**
 * What failed, in few words: of a lost lock its reason, of another error of the library its code, of anything else the
 * name of its class. Messages name keys, so they are no part of it.
 */
export function errorType(error: unknown): string {
  if (isLockError(error, 'LOCK_LOST')) return error.reason;
  if (isLockError(error)) return error.code;
  return error instanceof Error ? error.constructor.name || OTHER : OTHER;
}
