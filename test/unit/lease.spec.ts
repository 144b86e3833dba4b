/** One lease by itself: when it is believed in, when it is due for renewal, and that it never comes back. */
import { describe, expect, it, jest } from '@jest/globals';
import { Lease } from '../../lib/lease/lease.js';
import type { LeaseObserver } from '../../lib/lease/lease.js';
import { LockLostError } from '../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../lib/lock.settings.js';
import type { LockSettings } from '../../lib/lock.settings.js';
import { useFakeClock, withoutJitter } from './support/fake-clock.js';
import { unreachable } from './support/fake-store.js';

/** Of this ttl the holder believes in 988 ms: a hundredth and 2 ms are for the drift of clocks. */
const TTL = 1_000;
const BELIEVED = 988;
const HELD = { state: 'held', fencingToken: 7 } as const;

class Witness implements LeaseObserver {
  renewals = 0;
  readonly losses: LockLostError[] = [];
  readonly failures: unknown[] = [];
  moves = 0;
  renewed = (): void => void (this.renewals += 1);
  lost = (_lease: Lease, error: LockLostError): void => void this.losses.push(error);
  renewalFailed = (_lease: Lease, error: unknown): void => void this.failures.push(error);
  moved = (): void => void (this.moves += 1);
}

function hold(settings: Partial<LockSettings> = {}, sentAt = performance.now()): { lease: Lease; witness: Witness } {
  const witness = new Witness();
  const grant = { key: 'key', token: 'token', fencingToken: 7, sentAt };
  return { lease: new Lease(grant, { ...DEFAULT_SETTINGS, ttl: TTL, ...settings }, witness), witness };
}

const pass = (ms: number): void => jest.advanceTimersByTime(ms);
const now = (): number => performance.now();

describe('a lease', () => {
  useFakeClock();

  describe('stops believing before the server does', () => {
    it('counting from the moment the request was sent, less the allowance for drift', () => {
      pass(400);
      const { lease } = hold({}, 0);
      pass(BELIEVED - 400 - 1);
      expect(lease.isHeld).toBe(true);
      pass(1);
      expect(lease.isHeld).toBe(false);
    });

    it('by the clock alone: no timer has to run', () => {
      const { lease, witness } = hold();
      pass(BELIEVED);
      expect(jest.getTimerCount()).toBe(0);
      expect(lease.isHeld).toBe(false);
      expect(witness.losses).toEqual([lease.lossError]);
    });

    it('at the very moment at which it is called', () => {
      const { lease } = hold();
      const { signal } = lease;
      expect(lease.dueAt).toBeLessThan(BELIEVED);
      lease.beat(BELIEVED - 1);
      expect(signal.aborted).toBe(false);
      lease.beat(BELIEVED);
      expect(signal.reason).toBeInstanceOf(LockLostError);
    });

    it('and asks to be called at that moment, whatever else it waits for', () => {
      const { lease } = hold({ autoRenew: false });
      expect(lease.dueAt).toBe(BELIEVED);
    });

    it('and counts a renewal from its sending too', () => {
      const { lease } = hold();
      pass(700);
      lease.answered(HELD, 300, TTL);
      pass(300 + BELIEVED - 700 - 1);
      expect(lease.isHeld).toBe(true);
      pass(1);
      expect(lease.isHeld).toBe(false);
    });
  });

  describe('once lost', () => {
    it('stays lost when a late answer says that it is held', () => {
      const { lease, witness } = hold();
      pass(BELIEVED);
      expect(lease.isHeld).toBe(false);
      lease.answered(HELD, BELIEVED - 1, TTL);
      expect(lease.isHeld).toBe(false);
      expect(witness.renewals).toBe(0);
    });

    it('has one error, which is the reason of the signal', () => {
      const { lease, witness } = hold();
      const { signal } = lease;
      pass(BELIEVED);
      const loss = lease.lossError;
      lease.lose('again');
      expect(loss).toBeInstanceOf(LockLostError);
      expect(loss!.key).toBe('key');
      expect(signal.reason).toBe(loss);
      expect(witness.losses).toEqual([loss]);
    });

    it('gives out an aborted signal to who asks only then', () => {
      const { lease } = hold();
      lease.lose('gone');
      expect(lease.signal.reason).toBe(lease.lossError);
    });

    it('cannot be released', () => {
      const { lease } = hold();
      pass(BELIEVED);
      expect(lease.beginRelease()).toBe(false);
      expect(lease.isReleased).toBe(false);
    });

    it('tells a lease that nothing renewed from one that was not renewed in time', () => {
      const [renewed, unrenewed] = [hold(), hold({ autoRenew: false })];
      pass(BELIEVED);
      expect(renewed.lease.lossError!.message).toContain('before it could be renewed');
      expect(unrenewed.lease.lossError!.message).toContain('autoRenew: false');
    });
  });

  describe('learns from the store', () => {
    it('that it is gone, at once', () => {
      const { lease, witness } = hold();
      const { signal } = lease;
      lease.answered({ state: 'gone' }, 1, TTL);
      expect(signal.aborted).toBe(true);
      expect(lease.isHeld).toBe(false);
      expect(witness.losses).toHaveLength(1);
    });

    it('nothing from an answer older than one it knows', () => {
      const { lease } = hold();
      pass(500);
      lease.answered(HELD, 400, TTL);
      lease.answered(HELD, 100, TTL);
      expect(lease.expiresAt.getTime() - Date.now()).toBe(400 + BELIEVED - 500);
      lease.answered({ state: 'gone' }, 100, TTL);
      expect(lease.isHeld).toBe(true);
    });

    it('nothing more after its release', () => {
      const { lease, witness } = hold();
      expect(lease.beginRelease()).toBe(true);
      lease.answered(HELD, 1, TTL);
      lease.unanswered(unreachable());
      lease.endRelease();
      lease.answered({ state: 'gone' }, 1, TTL);
      pass(BELIEVED);
      expect([lease.isHeld, lease.isReleased, lease.lossError]).toEqual([false, true, undefined]);
      expect([witness.renewals, witness.losses, witness.failures]).toEqual([0, [], []]);
    });

    it('that it was gone before its release', () => {
      const { lease, witness } = hold();
      lease.beginRelease();
      lease.lose('gone');
      expect(lease.isReleased).toBe(false);
      expect(witness.losses).toEqual([lease.lossError]);
    });
  });

  it('does not abort its signal on release', () => {
    const { lease } = hold();
    const { signal } = lease;
    lease.beginRelease();
    lease.endRelease();
    pass(TTL);
    lease.beat(now());
    expect(lease.isHeld).toBe(false);
    expect(signal.aborted).toBe(false);
  });

  describe('renewed by hand', () => {
    it('with a shorter ttl believes in the shorter lease before any answer', () => {
      const { lease, witness } = hold();
      lease.expect(100, now());
      expect(lease.dueAt).toBeLessThan(97);
      expect(witness.moves).toBe(1);
      pass(97);
      expect(lease.isHeld).toBe(false);
    });

    it('with a longer ttl believes in the longer lease only after the answer', () => {
      const { lease } = hold();
      lease.expect(10_000, 0);
      expect(lease.expiresAt.getTime() - Date.now()).toBe(BELIEVED);
      lease.answered(HELD, 0, 10_000);
      expect(lease.expiresAt.getTime() - Date.now()).toBe(9_898);
    });

    it('keeps the new ttl for later renewals', () => {
      const { lease } = hold();
      lease.expect(10_000, 0);
      lease.unanswered(unreachable());
      expect(lease.ttl).toBe(10_000);
    });
  });
});

