/** The callers of one process that want one key: what becomes of all of them when something goes wrong for one. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockBusyError, LockLostError, LockTimeoutError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate, hanging, muted, saying, unheard } from '../../../support/fakes/fake-store.js';

/** One of ours holds the key, another waits; `count` hand-offs are allowed. */
async function pair(count = 64, ttl = 1_000) {
  const bench = openLocks({ ttl, wait: 60_000 }, 10_000, new FakeStore(), { count, time: Infinity });
  const lock = await bench.locks.acquire('key');
  const next = outcomeOf(bench.locks.acquire('key'));
  await flush();
  return { ...bench, lock, next };
}

describe('a lease that is lost takes its line along', () => {
  useFakeClock();

  it('which joins that of the store again, under a new token', async () => {
    const { lock, next, store, rival } = await pair();
    await rival.release('key', lock.token);
    await rival.acquire('key', 'rival');
    await advance(400);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    const { waiting } = await store.look('key');
    expect(waiting).toHaveLength(1);
    expect(waiting[0]).not.toBe(lock.token);
    await rival.release('key', 'rival');
    await flush();
    expect(next).toMatchObject({ state: 'resolved', value: { token: waiting[0] } });
  });

  it('which has the lock at once where nothing but the renewal failed', async () => {
    const { lock, next, store } = await pair();
    store.always('touch', hanging);
    const { fencingToken } = lock;
    await advance(988);
    expect(lock.isHeld).toBe(false);
    expect(next.state).toBe('resolved');
    expect(lockOf(next).token).not.toBe(lock.token);
    expect(lockOf(next).fencingToken).toBeGreaterThan(fencingToken);
  });

  // The server's clock may have stepped back since the lease was granted; then only the record keeps tokens growing.
  it('and tells the store which fencing token was the last, when it was handed on', async () => {
    const { lock, next, store } = await pair();
    await lock.release();
    store.always('touch', hanging);
    await advance(988);
    expect(lockOf(next).isHeld).toBe(false);
    expect(store.sent('release')).toMatchObject([{ token: lock.token, fencingToken: lock.fencingToken + 1 }]);
  });

  it('even while it is fitted to the next', async () => {
    const { lock, next, store, locks } = await pair();
    const other = outcomeOf(locks.acquire('key', { ttl: 5_000 }));
    await lock.release();
    await store.server.release([{ key: 'key', token: lock.token }]);
    await lockOf(next).release();
    await flush();
    expect(other).toMatchObject({ state: 'resolved', value: { ttl: 5_000 } });
    expect(lockOf(other).token).not.toBe(lock.token);
  });
});

describe('a lease that is passed to the store, with the next of the process as successor,', () => {
  useFakeClock();

  it('is one request, and no other for the successor', async () => {
    const { lock, next, store } = await pair(0);
    await lock.release();
    expect(store.calls.map(({ name }) => name)).toEqual(['acquire', 'release']);
    expect(next.state).toBe('resolved');
    expect(store.sent('release')).toMatchObject([{ successor: { token: lockOf(next).token, ttl: 1_000 } }]);
    expect(lockOf(next).fencingToken).toBeGreaterThan(lock.fencingToken);
  });

  it.each([
    ['was carried out without an answer', unheard],
    ['was not carried out', failing],
  ])('although the request %s, is the next one’s within two heartbeats', async (_, trouble) => {
    const { lock, next, store, heard } = await pair(0);
    store.next('release', trouble);
    await lock.release();
    expect(heard('failed')[0]).toMatchObject({ during: 'release' });
    await advance(2_000);
    expect(next.state).toBe('resolved');
    expect((await store.look('key')).holders[0]).toMatchObject({ token: lockOf(next).token });
  });

  it('is not given to the next when it turns out to be gone, but he asks anew', async () => {
    const { lock, next, store } = await pair(0);
    store.next('release', saying({ state: 'gone', successor: { state: 'gone' } }));
    expect(await lock.release()).toBe(false);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    await store.server.release([{ key: 'key', token: lock.token }]);
    await advance(1_500);
    expect(next.state).toBe('resolved');
    expect(store.sent('acquire')).toHaveLength(2);
  });

  it('leaves nothing behind when the next leaves before the answer', async () => {
    const { lock, next, store, locks } = await pair(0);
    await lock.release();
    const controller = new AbortController();
    const other = outcomeOf(locks.acquire('key', { signal: controller.signal }));
    const gate = new Gate<'release'>();
    store.next('release', gate.after);
    const released = outcomeOf(lockOf(next).release());
    await flush();
    const { successor } = store.sent('release').at(-1)!;
    expect((await store.look('key')).holders[0]).toMatchObject({ token: successor!.token });
    controller.abort();
    await flush();
    gate.open();
    await flush();
    expect([other.state, released.state]).toEqual(['rejected', 'resolved']);
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
  });
});

