/** What becomes of leases that are given back: once, in any order with renewals, whatever the store says. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockEvents } from '../../lib/event-stream.js';
import { Heartbeat } from '../../lib/lease/heartbeat.js';
import { believedUntil, Lease } from '../../lib/lease/lease.js';
import type { LeaseObserver } from '../../lib/lease/lease.js';
import { LeaseKeeper } from '../../lib/lease/lease-keeper.js';
import { LockLostError, LockNotHeldError, LockShutdownError, LockUnavailableError } from '../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../lib/lock.settings.js';
import { outcomeOf, openLocks } from './support/engine.js';
import { advance, flush, useFakeClock, withoutJitter } from './support/fake-clock.js';
import { failing, FakeStore, Gate, hanging, saying, unheard } from './support/fake-store.js';

const SETTINGS = { ...DEFAULT_SETTINGS, ttl: 1_000 };

/** A keeper by itself. `take` gives it a lease that the server granted, with a holder. */
function keep() {
  const store = new FakeStore();
  const heartbeat = new Heartbeat(store);
  const keeper = new LeaseKeeper(store, heartbeat, new LockEvents());
  const take = async (key: string): Promise<{ lease: Lease; losses: LockLostError[] }> => {
    const sentAt = performance.now();
    const token = `${store.processId} ${key}`;
    const [answer] = await store.server.acquire([{ key, token, kind: 'exclusive', ttl: SETTINGS.ttl, wait: false }]);
    if (answer!.state !== 'held') throw new Error(`${key} is taken.`);
    const losses: LockLostError[] = [];
    const deadline = believedUntil(sentAt, SETTINGS.ttl);
    const lease = new Lease({ key, token, fencingToken: answer!.fencingToken, sentAt, deadline }, observer(losses));
    keeper.keep(lease);
    lease.begin(SETTINGS, sentAt);
    return { lease, losses };
  };
  /** What is lost is given back, as whoever owns a lease does. */
  const observer = (losses: LockLostError[]): LeaseObserver => ({
    renewed: () => undefined,
    renewalFailed: () => undefined,
    moved: (lease) => keeper.moved(lease),
    lost: (lease, error) => {
      losses.push(error);
      keeper.forget(lease);
      keeper.giveBack(lease.key, lease.token, lease.ttl);
    },
  });
  const giveUp = (lease: Lease) => {
    keeper.forget(lease);
    lease.end();
    return keeper.release({ key: lease.key, token: lease.token, kind: lease.kind }, lease.ttl, (answer) => answer);
  };
  return { store, keeper, take, giveUp };
}

describe('a grant', () => {
  useFakeClock();

  it('whose lease is over when the answer comes is given back, not given out', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('late'));
    await advance(988);
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect((await store.look('late')).holder).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that comes just in time is a lock', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('in time'));
    await advance(987);
    gate.open();
    await flush();
    expect(asked).toMatchObject({ state: 'resolved', value: { isHeld: true } });
  });
});

describe('a release', () => {
  useFakeClock();

  it('frees the key for the next', async () => {
    const { locks, rival } = openLocks();
    const lock = await locks.acquire('key');
    await lock.release();
    expect(lock.isHeld).toBe(false);
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
  });

  it('is the last request about its token', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    await advance(5_000);
    await lock.release();
    await advance(60_000);
    expect(store.calls.at(-1)!.name).toBe('release');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('by hand a second time says that nothing is held, and sends nothing', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    const [first, second] = [outcomeOf(lock.release()), outcomeOf(lock.release())];
    await flush();
    expect(first.state).toBe('resolved');
    expect(second.value).toBeInstanceOf(LockNotHeldError);
    expect(store.sent('release')).toHaveLength(1);
  });

  it('of a lock that was lost sends nothing and says so', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    await advance(988);
    const sent = store.sent('release').length;
    await expect(lock.release()).rejects.toBe(lock.signal.reason);
    expect(store.sent('release')).toHaveLength(sent);
  });

  it('that finds the lease gone tells of the loss', async () => {
    const { locks, rival, heard } = openLocks();
    const lock = await locks.acquire('key');
    await rival.release('key', lock.token);
    await rival.acquire('key', 'rival');
    await expect(lock.release()).rejects.toBeInstanceOf(LockLostError);
    expect(lock.signal.aborted).toBe(true);
    expect([heard('lost').length, heard('released').length]).toEqual([1, 0]);
  });

  it('of which nobody knows whether it came twice is a release', async () => {
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    store.next('release', saying({ state: 'unknown' }));
    await lock.release();
    expect([heard('lost').length, heard('released').length]).toEqual([0, 1]);
  });

  it('that cannot reach the store resolves, is an event, and is repeated until it is answered', async () => {
    const { locks, store, heard } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.always('release', failing);
    await lock.release();
    expect(heard('failed')).toMatchObject([{ during: 'release', key: 'key', token: lock.token }]);
    await advance(5_000);
    expect((await store.look('key')).holder).not.toBeNull();
    store.recover();
    await advance(500);
    expect((await store.look('key')).holder).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that is never answered is repeated no longer than the lease could last', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.always('release', failing);
    await lock.release();
    await advance(31_000);
    const sent = store.sent('release').length;
    expect(sent).toBeLessThanOrEqual(61);
    await advance(60_000);
    expect(store.sent('release')).toHaveLength(sent);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that was carried out without an answer is repeated harmlessly', async () => {
    const { locks, store, rival, heard } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    store.next('release', unheard);
    await lock.release();
    expect(await rival.acquire('key', 'rival')).toMatchObject({ state: 'held' });
    await advance(2_000);
    expect(store.sent('release')).toHaveLength(2);
    expect((await store.look('key')).holder).toMatchObject({ token: 'rival' });
    expect(heard('lost')).toEqual([]);
  });

  it('that hangs settles when the request does', async () => {
    const { locks, store } = openLocks();
    const lock = await locks.acquire('key');
    store.always('release', hanging);
    const released = outcomeOf(lock.release());
    await advance(4_999);
    expect(released.state).toBe('pending');
    await advance(1);
    expect(released.state).toBe('resolved');
  });
});