describe('the renewal of a lease', () => {
  useFakeClock();

  it.each([
    [0, 0.3 * TTL],
    [0.5, TTL / 3],
    [1, (1.1 / 3) * TTL],
  ])('is due after a third of the ttl, give or take a tenth (%d)', (random, due) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    expect(hold().lease.dueAt).toBeCloseTo(due, 6);
  });

  it('is asked for once, and then not again for a third of the ttl', () => {
    withoutJitter();
    const { lease } = hold();
    expect([333, 334, 335, 667, 668].map((time) => lease.beat(time))).toEqual([false, true, false, false, true]);
  });

  it('is not asked for with autoRenew: false', () => {
    const { lease } = hold({ autoRenew: false });
    expect([334, BELIEVED - 1].map((time) => lease.beat(time))).toEqual([false, false]);
  });

  it('is not asked for after maxHold', () => {
    withoutJitter();
    const { lease } = hold({ maxHold: 400 });
    expect(lease.beat(334)).toBe(true);
    lease.answered(HELD, 334, TTL);
    expect(lease.dueAt).toBe(334 + BELIEVED);
  });

  it('is tried again, often, within what remains of the lease', () => {
    withoutJitter();
    const { lease, witness } = hold({ ttl: 10_000 });
    let tries = 0;
    for (; lease.dueAt < 9_898; tries++) {
      pass(Math.ceil(lease.dueAt - now()));
      if (!lease.beat(now())) break;
      lease.unanswered(unreachable());
    }
    expect(tries).toBeGreaterThanOrEqual(10);
    expect(witness.failures).toHaveLength(tries);
    expect(witness.losses).toEqual([]);
  });

  it('that failed does not end the lease, and one that succeeds later saves it', () => {
    const { lease } = hold();
    lease.unanswered(unreachable());
    pass(900);
    lease.answered(HELD, 899, TTL);
    pass(900);
    expect(lease.isHeld).toBe(true);
  });
});
