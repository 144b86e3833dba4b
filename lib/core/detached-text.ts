/**
 * A lock as text, on its way from one process to another. It has all that the other needs to go on with the lease, the
 * token included: whoever has the text can release the lock.
 */
import type { AcquireOptions } from '../acquire.options.js';
import { isLockError, LockOptionsError } from '../lock.errors.js';
import type { DetachedLease } from './lease/holder.js';
import { DEFAULT_SETTINGS, resolveSettings } from './settings.js';
import { shareMessages } from './share.messages.js';

/** Says what the text is, and in which form. */
const PREFIX = 'lock1.';

/** One lease as it is written; JSON has no Infinity, so it is null there. */
interface Written {
  readonly key: string;
  readonly token: string;
  readonly fence: number;
  readonly used: number;
  readonly since: number;
  readonly options: AcquireOptions;
}

/** Writes what {@link readDetached} reads. */
export function writeDetached(leases: readonly DetachedLease[]): string {
  const written = leases.map(({ key, token, fencingToken: fence, handOffs: used, settings, acquiredAt: since }) => {
    const { share, ...options } = settings;
    const { limit: concurrency, weight } = share;
    const shared = concurrency === Infinity ? { mode: 'read' } : concurrency === 1 ? {} : { concurrency, weight };
    return { key, token, fence, used, since, options: { ...options, ...shared } };
  });
  return PREFIX + Buffer.from(JSON.stringify(written)).toString('base64url');
}

/** Throws a `LockOptionsError` for a text that {@link writeDetached} has not written. */
export function readDetached(text: unknown): readonly DetachedLease[] {
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) throw new LockOptionsError(shareMessages.noDetached());
  try {
    const list: unknown = JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString());
    if (!Array.isArray(list) || list.length === 0) throw new TypeError('no list');
    return (list as Written[]).map(readLease);
  } catch (error) {
    if (isLockError(error, 'LOCK_OPTIONS')) throw error;
    // The text is a secret, so nothing of it is told.
    throw new LockOptionsError(shareMessages.noDetached());
  }
}

function readLease({ key, token, fence, used, since, options }: Written): DetachedLease {
  const { wait, maxHold } = options;
  const settings = resolveSettings(
    { ...options, wait: wait ?? Infinity, maxHold: maxHold ?? Infinity },
    DEFAULT_SETTINGS,
  );
  const isWhole =
    isText(key) && isText(token) && [fence, used, since].every((each) => Number.isSafeInteger(each) && each >= 0);
  if (!isWhole) throw new TypeError('no lease');
  return { key, token, fencingToken: fence, handOffs: used, settings, acquiredAt: since };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
