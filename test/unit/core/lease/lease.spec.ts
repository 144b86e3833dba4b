/** One lease by itself: until when it is believed in, what it learns, and that it never comes back. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockLostError } from '../../../../lib/lock.errors.js';
import type { StoreAnswer } from '../../../../lib/stores/lock-store.js';
import { useFakeClock } from '../../../support/fakes/fake-clock.js';
import { BELIEVED, grant, HELD, now, pass, TTL } from '../../../support/fakes/leases.js';

describe('a lease', () => {
  useFakeClock();

  describe('stops believing before the server does', () => {
    it('counting from the moment the request was sent, less the allowance for drift', () => {
      pass(400);
      const lease = grant({}, 0);
      pass(BELIEVED - 400 - 1);
      expect(lease.check()).toBe(true);
      pass(1);
      expect(lease.check()).toBe(false);
    });

    it('by the clock alone: no timer has to run', () => {
      const lease = grant();
      pass(BELIEVED);
      expect(jest.getTimerCount()).toBe(0);
      expect(lease.check()).toBe(false);
      expect([lease.losses.length, lease.gone]).toEqual([1, [false]]);
    });

    it('at the very moment at which it is called', () => {
      const lease = grant();
      expect(lease.dueAt).toBeLessThan(BELIEVED);
      pass(BELIEVED);
      expect(lease.beat(now())).toBeUndefined();
      expect(lease.losses).toHaveLength(1);
    });

    it('and counts a renewal from its sending too', () => {
      const lease = grant();
      pass(700);
      lease.answered(HELD, 300, TTL);
      expect(lease.deadline - now()).toBe(300 + BELIEVED - 700);
      pass(300 + BELIEVED - 700 - 1);
      expect(lease.check()).toBe(true);
      pass(1);
      expect(lease.check()).toBe(false);
    });

    it('and is due then at the latest, renewed or not', () => {
      const lease = grant({ autoRenew: false });
      expect(lease.dueAt).toBe(BELIEVED);
    });
  });

  describe('that is asked whether it is held', () => {
    it('only looks it up: what follows from its end comes later, once, with the reason', () => {
      const lease = grant();
      pass(BELIEVED - 1);
      expect([lease.isHeld(), lease.overs]).toEqual([true, 0]);
      pass(1);
      expect([lease.isHeld(), lease.isHeld(), lease.isOver]).toEqual([false, false, true]);
      expect([lease.overs, lease.losses]).toEqual([1, []]);
      expect([lease.check(), lease.check()]).toEqual([false, false]);
      expect(lease.losses).toHaveLength(1);
      expect(lease.losses[0]!.message).toContain('before it could be renewed');
    });

    it('is not held again once the answer was no, whatever is heard after that', () => {
      const lease = grant();
      pass(BELIEVED);
      expect(lease.isHeld()).toBe(false);
      lease.answered(HELD, BELIEVED - 1, TTL);
      expect([lease.isHeld(), lease.renewals]).toEqual([false, 0]);
      expect([lease.check(), lease.losses.length]).toEqual([false, 1]);
    });

    it('answers by the time that is given', () => {
      const lease = grant();
      expect(lease.isHeld(BELIEVED - 1)).toBe(true);
      expect(lease.isHeld(BELIEVED)).toBe(false);
    });

    it('is not asked for a renewal any more once it was found to be over', () => {
      const lease = grant();
      pass(BELIEVED);
      lease.isHeld();
      expect([lease.beat(now()), lease.losses.length]).toEqual([undefined, 1]);
    });
  });

  describe('once lost', () => {
    it('stays lost when a late answer says that it is held', () => {
      const lease = grant();
      pass(BELIEVED);
      expect(lease.check()).toBe(false);
      lease.answered(HELD, BELIEVED - 1, TTL);
      expect(lease.check()).toBe(false);
      expect(lease.renewals).toBe(0);
    });

    it('is lost for one reason', () => {
      const lease = grant();
      pass(BELIEVED);
      lease.check();
      lease.lose('again');
      lease.answered({ state: 'gone' }, 1, TTL);
      expect(lease.losses).toHaveLength(1);
      expect(lease.losses[0]).toBeInstanceOf(LockLostError);
      expect(lease.losses[0]!.key).toBe('key');
    });

    it('cannot be given back', () => {
      const lease = grant();
      lease.lose('gone');
      lease.end();
      pass(BELIEVED);
      lease.beat(now());
      expect([lease.check(), lease.losses.length]).toEqual([false, 1]);
    });

    it('tells a lease that nothing renewed from one that was not renewed in time', () => {
      const [renewed, unrenewed] = [grant(), grant({ autoRenew: false })];
      pass(BELIEVED);
      for (const lease of [renewed, unrenewed]) lease.check();
      expect(renewed.losses[0]!.message).toContain('before it could be renewed');
      expect(unrenewed.losses[0]!.message).toContain('autoRenew: false');
    });
  });

  describe('learns from the store', () => {
    it.each<readonly [string, StoreAnswer, isGone: boolean]>([
      ['gone', { state: 'gone' }, true],
      ['waiting', { state: 'waiting', expiresIn: 1, at: 1 }, false],
      ['held under another fencing token', { state: 'held', fencingToken: 8 }, false],
    ])('that it is not held any more, at once (%s)', (_, answer, isGone) => {
      const lease = grant();
      lease.answered(answer, 1, TTL);
      expect(lease.check()).toBe(false);
      expect([lease.losses.length, lease.gone, lease.renewals]).toEqual([1, [isGone], 0]);
    });

    it('nothing from an answer older than one it knows', () => {
      const lease = grant();
      pass(500);
      lease.answered(HELD, 400, TTL);
      lease.answered(HELD, 100, TTL);
      expect(lease.deadline - now()).toBe(400 + BELIEVED - 500);
      lease.answered({ state: 'gone' }, 100, TTL);
      expect(lease.check()).toBe(true);
    });

    it('nothing more after it was given back', () => {
      const lease = grant();
      lease.end();
      lease.answered(HELD, 1, TTL);
      lease.fail();
      lease.answered({ state: 'gone' }, 1, TTL);
      pass(BELIEVED);
      lease.beat(now());
      expect(lease.check()).toBe(false);
      expect([lease.renewals, lease.losses, lease.failures]).toEqual([0, [], []]);
    });

    it('that it was gone before it was given back', () => {
      const lease = grant();
      lease.end();
      lease.lose('gone');
      expect(lease.losses).toHaveLength(1);
    });
  });

  describe('asked for a touch out of turn', () => {
    it('with a shorter ttl believes in the shorter lease before any answer', () => {
      const lease = grant();
      lease.touch(100);
      expect(lease.dueAt).toBeLessThan(97);
      expect(lease.moves).toBeGreaterThan(0);
      pass(97);
      expect(lease.check()).toBe(false);
    });

    it('with a longer ttl believes in the longer lease only after the answer', () => {
      const lease = grant();
      lease.touch(10_000);
      expect(lease.deadline - now()).toBe(BELIEVED);
      lease.answered(HELD, 0, 10_000);
      expect(lease.deadline - now()).toBe(9_898);
    });

    it('keeps the new ttl for later renewals', () => {
      const lease = grant();
      lease.touch(10_000);
      lease.fail();
      expect(lease.ttl).toBe(10_000);
    });

    it('believes no older, longer answer over a shorter touch that may yet take effect', () => {
      const lease = grant({ ttl: 30_000 });
      pass(50);
      lease.sent(50, 30_000);
      pass(50);
      lease.touch(500);
      lease.answered(HELD, 50, 30_000);
      expect(lease.deadline - now()).toBe(493);
      lease.answered(HELD, 100, 500);
      lease.sent(101, 30_000);
      lease.answered(HELD, 101, 30_000);
      expect(lease.deadline - now()).toBe(29_699);
    });

    it('repeats a claim until it is answered, though nothing is renewed', () => {
      const lease = grant({ autoRenew: false });
      lease.touch(TTL, true);
      lease.fail();
      expect(lease.dueAt).toBe(50);
      pass(50);
      expect(lease.beat(now())).toBe(lease);
      lease.answered(HELD, 50, TTL);
      lease.fail();
      expect(lease.dueAt).toBe(50 + BELIEVED);
    });

    it('does not repeat a renewal by hand where nothing is renewed', () => {
      const lease = grant({ autoRenew: false });
      lease.touch(TTL);
      lease.fail();
      expect(lease.dueAt).toBe(BELIEVED);
    });
  });

  it('takes the wishes of its next holder, from then on', () => {
    const lease = grant({ ttl: 30_000, autoRenew: false });
    pass(9_000);
    lease.begin({ ttl: 24_000 });
    expect(lease.ttl).toBe(24_000);
    expect(lease.dueAt).toBeLessThanOrEqual(9_000);
    lease.begin({ ttl: 24_000, autoRenew: false });
    expect(lease.dueAt).toBe(30_000 - 302);
  });
});
