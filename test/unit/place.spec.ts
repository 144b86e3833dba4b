/** One token's way to a lease: when it looks at the key again, and how it hears that it may come in. */
import { describe, expect, it, jest } from '@jest/globals';
import { Place } from '../../lib/line/place.js';
import type { StoreAnswer } from '../../lib/stores/lock-store.js';
import { useFakeClock } from './support/fake-clock.js';
import { unreachable } from './support/fake-store.js';
import { Owner, waiting } from './support/places.js';

/** A place that asked at 0 and has not been answered. */
function ask(): { place: Place; owner: Owner } {
  const owner = new Owner();
  return { place: new Place('key', 'token', owner.ttl, 0, owner), owner };
}

describe('a place in line looks again', () => {
  useFakeClock();

  it.each([
    [500, 1_000],
    [999, 1_000],
    [1_000, 2_000],
    [1_001, 2_000],
  ])('once a second, on marks that places share, while the holder has long to go (%d)', (sentAt, due) => {
    const { place } = ask();
    place.answered(waiting(30_000), sentAt, 1_000);
    expect(place.dueAt).toBe(due);
  });

  it('less than half a second after the end of a lease that it sees for the first time', () => {
    const { place } = ask();
    place.answered(waiting(300), 1_000, 1_000);
    expect(place.dueAt).toBe(1_700);
    expect(place.expectedAt).toBe(1_300);
  });

  it('exactly at the end of a lease that was not renewed since it looked last', () => {
    const { place } = ask();
    place.answered(waiting(1_900), 1_000, 1_000);
    place.answered(waiting(900), 2_000, 1_000);
    expect(place.dueAt).toBe(2_900);
  });

  it('not before the next heartbeat when the lease was renewed meanwhile', () => {
    const { place } = ask();
    place.answered(waiting(900), 1_000, 1_000);
    place.answered(waiting(900), 2_000, 1_000);
    expect(place.dueAt).toBe(3_000);
  });

  it('takes a deadline that moved by a network delay for the same', () => {
    const { place } = ask();
    place.answered(waiting(1_900), 1_000, 1_000);
    place.answered(waiting(945), 2_000, 1_000);
    expect(place.dueAt).toBe(2_945);
  });

  it('no sooner than after a pause, however little is left', () => {
    const { place } = ask();
    place.answered(waiting(1_000), 1_000, 1_000);
    place.answered(waiting(1), 2_000, 1_000);
    expect(place.dueAt).toBe(2_050);
  });

  it('a second after it asked in vain', () => {
    const { place, owner } = ask();
    place.answered(waiting(300), 0, 1_000);
    jest.advanceTimersByTime(700);
    expect(place.beat(700)).toBe(place);
    place.unanswered(unreachable(), 0, 1_000);
    expect(place.dueAt).toBe(1_700);
    expect(owner.log).toEqual(['in line', 'unreachable']);
  });

  it('a second after an answer that was lost, as if it were in line', () => {
    const { place, owner } = ask();
    jest.advanceTimersByTime(300);
    place.assume();
    expect([place.isWaiting, place.dueAt]).toEqual([true, 1_300]);
    place.unanswered(unreachable(), 0, 1_000);
    expect(owner.log).toEqual(['unreachable']);
  });

  it('only when it is time, and then not again at once', () => {
    const { place } = ask();
    place.answered(waiting(30_000), 0, 1_000);
    const beats = [999, 1_000, 1_001, 1_999, 2_000].map((now) => place.beat(now) !== undefined);
    expect(beats).toEqual([false, true, false, false, true]);
  });

  it('never before it is answered', () => {
    expect(ask().place.dueAt).toBe(Infinity);
  });
});

describe('a place in line tells its owner', () => {
  useFakeClock();

  it.each<readonly [string, StoreAnswer]>([
    ['busy', { state: 'busy', expiresIn: 5, at: 1 }],
    ['gone', { state: 'gone' }],
    ['in line', waiting(5)],
    ['failed', { state: 'unknown', error: unreachable() }],
  ])('that the answer to its first request was: %s', (told, answer) => {
    const { place, owner } = ask();
    place.answered(answer, 0, 1_000);
    expect(owner.log).toEqual([told]);
  });

  it('of a lease, which counts from the request that was answered', () => {
    const { place, owner } = ask();
    jest.advanceTimersByTime(400);
    place.answered({ state: 'held', fencingToken: 9 }, 100, 1_000);
    expect(owner.admissions).toMatchObject([{ fencingToken: 9, sentAt: 100, belief: { deadline: 1_088 }, ttl: 1_000 }]);
  });

  it('that a lease was over when it was told of, and goes on as one in line', () => {
    const { place, owner } = ask();
    jest.advanceTimersByTime(988);
    place.answered({ state: 'held', fencingToken: 9 }, 0, 1_000);
    expect([owner.log, place.isWaiting]).toEqual([['late'], true]);
    place.sent(988, 1_000);
    place.unanswered(unreachable(), 988, 1_000);
    place.sent(1_000, 1_000);
    place.answered({ state: 'held', fencingToken: 9 }, 1_000, 1_000);
    expect(owner.log).toEqual(['late', 'unreachable', 'admitted']);
  });

  it.each(['ended', 'abandoned'])('nothing that it hears after it has %s', (how) => {
    const { place, owner } = ask();
    place.answered(waiting(5_000), 0, 1_000);
    if (how === 'ended') place.end();
    else place.abandon();
    place.answered({ state: 'held', fencingToken: 1 }, 0, 1_000);
    place.answered({ state: 'gone' }, 0, 1_000);
    place.unanswered(unreachable(), 0, 1_000);
    place.granted({ token: 'token', fencingToken: 1, ttl: 2_000, at: 1 });
    expect(owner.log).toEqual(['in line']);
    expect([place.dueAt, place.isWaiting, place.isAbandoned]).toEqual([Infinity, false, how === 'abandoned']);
  });
});
