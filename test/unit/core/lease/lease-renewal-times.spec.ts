/** When a lease asks to be renewed: after a third of its ttl, on marks that leases share, and again where that failed. */
import { describe, expect, it, jest } from '@jest/globals';
import { useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { BELIEVED, grant, HELD, now, pass, TTL } from '../../../support/fakes/leases.js';

const MARK = TTL / 24;
/** The mark next to a time, in whole milliseconds. */
const markAt = (time: number): number => Math.round(Math.round(time / MARK) * MARK);

describe('the renewal of a lease', () => {
  useFakeClock();

  it.each([
    [0, 0.3 * TTL],
    [0.5, TTL / 3],
    [1, (1.1 / 3) * TTL],
  ])('is due on the mark next to a third of the ttl, give or take a tenth (%d)', (random, due) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const { dueAt } = grant();
    expect(dueAt).toBe(markAt(due));
    expect(Math.abs(dueAt - due)).toBeLessThanOrEqual(MARK / 2 + 0.5);
  });

  it('falls on the same mark as that of another lease, taken a little later', () => {
    withoutJitter();
    const lease = grant();
    pass(5);
    expect(grant().dueAt).toBe(lease.dueAt);
  });

  it('is asked for once, and then not again for a third of the ttl', () => {
    withoutJitter();
    const lease = grant();
    const [first, second] = [markAt(TTL / 3), markAt((2 * TTL) / 3)];
    const times = [first - 1, first, first + 1, second - 1, second];
    expect(times.map((time) => lease.beat(time) !== undefined)).toEqual([false, true, false, false, true]);
  });

  it('never falls due at once', () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const lease = grant({ ttl: 100 });
    for (let time = lease.dueAt; time < 97; time = lease.dueAt) {
      lease.beat(time);
      expect(lease.dueAt).toBeGreaterThanOrEqual(Math.min(time + 1, 97));
    }
  });

  it('is not asked for with autoRenew: false', () => {
    const lease = grant({ autoRenew: false });
    expect([334, BELIEVED - 1].map((time) => lease.beat(time))).toEqual([undefined, undefined]);
  });

  it('is not asked for after maxHold', () => {
    withoutJitter();
    const lease = grant({ maxHold: 400 });
    expect(lease.beat(334)).toBe(lease);
    lease.answered(HELD, 334, TTL);
    expect(lease.dueAt).toBe(334 + BELIEVED);
  });

  it('counts maxHold from the beginning of each holder', () => {
    withoutJitter();
    const lease = grant({ maxHold: 400 });
    pass(334);
    lease.answered(HELD, 334, TTL);
    lease.begin({ maxHold: 400 });
    expect(lease.dueAt).toBeLessThanOrEqual(334 + TTL / 3);
  });

  it('is tried again, often, within what remains of the lease', () => {
    withoutJitter();
    const lease = grant({ ttl: 10_000 });
    let tries = 0;
    for (; lease.dueAt < 9_898; tries++) {
      pass(Math.ceil(lease.dueAt - now()));
      if (!lease.beat(now())) break;
      lease.fail();
    }
    expect(tries).toBeGreaterThanOrEqual(10);
    expect(lease.failures).toHaveLength(tries);
    expect(lease.losses).toEqual([]);
  });

  it('that failed does not end the lease, and one that succeeds later saves it', () => {
    const lease = grant();
    lease.fail();
    pass(900);
    lease.answered(HELD, 899, TTL);
    pass(900);
    expect(lease.check()).toBe(true);
  });
});
