/** Whether an abort would run code of a caller, in whichever way that listens. */
import { describe, expect, it } from '@jest/globals';
import { hasAbortListeners } from '../../../../lib/core/lease/abort-listeners.js';

const signal = (): AbortSignal => new AbortController().signal;

describe('a signal', () => {
  it('that was only looked at has no listeners', () => {
    const its = signal();
    expect([its.aborted, its.reason, hasAbortListeners(its)]).toEqual([false, undefined, false]);
  });

  it('has a listener until that leaves', () => {
    const its = signal();
    const listener = (): void => undefined;
    its.addEventListener('abort', listener);
    expect(hasAbortListeners(its)).toBe(true);
    its.removeEventListener('abort', listener);
    expect(hasAbortListeners(its)).toBe(false);
  });

  it('has one in `onabort`', () => {
    const its = signal();
    its.onabort = () => undefined;
    expect(hasAbortListeners(its)).toBe(true);
  });

  it('has those of the signals that depend on it', () => {
    const its = signal();
    const any = AbortSignal.any([its, signal()]);
    any.addEventListener('abort', () => undefined);
    expect(hasAbortListeners(its)).toBe(true);
  });
});