describe('renewal by hand, automatic renewal and release of one lock', () => {
  useFakeClock();

  const orders = [
    ['manual', 'automatic', 'release'],
    ['manual', 'release', 'automatic'],
    ['automatic', 'manual', 'release'],
    ['automatic', 'release', 'manual'],
    ['release', 'manual', 'automatic'],
    ['release', 'automatic', 'manual'],
  ] as const;

  it.each(orders)('answered in the order %s, %s, %s end in a release', async (...order) => {
    withoutJitter();
    const { locks, store, heard } = openLocks();
    const lock = await locks.acquire('key');
    const gates = { automatic: new Gate<'touch'>(), manual: new Gate<'touch'>(), release: new Gate<'release'>() };
    store
      .next('touch', gates.automatic.before)
      .next('touch', gates.manual.before)
      .next('release', gates.release.before);
    await advance(370);
    const renewed = outcomeOf(lock.renew());
    const released = outcomeOf(lock.release());
    await flush();
    expect(Object.values(gates).map(({ isTaken }) => isTaken)).toEqual([true, true, true]);
    for (const name of order) {
      gates[name].open();
      await flush();
    }
    expect(released.state).toBe('resolved');
    expect(renewed.value).toBeInstanceOf(LockNotHeldError);
    expect([lock.isHeld, lock.signal.aborted, heard('lost').length]).toEqual([false, false, 0]);
    expect((await store.look('key')).holder).toBeNull();
    const sent = store.calls.length;
    await advance(60_000);
    expect(store.calls).toHaveLength(sent);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('answered in the wrong order leave the deadline of the latest sent', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    const lock = await locks.acquire('key');
    const [early, late] = [new Gate<'touch'>(), new Gate<'touch'>()];
    store.next('touch', early.after).next('touch', late.after);
    await advance(100);
    const first = lock.renew();
    await advance(100);
    const second = lock.renew();
    await flush();
    late.open();
    await second;
    const { expiresAt } = lock;
    early.open();
    await first;
    expect(lock.expiresAt).toEqual(expiresAt);
    expect(expiresAt.getTime() - Date.now()).toBe(988);
  });
});

describe('a keeper at its end', () => {
  useFakeClock();

  it('is drained at once when it keeps nothing', async () => {
    const { keeper } = keep();
    await keeper.drained(10_000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is drained when the last lease is given back', async () => {
    const { keeper, take, giveUp } = keep();
    const [a, b] = [await take('a'), await take('b')];
    const drained = outcomeOf(keeper.drained(10_000));
    await giveUp(a.lease);
    expect(drained.state).toBe('pending');
    await giveUp(b.lease);
    await flush();
    expect(drained.state).toBe('resolved');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('keeps the others when a lease is forgotten twice', async () => {
    const { keeper, take } = keep();
    const [a, b] = [await take('a'), await take('b')];
    keeper.forget(a.lease);
    keeper.forget(a.lease);
    const drained = outcomeOf(keeper.drained(10_000));
    await flush();
    expect(drained.state).toBe('pending');
    keeper.forget(b.lease);
    await flush();
    expect(drained.state).toBe('resolved');
  });

  it('waits no longer than the grace time for what is never given back', async () => {
    const { keeper, take } = keep();
    await take('a');
    const drained = outcomeOf(keeper.drained(10_000));
    await advance(9_999);
    expect(drained.state).toBe('pending');
    await advance(1);
    expect(drained.state).toBe('resolved');
  });

  it('takes away what is still held, gives it back, and waits for the answer', async () => {
    const { keeper, store, take } = keep();
    const { losses } = await take('a');
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    const closed = outcomeOf(keeper.close((key) => new LockShutdownError('closing', { key })));
    await flush();
    expect(losses).toMatchObject([{ cause: { code: 'LOCK_SHUTDOWN' } }]);
    expect(closed.state).toBe('pending');
    gate.open();
    await flush();
    expect(closed.state).toBe('resolved');
    expect((await store.look('a')).holder).toBeNull();
  });
});

describe('a release with more to say', () => {
  useFakeClock();

  it('is repeated with the last fencing token used, and without its successor', async () => {
    const { keeper, store, take } = keep();
    const { lease } = await take('a');
    keeper.forget(lease);
    lease.end();
    store.next('release', failing);
    const successor = { token: `${store.processId} next`, ttl: 500 };
    const fencingToken = lease.fencingToken + 5;
    const { key, token, kind } = lease;
    const answer = await keeper.release({ key, token, kind, fencingToken, successor }, lease.ttl, (each) => each);
    expect(answer).toMatchObject({ state: 'unknown', error: { code: 'LOCK_UNAVAILABLE' } });
    await advance(500);
    expect(store.sent('release').slice(1)).toEqual([{ key, token, kind, fencingToken }]);
    expect(await store.look('a')).toMatchObject({ holder: null, lastFencingToken: fencingToken });
  });

  it('that the store could not carry out among others is repeated like one that was not answered', async () => {
    const { keeper, store, take } = keep();
    const { lease } = await take('a');
    keeper.forget(lease);
    const error = new Error('OOM');
    store.next('release', saying({ state: 'unknown', error }));
    expect(
      await keeper.release({ key: 'a', token: lease.token, kind: lease.kind }, lease.ttl, (answer) => answer),
    ).toMatchObject({
      state: 'unknown',
      error,
    });
    await advance(500);
    expect((await store.look('a')).holder).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });
});
