import { waitEndOf } from '../../../lib/core/wait-end.js';
import {
  LockBusyError,
  LockKeyError,
  LockShutdownError,
  LockTimeoutError,
  LockUnavailableError,
} from '../../../lib/lock.errors.js';

describe('why a caller did not get its lock', () => {
  it.each([
    [new LockBusyError('x'), 'busy'],
    [new LockTimeoutError('x'), 'timeout'],
    [new LockUnavailableError('x'), 'unavailable'],
    [new LockShutdownError('x'), 'shutdown'],
    [new LockKeyError('x'), undefined],
    [new TypeError('x'), undefined],
    [undefined, undefined],
  ])('%s: %s', (error, end) => {
    expect(waitEndOf(error, undefined)).toBe(end);
  });

  it.each([new LockBusyError('x'), null, undefined, NaN, 'enough'])(
    'is the caller’s own signal, whatever its reason: %s',
    (reason) => {
      const signal = { aborted: true, reason } as AbortSignal;
      expect(waitEndOf(reason, signal)).toBe('cancelled');
      expect(waitEndOf(new LockTimeoutError('another'), signal)).toBe('timeout');
    },
  );
});
