/** One token's way to a lease: when it looks at the key again, and how it hears that it has it. */
import { describe, expect, it, jest } from '@jest/globals';
import type { Admission } from '../../../../lib/core/lease/pending-lease.js';
import type { StoreAnswer } from '../../../../lib/stores/lock-store.js';
import { useFakeClock } from '../../../support/fakes/fake-clock.js';
import { unknown } from '../../../support/fakes/leases.js';
import { ask, waiting } from '../../../support/fakes/pending-leases.js';

describe('a pending lease looks again', () => {
  useFakeClock();

  it.each([
    [500, 1_000],
    [999, 1_000],
    [1_000, 2_000],
    [1_001, 2_000],
  ])('once a second, on marks that all share, while the holder has long to go (%d)', (sentAt, due) => {
    const { pending } = ask();
    pending.answered(waiting(30_000), sentAt, 1_000);
    expect(pending.dueAt).toBe(due);
  });

  it('less than half a second after the end of a lease that it sees for the first time', () => {
    const { pending } = ask();
    pending.answered(waiting(300), 1_000, 1_000);
    expect(pending.dueAt).toBe(1_700);
    expect(pending.expectedAt).toBe(1_300);
  });

  it('exactly at the end of a lease that was not renewed since it looked last', () => {
    const { pending } = ask();
    pending.answered(waiting(1_900), 1_000, 1_000);
    pending.answered(waiting(900), 2_000, 1_000);
    expect(pending.dueAt).toBe(2_900);
  });

  it('not before the next heartbeat when the lease was renewed meanwhile', () => {
    const { pending } = ask();
    pending.answered(waiting(900), 1_000, 1_000);
    pending.answered(waiting(900), 2_000, 1_000);
    expect(pending.dueAt).toBe(3_000);
  });

  it('takes a deadline that moved by a network delay for the same', () => {
    const { pending } = ask();
    pending.answered(waiting(1_900), 1_000, 1_000);
    pending.answered(waiting(945), 2_000, 1_000);
    expect(pending.dueAt).toBe(2_945);
  });

  it('no sooner than after a pause, however little is left', () => {
    const { pending } = ask();
    pending.answered(waiting(1_000), 1_000, 1_000);
    pending.answered(waiting(1), 2_000, 1_000);
    expect(pending.dueAt).toBe(2_050);
  });

  it('a second after it asked in vain', () => {
    const { pending, owner } = ask();
    pending.answered(waiting(300), 0, 1_000);
    jest.advanceTimersByTime(700);
    expect(pending.beat(700)).toBe(pending);
    pending.answered(unknown(), 0, 1_000);
    expect(pending.dueAt).toBe(1_700);
    expect(owner.log).toEqual(['in line', 'unreachable']);
  });

  it('a second after an answer that was lost, as if it were in line', () => {
    const { pending, owner } = ask();
    jest.advanceTimersByTime(300);
    pending.assume();
    expect([pending.isWaiting, pending.dueAt]).toEqual([true, 1_300]);
    pending.answered(unknown(), 0, 1_000);
    expect(owner.log).toEqual(['unreachable']);
  });

  it('only when it is time, and then not again at once', () => {
    const { pending } = ask();
    pending.answered(waiting(30_000), 0, 1_000);
    const beats = [999, 1_000, 1_001, 1_999, 2_000].map((now) => pending.beat(now) !== undefined);
    expect(beats).toEqual([false, true, false, false, true]);
  });

  it('sooner where it is told to, as by a store that is busy with itself', () => {
    const { pending } = ask();
    jest.advanceTimersByTime(300);
    const doubt = new Error('LOADING');
    pending.assume(doubt, 250);
    expect([pending.isWaiting, pending.doubt, pending.dueAt]).toEqual([true, doubt, 550]);
    pending.answered(waiting(30_000), 550, 1_000);
    expect([pending.isWaiting, pending.doubt]).toEqual([true, undefined]);
  });

  it('a second after a touch out of turn', () => {
    const { pending } = ask();
    pending.answered(waiting(30_000), 0, 1_000);
    pending.touched(400);
    expect(pending.dueAt).toBe(1_400);
  });

  it('and says so whenever that has changed', () => {
    const { pending, owner } = ask();
    pending.answered(waiting(30_000), 0, 1_000);
    pending.answered(waiting(29_000), 1_000, 1_000);
    pending.assume();
    expect(owner.moves).toBe(3);
  });

  it('never before it is answered', () => {
    expect(ask().pending.dueAt).toBe(Infinity);
  });
});

describe('a pending lease tells its owner', () => {
  useFakeClock();

  it.each<readonly [string, StoreAnswer]>([
    ['busy', { state: 'busy', expiresIn: 5, at: 1 }],
    ['gone', { state: 'gone' }],
    ['in line', waiting(5)],
    ['failed', unknown()],
  ])('that the answer to its first request was: %s', (told, answer) => {
    const { pending, owner } = ask();
    pending.answered(answer, 0, 1_000);
    expect(owner.log).toEqual([told]);
  });

  it('of a lease, which counts from the request that was answered', () => {
    const { pending, owner } = ask();
    jest.advanceTimersByTime(400);
    pending.answered({ state: 'held', fencingToken: 9 }, 100, 1_000);
    expect(owner.admissions).toMatchObject([{ fencingToken: 9, sentAt: 100, belief: { deadline: 1_088 }, ttl: 1_000 }]);
  });

  it('of a lease once, and hears of what was still under way then for that lease only', () => {
    const { pending, owner } = ask(1_000);
    pending.sent(100, 500);
    pending.answered({ state: 'held', fencingToken: 9 }, 0, 1_000);
    const [{ belief }] = owner.admissions as [Admission];
    expect(belief.deadline).toBe(100 + 493);
    pending.answered({ state: 'held', fencingToken: 9 }, 100, 500);
    pending.answered({ state: 'gone' }, 0, 1_000);
    expect([owner.log, belief.deadline]).toEqual([['admitted'], 100 + 493]);
  });

  it('that a lease was over when it was told of, and goes on as one in line', () => {
    const { pending, owner } = ask();
    jest.advanceTimersByTime(988);
    pending.answered({ state: 'held', fencingToken: 9 }, 0, 1_000);
    expect([owner.log, pending.isWaiting]).toEqual([['late'], true]);
    pending.sent(988, 1_000);
    pending.answered(unknown(), 988, 1_000);
    pending.sent(1_000, 1_000);
    pending.answered({ state: 'held', fencingToken: 9 }, 1_000, 1_000);
    expect(owner.log).toEqual(['late', 'unreachable', 'admitted']);
  });

  it('nothing that it hears after it has ended', () => {
    const { pending, owner } = ask();
    pending.answered(waiting(5_000), 0, 1_000);
    pending.end();
    pending.answered({ state: 'held', fencingToken: 1 }, 0, 1_000);
    pending.answered({ state: 'gone' }, 0, 1_000);
    pending.answered(unknown(), 0, 1_000);
    pending.granted({ token: 'token', fencingToken: 1, ttl: 2_000, at: 1 });
    expect(owner.log).toEqual(['in line']);
    expect([pending.isWaiting, pending.isOver]).toEqual([false, true]);
  });
});
