/** A lease that may be watched from outside: when it is, and what it believes then; the rest is in `thread-watcher.spec.ts`. */
import { describe, expect, it } from '@jest/globals';
import type { LeaseToWatch, LeaseWatch, LeaseWatcher, LeftBehind } from '../../../../lib/core/lease/lease-watch.js';
import { WatchedLease } from '../../../../lib/core/lease/watched-lease.js';
import { DEFAULT_SETTINGS } from '../../../../lib/core/settings.js';
import type { LockSettings } from '../../../../lib/core/settings.js';
import type { LockLostError } from '../../../../lib/lock.errors.js';
import { useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { BELIEVED, beliefIn, HELD, now, pass, TTL, unknown } from '../../../support/fakes/leases.js';

const MARGINS = { lockDelay: 0, minHold: 0, grantedAt: 0 };

/** A watch that does as the test says. */
class FakeWatch implements LeaseWatch {
  deadline: number;
  isLost = false;
  isForgotten = false;
  left: LeftBehind = { doubtAt: -1, touchedAt: -1, ended: undefined };

  constructor(readonly lease: LeaseToWatch) {
    this.deadline = lease.deadline;
  }

  get ttl(): number {
    return this.lease.ttl;
  }

  suits({ ttl }: { readonly ttl: number }): boolean {
    return ttl === this.ttl;
  }

  latest(deadline: number): number {
    return this.isLost ? -1 : Math.max(deadline, this.deadline);
  }

  raise(deadline: number): void {
    this.deadline = Math.max(deadline, this.deadline);
  }

  forget(): LeftBehind {
    this.isForgotten = true;
    return this.left;
  }
}

class FakeWatcher implements LeaseWatcher {
  readonly watches: FakeWatch[] = [];

  watch(lease: LeaseToWatch): LeaseWatch {
    const watch = new FakeWatch(lease);
    this.watches.push(watch);
    return watch;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class Watched extends WatchedLease {
  readonly key = 'key';
  readonly margin = 0;
  readonly losses: LockLostError[] = [];
  renewals = 0;
  failures = 0;
  readonly watcher = new FakeWatcher();

  begin(settings: Partial<LockSettings> = {}): FakeWatch | undefined {
    this.keepFor({ ...DEFAULT_SETTINGS, ttl: TTL, ...settings }, now());
    this.beWatched(this.watcher, MARGINS);
    return this.watcher.watches.at(-1);
  }

  giveUp(): Promise<void> | undefined {
    return this.unwatch();
  }

  get inDoubt(): boolean {
    return this.isInDoubt;
  }

  protected mayHaveOtherFence(): boolean {
    return false;
  }

  protected renewed(): void {
    this.renewals += 1;
  }

  protected renewalFailed(): void {
    this.failures += 1;
  }

  protected lost(error: LockLostError): void {
    this.losses.push(error);
  }

  protected timeIsOver(): void {}
  protected moved(): void {}
}

const granted = (ttl = TTL): Watched =>
  new Watched({ token: 'token', fencingToken: 7, sentAt: now(), belief: beliefIn(ttl), isProven: true });

describe('a lease that may be watched', () => {
  useFakeClock();

  it('is watched as its holder wants it to be kept', () => {
    const watch = granted().begin({ maxHold: 5_000 });
    const times = { ttl: TTL, deadline: BELIEVED, renewUntil: 5_000 };
    expect(watch?.lease).toEqual({ key: 'key', token: 'token', fencingToken: 7, ...times, ...MARGINS });
  });

  it('is not watched where it is not to be renewed', () => {
    expect(granted().begin({ autoRenew: false })).toBeUndefined();
  });

  it('is not watched while a request for another ttl may take effect, or while it is longer than a touch makes it', () => {
    const asked = granted();
    asked.sent(now(), 2 * TTL);
    expect(asked.begin()).toBeUndefined();
    const doubtful = granted();
    doubtful.sent(now(), TTL / 2);
    doubtful.answered(unknown(), now(), TTL / 2);
    expect(doubtful.begin()).toBeUndefined();
    expect(granted(2 * TTL).begin()).toBeUndefined();
  });

  it('is watched on by the same watch for a next holder who wants the same', () => {
    const lease = granted();
    const watch = lease.begin();
    expect(lease.begin({ maxHold: 3_000 })).toBe(watch);
    const other = lease.begin({ ttl: 2 * TTL });
    expect([watch!.isForgotten, other!.ttl]).toEqual([true, 2 * TTL]);
  });
});

describe('a watched lease', () => {
  useFakeClock();

  it('is believed in until the later of two times', () => {
    const lease = granted();
    const watch = lease.begin()!;
    watch.deadline = 3_000;
    pass(2_999);
    expect([lease.deadline, lease.isHeld()]).toEqual([3_000, true]);
    pass(1);
    expect(lease.isHeld()).toBe(false);
  });

  it('is not touched from here while the watch keeps up, and is when half of its ttl is left', () => {
    withoutJitter();
    const lease = granted();
    const watch = lease.begin()!;
    expect([334, 487].map((at) => lease.beat(at))).toEqual([undefined, undefined]);
    expect(lease.dueAt).toBe(488);
    watch.deadline = 2_000;
    expect(lease.beat(488)).toBeUndefined();
    expect(lease.dueAt).toBe(1_500);
    pass(1_500);
    expect(lease.beat(1_500)).toBe(lease);
  });

  it('hears of renewals, and is told apart from one that this thread renewed', () => {
    const lease = granted();
    const watch = lease.begin()!;
    pass(400);
    lease.touched(HELD, 380, TTL);
    expect([lease.renewals, lease.deadline, watch.isForgotten]).toEqual([1, 380 + BELIEVED, false]);
    lease.touched(unknown(), 390, TTL);
    expect([lease.failures, lease.deadline]).toEqual([1, 380 + BELIEVED]);
  });

  it.each([{ state: 'gone' } as const, { state: 'held', fencingToken: 8 } as const])(
    'hears that it is lost: %j',
    (answer) => {
      const lease = granted();
      lease.begin();
      lease.touched(answer, 10, TTL);
      lease.touched(HELD, 20, TTL);
      expect([lease.isHeld(), lease.losses.length, lease.renewals]).toEqual([false, 1, 0]);
    },
  );

  it('that is lost is not held, whoever asks first, and stays lost when the watch is given up', () => {
    const lease = granted();
    const watch = lease.begin()!;
    watch.isLost = true;
    expect([lease.deadline, lease.endError().message]).toEqual([-1, expect.stringContaining('no longer knows')]);
    lease.giveUp();
    expect([lease.deadline, lease.isHeld()]).toEqual([-1, false]);
  });

  it('keeps what the watch has reached when that is given up', () => {
    const lease = granted();
    lease.begin()!.deadline = 3_000;
    lease.giveUp();
    expect([lease.deadline, lease.inDoubt]).toEqual([3_000, false]);
  });

  it('is given up before a request for another ttl is sent, and not for one of the same', () => {
    const lease = granted();
    const watch = lease.begin()!;
    lease.sent(now(), TTL);
    expect(watch.isForgotten).toBe(false);
    lease.sent(now(), TTL / 2);
    expect([watch.isForgotten, lease.deadline]).toEqual([true, 493]);
  });

  it('reckons with a touch that is under way, until that is answered', () => {
    const lease = granted();
    const watch = lease.begin()!;
    pass(400);
    watch.left = { doubtAt: -1, touchedAt: 390, ended: Promise.resolve() };
    lease.sent(now(), 5 * TTL);
    lease.answered(HELD, now(), 5 * TTL);
    expect(lease.deadline).toBe(400 + BELIEVED);
    lease.leftTouch(HELD, 390, TTL);
    pass(10);
    lease.sent(now(), 5 * TTL);
    lease.answered(HELD, now(), 5 * TTL);
    expect(lease.deadline).toBe(410 + 5 * TTL - 52);
  });

  it('is renewed from here at once when nothing watches it any more', () => {
    const lease = granted();
    lease.begin();
    pass(100);
    lease.watchEnded();
    expect([lease.dueAt, lease.beat(100)]).toEqual([100, lease]);
  });
});
