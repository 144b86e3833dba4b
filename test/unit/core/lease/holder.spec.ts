/** What one owner has of a lease: a fencing token, a signal, and an end of its own. */
import { describe, expect, it, jest } from '@jest/globals';
import { EXCLUSIVE } from '../../../../lib/core/admission.js';
import { Holder } from '../../../../lib/core/lease/holder.js';
import { DEFAULT_SETTINGS } from '../../../../lib/core/settings.js';
import { LockLostError, LockNotHeldError } from '../../../../lib/lock.errors.js';
import { useFakeClock } from '../../../support/fakes/fake-clock.js';
import { BELIEVED, grant, now, pass, TTL } from '../../../support/fakes/leases.js';
import type { LoneLease } from '../../../support/fakes/leases.js';

/** A holder that hears of the loss of its lease. */
function hold(handOffs = 0): { holder: Holder; lease: LoneLease } {
  const lease = grant();
  const holder = new Holder(lease, handOffs, { settings: DEFAULT_SETTINGS, id: 1, askedAt: now() }, now(), 'free');
  lease.onLost = (error) => holder.lose(error);
  return { holder, lease };
}

describe('a holder', () => {
  useFakeClock();

  it('is held for as long as its lease', () => {
    const { holder } = hold();
    pass(BELIEVED - 1);
    expect([holder.isHeld, holder.checkLoss()]).toEqual([true, undefined]);
    pass(1);
    expect(holder.isHeld).toBe(false);
    expect(holder.checkLoss()).toBeInstanceOf(LockLostError);
  });

  it('has the key, token and ttl of its lease, a fencing token of its own, and its time from when it came', () => {
    pass(100);
    const { holder, lease } = hold(2);
    expect([holder.key, holder.token, holder.ttl]).toEqual([lease.key, lease.token, TTL]);
    expect(holder.fencingToken).toBe(lease.fencingToken + 2);
    expect([holder.since, holder.depth, holder.share]).toEqual([100, 1, EXCLUSIVE]);
    const acquiredAt = new Date();
    expect(holder.expiresAt.getTime() - Date.now()).toBe(BELIEVED);
    pass(50);
    expect([holder.acquiredAt, holder.expiresAt.getTime() - Date.now()]).toEqual([acquiredAt, BELIEVED - 50]);
  });

  it('does not change the time at which it was acquired when the clock on the wall is set', () => {
    const { holder } = hold();
    const { acquiredAt } = holder;
    jest.setSystemTime(Date.now() + 3_600_000);
    expect(holder.acquiredAt).toEqual(acquiredAt);
  });

  it('has one error when it is lost, which is the reason of its signal', () => {
    const { holder } = hold();
    const { signal } = holder;
    expect(signal.aborted).toBe(false);
    pass(BELIEVED);
    const loss = holder.checkLoss()!;
    holder.lose(new LockLostError('again', { key: 'key' }));
    holder.announce();
    expect([holder.lossError, signal.reason, holder.signal]).toEqual([loss, loss, signal]);
    expect(signal.aborted).toBe(true);
  });

  it('runs no code of those who listen to its signal before it is to announce the loss, and then once', () => {
    const { holder, lease } = hold();
    const listener = jest.fn();
    holder.signal.addEventListener('abort', listener);
    expect(holder.isUntold).toBe(false);
    lease.lose('gone');
    expect([holder.isHeld, holder.isUntold, listener.mock.calls.length]).toEqual([false, true, 0]);
    holder.announce();
    holder.announce();
    expect([holder.isUntold, listener.mock.calls.length]).toEqual([false, 1]);
  });

  it('gives out an aborted signal to one that asks only then', () => {
    const { holder, lease } = hold();
    lease.lose('gone');
    expect([holder.isUntold, holder.signal.reason]).toEqual([false, holder.lossError]);
  });

  it('is looked at by a getter or a logger without consequence for its lease', () => {
    const { holder, lease } = hold();
    pass(BELIEVED);
    expect([holder.looksHeld, lease.overs, lease.losses]).toEqual([false, 0, []]);
    expect([holder.isHeld, holder.lossError, lease.losses]).toEqual([false, undefined, []]);
  });

  it('that has ended is not held, not lost, and never aborts its signal', () => {
    const { holder, lease } = hold();
    const { signal } = holder;
    expect(holder.end(now())).toBe(true);
    lease.end();
    pass(TTL);
    lease.beat(now());
    expect([holder.isHeld, holder.looksHeld, holder.checkLoss(), signal.aborted]).toEqual([
      false,
      false,
      undefined,
      false,
    ]);
  });

  it('ends once', () => {
    const { holder } = hold();
    expect([holder.end(now()), holder.end(now())]).toEqual([true, false]);
  });

  it('that was lost cannot be given back', () => {
    const { holder } = hold();
    pass(BELIEVED);
    expect(holder.end(now())).toBe(false);
    expect(holder.lossError).toBeInstanceOf(LockLostError);
  });

  it('that has ended tells no more of what becomes of its lease', () => {
    const { holder, lease } = hold();
    holder.end(now());
    const { expiresAt } = holder;
    lease.begin({ ttl: 30_000 });
    lease.answered({ state: 'held', fencingToken: 7 }, 500, 30_000);
    const next = new Holder(lease, 1, { settings: DEFAULT_SETTINGS, id: 1, askedAt: now() }, now(), 'free');
    expect([holder.ttl, holder.expiresAt]).toEqual([TTL, expiresAt]);
    expect([next.ttl, next.fencingToken, next.isHeld, holder.isHeld]).toEqual([30_000, 8, true, false]);
  });

  it('may turn out lost when it is given back', () => {
    const { holder } = hold();
    holder.end(now());
    const loss = new LockLostError('It was gone.', { key: 'key' });
    holder.lose(loss);
    expect([holder.lossError, holder.checkLoss(), holder.signal.reason]).toEqual([loss, loss, loss]);
  });

  it('says why there is nothing to renew', () => {
    const [lost, over, ended, held] = [hold(), hold(), hold(), hold()];
    lost.lease.lose('gone');
    ended.holder.end(now());
    expect(() => lost.holder.assertHeld()).toThrow(lost.holder.lossError);
    expect(() => ended.holder.assertHeld()).toThrow(LockNotHeldError);
    expect(() => held.holder.assertHeld()).not.toThrow();
    pass(BELIEVED);
    expect(() => over.holder.assertHeld()).toThrow(LockLostError);
  });
});
