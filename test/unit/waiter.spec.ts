/** One caller in line: when it looks at the key again, and how its wait ends. */
import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { Waiter } from '../../lib/line/waiter.js';
import type { Surroundings } from '../../lib/line/waiter.js';
import { LockTimeoutError, LockUnavailableError } from '../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../lib/lock.settings.js';
import { useFakeClock } from './support/fake-clock.js';
import { unreachable } from './support/fake-store.js';

class Street implements Surroundings {
  readonly log: string[] = [];
  reason: unknown;
  granted = (): void => void this.log.push('granted');
  rejoin = (): Promise<void> => Promise.resolve(void this.log.push('rejoin'));
  gaveUp = (_waiter: Waiter, reason: unknown): void => {
    this.log.push('gave up');
    this.reason = reason;
  };
  failed = (): void => void this.log.push('failed');
  moved = (): void => undefined;
}

function queue({ wait = 10_000, signal }: { wait?: number; signal?: AbortSignal } = {}) {
  const line = new Street();
  const settings = { ...DEFAULT_SETTINGS, wait };
  return { line, waiter: new Waiter({ key: 'key', settings, askedAt: 0, until: wait, signal }, 'token', line) };
}

describe('a waiter looks again', () => {
  useFakeClock();

  it('once a second while the holder has long to go', () => {
    const { waiter } = queue();
    waiter.inLine(30_000, 500);
    expect(waiter.dueAt).toBe(1_500);
  });

  it('less than half a second after the end of a lease that it sees for the first time', () => {
    const { waiter } = queue();
    waiter.inLine(300, 1_000);
    expect(waiter.dueAt).toBe(1_700);
  });

  it('exactly at the end of a lease that was not renewed since it looked last', () => {
    const { waiter } = queue();
    waiter.inLine(1_900, 1_000);
    waiter.inLine(900, 2_000);
    expect(waiter.dueAt).toBe(2_900);
  });

  it('not before the next heartbeat when the lease was renewed meanwhile', () => {
    const { waiter } = queue();
    waiter.inLine(900, 1_000);
    waiter.inLine(900, 2_000);
    expect(waiter.dueAt).toBe(3_000);
  });

  it('takes a deadline that moved by a network delay for the same', () => {
    const { waiter } = queue();
    waiter.inLine(1_900, 1_000);
    waiter.inLine(945, 2_000);
    expect(waiter.dueAt).toBe(2_945);
  });

  it('no sooner than after a pause, however little is left', () => {
    const { waiter } = queue();
    waiter.inLine(1_000, 1_000);
    waiter.inLine(1, 2_000);
    expect(waiter.dueAt).toBe(2_050);
  });

  it('a second after it asked in vain', () => {
    const { waiter, line } = queue();
    waiter.inLine(300, 0);
    jest.advanceTimersByTime(700);
    waiter.unanswered(unreachable());
    expect(waiter.dueAt).toBe(1_700);
    expect(line.log).toEqual(['failed']);
  });

  it('only when it is time, and then not again at once', () => {
    const { waiter } = queue();
    waiter.inLine(30_000, 0);
    // From half a heartbeat before it is time it may come along with others.
    expect([499, 500, 501, 999, 1_000].map((now) => waiter.beat(now))).toEqual([false, true, false, false, true]);
  });
});

describe('a wait ends', () => {
  useFakeClock();

  it('exactly when its time is over', () => {
    const { waiter, line } = queue({ wait: 1_300 });
    waiter.inLine(30_000, 1_000);
    expect(waiter.dueAt).toBe(1_300);
    waiter.beat(1_299);
    expect(line.log).toEqual([]);
    expect(waiter.beat(1_300)).toBe(false);
    expect(line.reason).toBeInstanceOf(LockTimeoutError);
  });

  it('with a word about when to try again', () => {
    const { waiter, line } = queue({ wait: 1_300 });
    waiter.inLine(5_000, 1_000);
    jest.advanceTimersByTime(1_300);
    waiter.beat(1_300);
    expect(line.reason).toMatchObject({ key: 'key', retryAfterMs: 4_700 });
  });

  it('as unavailable when the store did not answer last', () => {
    const { waiter, line } = queue();
    waiter.inLine(30_000, 0);
    const cause = unreachable();
    waiter.unanswered(cause);
    waiter.beat(10_000);
    expect(line.reason).toBeInstanceOf(LockUnavailableError);
    expect(line.reason).toMatchObject({ cause });
  });

  it('as timed out when the store answered again after an error', () => {
    const { waiter, line } = queue();
    waiter.unanswered(unreachable());
    waiter.inLine(30_000, 9_000);
    waiter.beat(10_000);
    expect(line.reason).toBeInstanceOf(LockTimeoutError);
  });

  it('with the reason of its signal, once', () => {
    const controller = new AbortController();
    const { waiter, line } = queue({ signal: controller.signal });
    const reason = new Error('no longer needed');
    controller.abort(reason);
    waiter.beat(10_000);
    expect(line.log).toEqual(['gave up']);
    expect(line.reason).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('deaf to whatever arrives later', () => {
    const { waiter, line } = queue();
    waiter.giveUp(new Error('enough'));
    waiter.answered({ state: 'held', fencingToken: 1 }, 0);
    waiter.answered({ state: 'gone' }, 0);
    waiter.unanswered(unreachable());
    expect(line.log).toEqual(['gave up']);
  });
});

describe('a waiter whose place is gone', () => {
  useFakeClock();

  it('joins again', () => {
    const { waiter, line } = queue();
    waiter.answered({ state: 'gone' }, 0);
    expect(line.log).toEqual(['rejoin']);
  });

  it('joins once, however many touches found nothing', () => {
    const { waiter, line } = queue();
    waiter.answered({ state: 'gone' }, 0);
    waiter.answered({ state: 'gone' }, 0);
    expect(line.log).toEqual(['rejoin']);
  });
});
