/**
 * What a call locks: one key, or several, each of them with a share of its own or with that of the call. Keys are checked
 * before anything is asked of the store: a bad one is a `LockKeyError`, a bad share a `LockOptionsError`.
 */
import { KEY_REQUEST_OPTIONS } from '../acquire.options.js';
import type { LockKeyRequest, LockKeys } from '../acquire.options.js';
import { isLockError, LockKeyError, LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { checkOptionNames } from '../option-names.js';
import type { LeaseShare } from '../stores/lock-store.js';
import { asksForShare } from './settings.js';
import { readShare } from './share-options.js';

/** One key of a call, checked. */
export interface KeyRequest {
  readonly key: string;
  /** What the caller wants of this key; undefined where the share of the call counts. */
  readonly share: LeaseShare | undefined;
}

/** How long a key may be, in bytes of UTF-8. */
export const DEFAULT_MAX_KEY_BYTES = 1_024;

/** The distinct keys of one call, as they were given; a single one without a share of its own by itself. */
export function readKeyRequests(asked: LockKeys, maxBytes: number): string | readonly KeyRequest[] {
  if (typeof asked === 'string') {
    checkKey(asked, maxBytes);
    return asked;
  }
  if (!Array.isArray(asked)) throw new LockKeyError(messages.badKey(asked));
  if (asked.length === 0) throw new LockKeyError(messages.noKey());
  // A locked method nearly always has one key.
  if (asked.length === 1 && typeof asked[0] === 'string') {
    checkKey(asked[0], maxBytes);
    return asked[0];
  }
  const distinct = new Map<string, KeyRequest>();
  // Not forEach, which would skip the holes of a sparse array.
  for (const entry of asked as readonly unknown[]) {
    const request = readEntry(entry, maxBytes);
    const { key, share } = request;
    const earlier = distinct.get(key);
    if (!earlier) distinct.set(key, request);
    else if (!isSameShare(earlier.share, share)) throw new LockKeyError(messages.sharesOfKey(key), { key });
  }
  const requests = [...distinct.values()];
  const [first] = requests;
  return requests.length === 1 && first!.share === undefined ? first!.key : requests;
}

/** Checks the key of a call that is about one key; a list of one key is refused. */
export function readKey(key: string, of: string, maxBytes = Infinity): string {
  if (!isKey(key)) throw new LockKeyError(messages.oneKey(of, key), { key: typeof key === 'string' ? key : undefined });
  checkLength(key, maxBytes);
  return key;
}

function readEntry(entry: unknown, maxBytes: number): KeyRequest {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    checkKey(entry, maxBytes);
    return { key: entry, share: undefined };
  }
  const request = entry as LockKeyRequest;
  const { key } = request;
  checkKey(key, maxBytes);
  return { key, share: readKeyShare(key, request) };
}

/** The share that an entry of a list of keys names for itself; undefined where it names none. */
function readKeyShare(key: string, entry: LockKeyRequest): LeaseShare | undefined {
  try {
    checkOptionNames(entry, KEY_REQUEST_OPTIONS, 'a key in a list');
    return asksForShare(entry) ? readShare(entry) : undefined;
  } catch (error) {
    if (!isLockError(error, 'LOCK_OPTIONS')) throw error;
    throw new LockOptionsError(messages.badShareOfKey(key, error.message), { key });
  }
}

function isSameShare(a: LeaseShare | undefined, b: LeaseShare | undefined): boolean {
  return a?.limit === b?.limit && a?.weight === b?.weight;
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.isWellFormed();
}

function checkKey(key: unknown, maxBytes: number): asserts key is string {
  if (!isKey(key)) throw new LockKeyError(messages.badKey(key), { key: typeof key === 'string' ? key : undefined });
  checkLength(key, maxBytes);
}

/** Keys of different callers travel together, and a huge one would hold up or cost all of them. */
function checkLength(key: string, maxBytes: number): void {
  // No UTF-16 unit takes more than three bytes, so nearly no key has to be counted.
  if (key.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(key);
  // Without the key itself: an error is written to logs.
  if (bytes > maxBytes) throw new LockKeyError(messages.longKey(key, bytes, maxBytes));
}
