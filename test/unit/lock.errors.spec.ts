/** Errors as Node.js and loggers print them: with what is there. */
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockOptionsError } from '../../lib/lock.errors.js';

describe('an error that is printed as any other', () => {
  // As Node.js prints what ends the process.
  const print = (error: Error): string => inspect(error, { customInspect: false });

  it('shows no key and no time to wait where there is none', () => {
    const error = new LockOptionsError('bad', { key: undefined, retryAfterMs: undefined });
    expect(print(error)).not.toMatch(/key|retryAfterMs|undefined/);
    expect([error.key, error.retryAfterMs]).toEqual([undefined, undefined]);
  });

  it('shows them where they are', () => {
    const error = new LockBusyError('busy', { key: 'order:1', retryAfterMs: 0 });
    expect(print(error)).toMatch(/key: 'order:1',\s+retryAfterMs: 0/);
  });
});
