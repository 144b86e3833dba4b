/** When a lease is renewed, and tried again, whoever renews it; as a lease asks for it, see `lease-renewal-times.spec.ts`. */
import { describe, expect, it } from '@jest/globals';
import { NONE, renewalAfter, retryAfter } from '../../../../lib/core/lease/lease.js';
import { useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';

describe('the next renewal', () => {
  useFakeClock();

  it('comes on the mark next to a third of the ttl after the last', () => {
    withoutJitter();
    expect([0, 10, 500].map((from) => renewalAfter(from, 2_400, NONE))).toEqual([800, 800, 1_300]);
  });

  it('is spread by a tenth either way', () => {
    const times = Array.from({ length: 500 }, () => renewalAfter(0, 24_000, NONE));
    expect([Math.min(...times), Math.max(...times)]).toEqual([7_000, 9_000]);
  });

  it('does not come after the end of renewal', () => {
    withoutJitter();
    expect([799, 800, 0].map((until) => renewalAfter(0, 2_400, until))).toEqual([NONE, 800, NONE]);
  });

  it('is tried again after a twentieth of the ttl, but not at once and not after more than a second', () => {
    expect([100, 2_000, 60_000].map((ttl) => retryAfter(10, ttl))).toEqual([60, 110, 1_010]);
  });
});
