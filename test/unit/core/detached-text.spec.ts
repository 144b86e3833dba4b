/** A lock as text: what is written is read again, and nothing else is. */
import { describe, expect, it } from '@jest/globals';
import { EXCLUSIVE, READ } from '../../../lib/core/admission.js';
import { readDetached, writeDetached } from '../../../lib/core/detached-text.js';
import type { DetachedLease } from '../../../lib/core/lease/holder.js';
import { DEFAULT_SETTINGS } from '../../../lib/core/settings.js';
import { LockOptionsError } from '../../../lib/lock.errors.js';

const LEASE: DetachedLease = {
  key: 'order:42',
  token: 'token',
  fencingToken: 1_790_000_000_000_000,
  handOffs: 3,
  settings: DEFAULT_SETTINGS,
  acquiredAt: 1_790_000_000_000,
};

const encode = (value: unknown): string => `lock1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`;
const written = (): Record<string, unknown>[] =>
  JSON.parse(Buffer.from(writeDetached([LEASE]).slice(6), 'base64url').toString()) as Record<string, unknown>[];

describe('a detached lock', () => {
  it.each([
    ['a writer', {}],
    ['a reader', { share: READ }],
    ['a permit', { share: { limit: 5, weight: 2 } }],
    ['one that waits without end', { wait: Infinity }],
    ['one that never waits', { wait: 0 }],
    ['one that is held no longer than so', { maxHold: 60_000 }],
    [
      'one with everything else',
      { ttl: 100, autoRenew: false, reentrant: false, fair: true, lockDelay: 7, minHold: 8 },
    ],
  ])('is read as it was written: %s', (_, settings) => {
    const leases = [{ ...LEASE, settings: { ...DEFAULT_SETTINGS, share: EXCLUSIVE, ...settings } }];
    expect(readDetached(writeDetached(leases))).toEqual(leases);
  });

  it('of several keys is read in their order', () => {
    const leases = ['b', 'ä\u0000🔒', 'a'].map((key) => ({ ...LEASE, key }));
    expect(readDetached(writeDetached(leases))).toEqual(leases);
  });

  it('is a text that goes through a URL, a header and a queue', () => {
    expect(writeDetached([LEASE])).toMatch(/^[\w.-]+$/);
  });

  it.each([
    ['no text', undefined],
    ['null', null],
    ['a lock', {}],
    ['an empty text', ''],
    ['the text of something else', 'lock2.W10'],
    ['a text cut short', writeDetached([LEASE]).slice(0, -8)],
    ['nothing behind the prefix', 'lock1.'],
    ['what is no JSON', 'lock1.!!!!'],
    ['no list', encode({})],
    ['no lease', encode([])],
    ['a lease that is none', encode([null])],
    ['a lease without options', encode([{ ...written()[0], options: undefined }])],
    ['a lease whose options are none', encode([{ ...written()[0], options: null }])],
    ['a lease without a key', encode([{ ...written()[0], key: '' }])],
    ['a lease whose token is none', encode([{ ...written()[0], token: 7 }])],
    ['a fencing token that is none', encode([{ ...written()[0], fence: -1 }])],
    ['more used than can be', encode([{ ...written()[0], used: 1.5 }])],
    ['a time that is none', encode([{ ...written()[0], since: 'now' }])],
    ['a ttl that is none', encode([{ ...written()[0], options: { ttl: 5 } }])],
    ['a share that is none', encode([{ ...written()[0], options: { concurrency: 2, weight: 3 } }])],
  ])('is not read from %s', (_, text) => {
    expect(() => readDetached(text)).toThrow(LockOptionsError);
  });

  it('is not told of in the error: it is a secret', () => {
    const text = writeDetached([LEASE]).slice(0, -8);
    expect(() => readDetached(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(text) }));
    expect(() => readDetached(text)).toThrow(/^The text is not one that detach\(\) of a lock has returned/);
  });
});
