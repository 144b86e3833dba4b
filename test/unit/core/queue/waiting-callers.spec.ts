/** Taking keys and waiting for them: how a wait begins, lasts, and succeeds. How it fails is in `wait-end.spec.ts`. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { LockBusyError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import { outcomeOf, openLocks } from '../../../support/fakes/locks.js';
import { advance, blockEventLoop, flush, useFakeClock, lastingTimers } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, muted, saying } from '../../../support/fakes/fake-store.js';

describe('taking a key', () => {
  useFakeClock();

  it('that is free is one request', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const lock = await locks.acquire('key');
    expect(store.calls).toHaveLength(1);
    expect(store.sent('acquire')).toEqual([
      { key: 'key', token: lock.token, limit: 1, weight: 1, ttl: 30_000, wait: true },
    ]);
    expect(lock.token.startsWith(store.processId)).toBe(true);
  });

  it('never uses a token twice', async () => {
    const { locks, store } = openLocks();
    for (let i = 0; i < 100; i++) await locks.withLock('key', async () => undefined);
    expect(new Set(store.sent('acquire').map(({ token }) => token)).size).toBe(100);
  });

  it('gives out growing fencing tokens', async () => {
    const { locks } = openLocks();
    const tokens: number[] = [];
    for (let i = 0; i < 10; i++) tokens.push(await locks.withLock('key', async (lock) => lock.fencingToken));
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  });

  it('with wait: 0 that somebody holds fails at once and says when to try again', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival', 7_000);
    const asked = locks.acquire('key', { wait: 0 });
    await expect(asked).rejects.toBeInstanceOf(LockBusyError);
    await expect(asked).rejects.toMatchObject({ key: 'key', retryAfterMs: 7_000 });
    expect(store.sent('acquire')).toMatchObject([{ wait: false }]);
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('whose grant is answered after the lease is over fails when its wait is over too, and gives it back', async () => {
    const { locks, store } = openLocks({ wait: 980 });
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    const asked = outcomeOf(locks.acquire('key'));
    await advance(988);
    gate.open();
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString', '0'])(
    'named like a member of an object is like any other (%s)',
    async (key) => {
      const { locks, store } = openLocks();
      const lock = await locks.acquire(key);
      const waiting = outcomeOf(locks.acquire(key));
      await flush();
      expect(waiting.state).toBe('pending');
      await lock.release();
      await flush();
      expect(waiting.state).toBe('resolved');
      expect(store.sent('acquire')).toHaveLength(1);
    },
  );

  it('through a store that misbehaves is never a lock, and not asked for again', async () => {
    const { locks, store } = openLocks();
    for (const answer of [{ state: 'gone' }, { state: 'busy', expiresIn: 1, at: 1 }] as const) {
      store.always('acquire', saying(answer));
      await expect(locks.acquire('key')).rejects.toBeInstanceOf(LockUnavailableError);
    }
    expect(store.sent('acquire')).toHaveLength(2);
  });
});

describe('waiting for a key', () => {
  useFakeClock();

  it('ends the moment the holder releases', async () => {
    const { locks, rival } = openLocks();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await advance(300);
    expect(asked.state).toBe('pending');
    await rival.release('key', 'rival');
    await flush();
    expect(asked.state).toBe('resolved');
  });

  it('ends with a lease of the full ttl, not of the claim window', async () => {
    const { locks, store, rival } = openLocks({ ttl: '30s' });
    await rival.acquire('key', 'rival');
    const asked = locks.acquire('key');
    await flush();
    await rival.release('key', 'rival');
    const lock = await asked;
    expect((await store.look('key')).holders[0]).toMatchObject({ token: lock.token, expiresIn: 30_000 });
  });

  it('ends at the next heartbeat when the message is lost', async () => {
    const { locks, store, rival } = openLocks();
    store.deafen();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await advance(100);
    await rival.release('key', 'rival');
    await advance(899);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.state).toBe('resolved');
  });

  it('is not ended by a message about somebody else', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival');
    await rival.acquire('other', 'rival');
    const stranger = rival.token();
    await rival.join('other', stranger);
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    await rival.release('other', 'rival');
    await flush();
    expect(asked.state).toBe('pending');
    expect(store.sent('touch')).toEqual([]);
  });

  it('asks once a second, no more, and keeps its place for as long as it takes', async () => {
    const { locks, store, rival } = openLocks({ wait: Infinity });
    await rival.acquire('key', 'rival', 120_000);
    outcomeOf(locks.acquire('key'));
    await advance(60_000);
    expect(store.calls).toHaveLength(1 + 60);
    expect((await store.look('key')).waiting).toHaveLength(1);
  });

  it('is served first come, first served', async () => {
    const { locks } = openLocks();
    const order: number[] = [];
    const first = await locks.acquire('key');
    const sections: Promise<unknown>[] = [];
    for (let i = 0; i < 10; i++) {
      sections.push(locks.withLock('key', async () => order.push(i)));
      await flush();
    }
    await first.release();
    await Promise.all(sections);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each([100, 300, 1_000, 5_000, 30_000])(
    'for a holder that died with a ttl of %d ms lasts at most half a second longer than its lease',
    async (ttl) => {
      const { locks, store, rival } = openLocks({ wait: Infinity });
      store.deafen();
      await rival.acquire('key', 'dead', ttl);
      const asked = outcomeOf(locks.acquire('key'));
      for (let passed = 0; passed < ttl; passed += ttl / 4) {
        await advance(ttl / 4);
        await rival.touch('key', 'dead', ttl);
      }
      await advance(ttl - 1);
      expect(asked.state).toBe('pending');
      await advance(501);
      expect(asked.state).toBe('resolved');
    },
  );

  it('survives requests that fail', async () => {
    const { locks, store, rival, heard } = openLocks();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    store.always('touch', failing);
    await advance(2_500);
    store.recover();
    await rival.release('key', 'rival');
    await advance(1_000);
    expect(asked.state).toBe('resolved');
    expect(heard('failed').map(({ during }) => during)).toEqual(['acquire', 'acquire']);
  });

  it('survives requests that hang', async () => {
    const { locks, store, rival } = openLocks();
    store.deafen();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    store.next('touch', muted);
    await advance(1_500);
    await rival.release('key', 'rival');
    await advance(1_000);
    expect(asked.state).toBe('resolved');
  });

  it('joins again under a new token when its place was lost, and is heard there', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    const [first] = (await store.look('key')).waiting;
    await rival.release('key', first!);
    await advance(1_000);
    const [second] = (await store.look('key')).waiting;
    expect(second).not.toBe(first);
    await rival.release('key', 'rival');
    await flush();
    expect(asked).toMatchObject({ state: 'resolved', value: { token: second } });
  });

  it('joins again although joining fails at first', async () => {
    const { locks, store, rival } = openLocks();
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    await rival.release('key', (await store.look('key')).waiting[0]!);
    store.next('acquire', failing);
    await advance(2_000);
    await rival.release('key', 'rival');
    await flush();
    expect(asked.state).toBe('resolved');
  });

  it('outlives a blocked event loop', async () => {
    const { locks, rival } = openLocks({ wait: '60s' });
    await rival.acquire('key', 'rival');
    const asked = outcomeOf(locks.acquire('key'));
    await flush();
    blockEventLoop(10_000);
    await advance(1_000);
    await rival.release('key', 'rival');
    await flush();
    expect(asked.state).toBe('resolved');
  });

  it('leaves no listener on the signal and no timer once it has succeeded', async () => {
    const { locks, rival } = openLocks();
    const { signal } = new AbortController();
    await rival.acquire('key', 'rival');
    const asked = locks.acquire('key', { signal });
    await flush();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await rival.release('key', 'rival');
    await (await asked).release();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });
});
