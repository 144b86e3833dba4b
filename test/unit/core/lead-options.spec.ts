/** The options of a leadership. What is refused, and in which words, is in the spec of leadership. */
import { describe, expect, it } from '@jest/globals';
import { readLeadOptions } from '../../../lib/core/lead-options.js';
import { LockOptionsError } from '../../../lib/lock.errors.js';

describe('the options of a leadership', () => {
  it('have defaults by which a fleet has a leader again whatever happens', () => {
    expect(readLeadOptions({})).toMatchObject({ whenDone: 'restart', pause: 1_000, onError: undefined });
  });

  it('take a lock that is waited for without end and renewed, whatever the module’s defaults are', () => {
    const { acquire } = readLeadOptions({ ttl: '5s', maxHold: '1h', label: 'scheduler' });
    expect(acquire).toEqual({
      ttl: '5s',
      maxHold: '1h',
      label: 'scheduler',
      wait: Infinity,
      autoRenew: true,
      minHold: 0,
    });
  });

  it('take no `maxHold` of the module, which is for sections that are stuck', () => {
    expect(readLeadOptions({}).acquire.maxHold).toBe(Infinity);
  });

  it.each([9, 0, Infinity, -1, 'soon', '25h'])('refuse a pause of %p', (pause) => {
    expect(() => readLeadOptions({ pause: pause as number })).toThrow(LockOptionsError);
  });
});
