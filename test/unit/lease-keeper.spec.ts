/** The keeper of leases by itself: its end, and releases that have more to say than that a lease is over. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockEvents } from '../../lib/event-stream.js';
import { Heartbeat } from '../../lib/lease/heartbeat.js';
import { Lease } from '../../lib/lease/lease.js';
import type { LeaseObserver } from '../../lib/lease/lease.js';
import { LeaseKeeper } from '../../lib/lease/lease-keeper.js';
import { LockLostError, LockShutdownError } from '../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../lib/lock.settings.js';
import type { ReleaseAnswer } from '../../lib/stores/lock-store.js';
import { outcomeOf } from './support/engine.js';
import { advance, flush, useFakeClock } from './support/fake-clock.js';
import { failing, FakeStore, Gate, saying } from './support/fake-store.js';
import { beliefIn } from './support/leases.js';

const SETTINGS = { ...DEFAULT_SETTINGS, ttl: 1_000 };

const asIs = (answer: ReleaseAnswer): ReleaseAnswer => answer;

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
    const { fencingToken } = answer!;
    const belief = beliefIn(SETTINGS.ttl, sentAt);
    const lease = new Lease({ key, token, fencingToken, sentAt, belief, isProven: true }, observer(losses));
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
    return keeper.release({ key: lease.key, token: lease.token, kind: lease.kind }, lease.ttl, asIs);
  };
  return { store, keeper, take, giveUp };
}

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
    const answer = await keeper.release({ key, token, kind, fencingToken, successor }, lease.ttl, asIs);
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
    expect(await keeper.release({ key: 'a', token: lease.token, kind: lease.kind }, lease.ttl, asIs)).toMatchObject({
      state: 'unknown',
      error,
    });
    await advance(500);
    expect((await store.look('a')).holder).toBeNull();
    expect(jest.getTimerCount()).toBe(0);
  });
});
