/**
 * Until when a grant may be believed that was heard of: it is not known how old the message is, nor whose clock is right, so
 * every doubt is on the safe side, and where little would be left the store is asked.
 */
import { describe, expect, it, jest } from '@jest/globals';
import type { PendingLease } from '../../../../lib/core/lease/pending-lease.js';
import type { Grant } from '../../../../lib/stores/lock-store.js';
import { useFakeClock } from '../../../support/fakes/fake-clock.js';
import { unknown } from '../../../support/fakes/leases.js';
import { ask, SERVER_CLOCK, waiting } from '../../../support/fakes/pending-leases.js';
import type { Owner } from '../../../support/fakes/pending-leases.js';

/** A claim window, of which 1 978 ms may be believed. */
const WINDOW = 2_000;
const BELIEVED = 1_978;

/** The grant as the server tells it, given so many milliseconds after the answer at 0. */
function grant(passed: number): Grant {
  return { token: 'token', fencingToken: 9, ttl: WINDOW, at: SERVER_CLOCK + passed * 1_000 };
}

/** A pending lease that was asked for at 0; `answered` unless the answer is still on its way. */
function inLine({ answered = true, askedTtl = 30_000, ttl = 30_000 } = {}): { pending: PendingLease; owner: Owner } {
  const asked = ask(ttl, askedTtl);
  if (answered) asked.pending.answered(waiting(60_000), 0, askedTtl);
  asked.owner.log.length = 0;
  return asked;
}

describe('a grant that is heard of', () => {
  useFakeClock();

  it('counts from the last request that was answered, and adds what the server says passed since, less drift', () => {
    const { pending, owner } = inLine();
    jest.advanceTimersByTime(500);
    pending.granted(grant(500));
    const deadline = 500 * 0.99 + BELIEVED;
    expect(owner.admissions).toMatchObject([{ fencingToken: 9, sentAt: 0, belief: { deadline }, ttl: undefined }]);
  });

  it('counts from the latest answer', () => {
    const { pending, owner } = inLine();
    jest.advanceTimersByTime(5_000);
    pending.answered(waiting(60_000, 5_000), 4_990, 30_000);
    pending.granted(grant(5_000));
    expect(owner.admissions).toMatchObject([{ sentAt: 4_990, belief: { deadline: 4_990 + BELIEVED } }]);
  });

  it('that is old is not believed: what is left is better spent on asking', () => {
    const { pending, owner } = inLine();
    jest.advanceTimersByTime(1_500);
    pending.granted(grant(100));
    expect(owner.log).toEqual(['touch']);
    pending.answered({ state: 'held', fencingToken: 9 }, 1_500, 30_000);
    expect(owner.admissions).toMatchObject([{ ttl: 30_000 }]);
  });

  it('is believed while half of it is left, and asked about when less is', () => {
    for (const [passed, log] of [
      [978, ['admitted']],
      [979, ['touch']],
    ] as const) {
      const { pending, owner } = inLine();
      const now = jest.spyOn(performance, 'now').mockReturnValue(passed);
      pending.granted(grant(0));
      now.mockRestore();
      expect(owner.log).toEqual(log);
    }
  });

  it('from a server whose clock was set a little forwards is believed no longer than ours says passed', () => {
    const { pending, owner } = inLine();
    jest.advanceTimersByTime(300);
    pending.granted(grant(800));
    expect(owner.admissions).toMatchObject([{ belief: { deadline: 300 * 0.99 + BELIEVED } }]);
  });

  it.each<readonly [string, Partial<Grant>]>([
    ['before the last answer', { at: SERVER_CLOCK - 1 }],
    ['later than could have passed', { at: SERVER_CLOCK + 804_000 }],
    ['at no time', { at: NaN }],
    ['at the end of time', { at: Infinity }],
    ['for longer than a claim window', { ttl: 2_001 }],
    ['for ever', { ttl: Infinity }],
    ['for no time', { ttl: 0 }],
    ['for less', { ttl: -10 }],
    ['for an unknown time', { ttl: NaN }],
    ['with a fencing token that nothing could follow', { fencingToken: 2 ** 53 }],
    ['with a broken fencing token', { fencingToken: 1.5 }],
    ['with no fencing token', { fencingToken: NaN }],
    ['with a fencing token before all', { fencingToken: 0 }],
  ])('that could not be true is not believed, but asked about (given %s)', (_, lie) => {
    const { pending, owner } = inLine();
    jest.advanceTimersByTime(300);
    pending.granted({ ...grant(300), ...lie });
    expect(owner.log).toEqual(['touch']);
    pending.granted(grant(300));
    expect(owner.log).toEqual(['touch', 'admitted']);
  });

  it('before the answer to the request counts from its sending', () => {
    const { pending, owner } = inLine({ answered: false });
    jest.advanceTimersByTime(300);
    pending.granted(grant(290));
    expect(owner.admissions).toMatchObject([{ sentAt: 0, belief: { deadline: BELIEVED } }]);
    pending.answered(waiting(60_000), 0, 30_000);
    pending.answered({ state: 'gone' }, 0, 30_000);
    expect(owner.log).toEqual(['admitted']);
  });

  it('before the answer to a request for a shorter lease is believed no longer than that', () => {
    const { pending, owner } = inLine({ answered: false, askedTtl: 1_500 });
    pending.granted(grant(0));
    expect(owner.admissions).toMatchObject([{ belief: { deadline: 1_483 } }]);
    const shorter = inLine({ answered: false, askedTtl: 500 });
    shorter.pending.granted(grant(0));
    expect(shorter.owner.log).toEqual(['touch']);
  });

  it('is believed no longer than a touch for a shorter lease that has no answer yet', () => {
    const { pending, owner } = inLine({ ttl: 1_500 });
    jest.advanceTimersByTime(1_000);
    pending.sent(1_000, 1_500);
    jest.advanceTimersByTime(200);
    pending.granted(grant(1_200));
    expect(owner.admissions).toMatchObject([{ belief: { deadline: 1_000 + 1_483 } }]);
  });

  it('nor than one whose answer was lost, until another is answered', () => {
    const [lost, later] = [inLine({ ttl: 1_500 }), inLine({ ttl: 1_500 })];
    jest.advanceTimersByTime(1_000);
    for (const { pending } of [lost, later]) {
      pending.sent(1_000, 1_500);
      pending.answered(unknown(), 1_000, 1_500);
    }
    later.pending.sent(1_000, 1_500);
    later.pending.answered(waiting(60_000, 1_000), 1_000, 1_500);
    for (const { pending } of [lost, later]) pending.granted(grant(1_000));
    expect(lost.owner.admissions).toMatchObject([{ belief: { deadline: 2_483 } }]);
    expect(later.owner.admissions).toMatchObject([{ belief: { deadline: 1_000 + BELIEVED } }]);
  });

  it('twice is one', () => {
    const { pending, owner } = inLine();
    pending.granted(grant(0));
    pending.granted(grant(0));
    pending.answered({ state: 'held', fencingToken: 9 }, 0, 30_000);
    expect(owner.log).toEqual(['admitted']);
  });
});
