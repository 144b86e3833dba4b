/** What one owner has of a lease: a fencing token, a signal, and an end of its own. */
import { describe, expect, it } from '@jest/globals';
import { Hold } from '../../lib/lease/hold.js';
import type { Holding } from '../../lib/lease/hold.js';
import type { Lease, LeaseObserver } from '../../lib/lease/lease.js';
import { LockLostError, LockNotHeldError } from '../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../lib/lock.settings.js';
import { useFakeClock } from './support/fake-clock.js';
import { BELIEVED, grant, now, pass, TTL } from './support/leases.js';

const NOBODY: Holding = { release: () => Promise.resolve(undefined) };

/** A hold that hears of the loss of its lease. */
function hold(fencingToken = 7): { hold: Hold; lease: Lease } {
  const { lease, witness } = grant();
  const held = new Hold(lease, fencingToken, true, NOBODY, performance.now());
  const lost: LeaseObserver['lost'] = (_lease, error) => held.lose(error);
  witness.lost = lost;
  return { hold: held, lease };
}

describe('a hold', () => {
  useFakeClock();

  it('is held for as long as its lease', () => {
    const { hold: held } = hold();
    pass(BELIEVED - 1);
    expect([held.isHeld, held.lossError]).toEqual([true, undefined]);
    pass(1);
    expect(held.isHeld).toBe(false);
    expect(held.lossError).toBeInstanceOf(LockLostError);
  });

  it('has the time, key, token and ttl of its lease, and a fencing token of its own', () => {
    pass(100);
    const { hold: held, lease } = hold(9);
    expect([held.key, held.token, held.fencingToken, held.ttl]).toEqual([lease.key, lease.token, 9, TTL]);
    expect([held.since, held.depth, held.isReleased]).toEqual([100, 1, false]);
    expect(held.acquiredAt).toEqual(new Date());
    expect(held.expiresAt.getTime() - Date.now()).toBe(BELIEVED);
  });

  it('has one error when it is lost, which is the reason of its signal', () => {
    const { hold: held } = hold();
    const { signal } = held;
    expect(signal.aborted).toBe(false);
    pass(BELIEVED);
    const loss = held.lossError!;
    held.lose(new LockLostError('again', { key: 'key' }));
    held.announce();
    expect([held.lossError, signal.reason, held.signal]).toEqual([loss, loss, signal]);
    expect(signal.aborted).toBe(true);
  });

  it('gives out an aborted signal to who asks only then', () => {
    const { hold: held, lease } = hold();
    lease.lose('gone');
    expect(held.signal.reason).toBe(held.lossError);
  });

  it('that has ended is not held, not lost, and never aborts its signal', () => {
    const { hold: held, lease } = hold();
    const { signal } = held;
    expect(held.end(now())).toBe(true);
    lease.end();
    pass(TTL);
    lease.beat(now());
    expect([held.isHeld, held.isReleased, held.lossError, signal.aborted]).toEqual([false, true, undefined, false]);
  });

  it('ends once', () => {
    const { hold: held } = hold();
    expect([held.end(now()), held.end(now())]).toEqual([true, false]);
  });

  it('that was lost cannot be given back', () => {
    const { hold: held } = hold();
    pass(BELIEVED);
    expect(held.end(now())).toBe(false);
    expect(held.isReleased).toBe(false);
  });

  it('that has ended tells no more of what becomes of its lease', () => {
    const { hold: held, lease } = hold();
    held.end(now());
    const { expiresAt } = held;
    lease.begin({ ...DEFAULT_SETTINGS, ttl: 30_000 }, now());
    lease.answered({ state: 'held', fencingToken: 7 }, 500, 30_000);
    const next = new Hold(lease, 8, true, NOBODY, performance.now());
    expect([held.ttl, held.expiresAt]).toEqual([TTL, expiresAt]);
    expect([next.ttl, next.fencingToken, next.isHeld, held.isHeld]).toEqual([30_000, 8, true, false]);
  });

  it('may turn out lost when it is given back', () => {
    const { hold: held } = hold();
    held.end(now());
    const loss = new LockLostError('It was gone.', { key: 'key' });
    held.lose(loss);
    expect([held.isReleased, held.lossError, held.signal.reason]).toEqual([false, loss, loss]);
  });

  it('says why there is nothing to renew', () => {
    const [lost, ended, held] = [hold(), hold(), hold()];
    lost.lease.lose('gone');
    ended.hold.end(now());
    expect(() => lost.hold.assertHeld()).toThrow(lost.hold.lossError);
    expect(() => ended.hold.assertHeld()).toThrow(LockNotHeldError);
    expect(() => held.hold.assertHeld()).not.toThrow();
  });
});