describe('a caller that does not want to wait', () => {
  useFakeClock();

  it('is told without a request that another of its process has the key', async () => {
    const { store, locks, heard } = await pair();
    await advance(100);
    const sent = store.calls.length;
    const asked = locks.acquire('key', { wait: 0 });
    await expect(asked).rejects.toBeInstanceOf(LockBusyError);
    await expect(asked).rejects.toMatchObject({ key: 'key', retryAfterMs: 888 });
    expect(store.calls).toHaveLength(sent);
    expect(heard('refused')).toHaveLength(1);
  });

  it('asks for itself while nobody of its process has it', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('key', 'rival');
    outcomeOf(locks.acquire('key'));
    await flush();
    await expect(locks.acquire('key', { wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    expect(store.sent('acquire').map(({ wait }) => wait)).toEqual([true, false]);
    expect((await store.look('key')).waiting).toHaveLength(1);
  });

  it('does not take those along who came after it and do', async () => {
    const { locks, store, rival } = openLocks({ wait: 60_000 });
    await rival.acquire('key', 'rival');
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const hasty = outcomeOf(locks.acquire('key', { wait: 0 }));
    const patient = outcomeOf(locks.acquire('key'));
    await flush();
    gate.open();
    await flush();
    expect(hasty.value).toBeInstanceOf(LockBusyError);
    await rival.release('key', 'rival');
    await flush();
    expect(patient.state).toBe('resolved');
  });
});

describe('a first request that fails', () => {
  useFakeClock();

  it('fails those who asked before it was sent, and is repeated for those who came later', async () => {
    const { locks, store } = openLocks();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.before);
    const early = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key'))];
    await advance(1);
    const late = outcomeOf(locks.acquire('key'));
    gate.fail();
    await flush();
    for (const { value } of early) expect(value).toBeInstanceOf(LockUnavailableError);
    expect(late.state).toBe('resolved');
    await lockOf(late).release();
    expect(await store.look('key')).toMatchObject({ holders: [], waiting: [] });
    // What brought no answer may come to life yet.
    await advance(60_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a wait that is over', () => {
  useFakeClock();

  it('says when to try again', async () => {
    const { locks, rival } = openLocks({ wait: 1_300 });
    await rival.acquire('key', 'rival', 5_000);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(1_300);
    expect(asked.value).toBeInstanceOf(LockTimeoutError);
    expect(asked.value).toMatchObject({ key: 'key', retryAfterMs: 3_700 });
  });

  it('is unavailable when the store did not answer last, and timed out when it answered again', async () => {
    const { locks, store, rival } = openLocks({ ttl: '30s', wait: 2_500 });
    await rival.acquire('key', 'rival', 60_000);
    const [first, second] = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key', { wait: 4_500 }))];
    await flush();
    store.next('touch', (call) => call.carryOut()).next('touch', failing);
    await advance(2_500);
    expect(first.value).toBeInstanceOf(LockUnavailableError);
    expect(first.value).toMatchObject({ cause: expect.objectContaining({ code: 'LOCK_UNAVAILABLE' }) });
    await advance(2_000);
    expect(second.value).toBeInstanceOf(LockTimeoutError);
  });

  it('before the store has said a word is unavailable', async () => {
    const { locks, store } = openLocks({ wait: 500 });
    store.next('acquire', muted);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(1_000);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
  });
});

describe('a store that says that grants may have been missed', () => {
  useFakeClock();

  it('is asked at once by those who wait', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    const { listener } = store;
    store.deafen();
    await rival.release('key', 'rival');
    await flush();
    expect(asked.state).toBe('pending');
    listener!.resumed();
    await flush();
    expect(asked.state).toBe('resolved');
    expect(store.sent('touch')).toHaveLength(1);
  });
});
