/** A request that brought no answer may come to life much later; it is taken back until that can't be any more. */
import { describe, expect, it } from '@jest/globals';
import { LockUnavailableError } from '../../../../lib/lock.errors.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock, lastingTimers } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging } from '../../../support/fakes/fake-store.js';
import type { Behaviour } from '../../../support/fakes/fake-store.js';

/** Not carried out in time, and nobody knows; the test says when it is. */
function lateOnes() {
  const late: (() => Promise<unknown>)[] = [];
  const behaviour: Behaviour<'acquire' | 'release' | 'touch'> = (call) => {
    late.push(() => call.carryOut());
    return failing();
  };
  return { behaviour: behaviour as Behaviour, arrive: () => Promise.all(late.splice(0).map((carryOut) => carryOut())) };
}

const isFree = { holders: [], waiting: [] };

describe('an acquire that brought no answer', () => {
  useFakeClock();

  it.each([100, 700, 2_000, 6_000, 20_000])(
    'and is carried out %d ms after its release is given back',
    async (later) => {
      const { locks, store } = openLocks({ ttl: '30s' });
      const late = lateOnes();
      store.next('acquire', late.behaviour as never);
      const asked = outcomeOf(locks.acquire('key', { wait: 0 }));
      await advance(later);
      expect(asked.value).toBeInstanceOf(LockUnavailableError);
      await late.arrive();
      expect((await store.look('key')).holders).not.toEqual([]);
      // As long again as it took to come, and no ttl.
      await advance(later + 600);
      expect(await store.look('key')).toMatchObject(isFree);
      await advance(120_000);
      expect(await lastingTimers()).toBe(0);
    },
  );

  it('during an outage, however long that is', async () => {
    const { locks, store } = openLocks({ ttl: '2s' });
    const late = lateOnes();
    store.next('acquire', late.behaviour as never);
    store.always('release', failing);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await advance(3_600_000);
    store.recover();
    await advance(500);
    await late.arrive();
    await advance(1_500);
    expect(await store.look('key')).toMatchObject(isFree);
    await advance(60_000);
    expect(await lastingTimers()).toBe(0);
  });

  it('is given back once it was found, and not looked for any more', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const late = lateOnes();
    store.next('acquire', late.behaviour as never);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await flush();
    await late.arrive();
    await advance(1_000);
    const sent = store.sent('release').length;
    await advance(120_000);
    expect(store.sent('release')).toHaveLength(sent);
  });

  it('is looked for less often after a while, and not for ever', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    store.next('acquire', failing);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await advance(120_000);
    expect(store.sent('release').length).toBeLessThan(25);
    expect(await lastingTimers()).toBe(0);
  });

  it('leaves no place in line, whoever left it', async () => {
    const { locks, store, rival } = openLocks({ ttl: '30s', wait: '1s' });
    await rival.acquire('key', 'rival', 60_000);
    const late = lateOnes();
    store.next('acquire', late.behaviour as never);
    outcomeOf(locks.acquire('key'));
    await advance(1_200);
    await late.arrive();
    expect((await store.look('key')).waiting).toHaveLength(1);
    await advance(2_000);
    expect((await store.look('key')).waiting).toEqual([]);
  });

  it('is taken back at once when the store says that something came late', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const late = lateOnes();
    store.next('acquire', late.behaviour as never);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await advance(10_000);
    await late.arrive();
    store.listener!.resumed();
    await flush();
    expect(await store.look('key')).toMatchObject(isFree);
  });

  it('and whose caller had left before is looked for all the same', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const late = lateOnes();
    store.next('acquire', async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return (late.behaviour as Behaviour<'acquire'>)(call);
    });
    const cancel = new AbortController();
    outcomeOf(locks.acquire('key', { signal: cancel.signal }));
    await advance(100);
    cancel.abort();
    await advance(1_100);
    await late.arrive();
    expect((await store.look('key')).holders).not.toEqual([]);
    await advance(1_000);
    expect(await store.look('key')).toMatchObject(isFree);
  });

  it('that certainly was not sent is not looked for', async () => {
    const { locks, store } = openLocks();
    store.next('acquire', () => Promise.reject(new LockUnavailableError('not sent', { wasSent: false })));
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await flush();
    expect(store.sent('release')).toEqual([]);
    expect(await lastingTimers()).toBe(0);
  });
});

describe('an acquire that was sent twice, and is carried out once more', () => {
  useFakeClock();

  it.each([300, 5_000])('%d ms after the lock was given back: the key is free', async (later) => {
    const { locks, store, rival } = openLocks({ ttl: '30s' });
    let again: (() => Promise<unknown>) | undefined;
    store.next('acquire', (call) => {
      again = () => call.carryOut();
      return call.carryOut();
    });
    store.next('release', async (call) => (await call.carryOut()).map((answer) => ({ ...answer, isInDoubt: true })));
    const lock = await locks.acquire('key');
    await lock.release();
    // Its token is on record until somebody else has had the key.
    await rival.acquire('key', 'rival');
    await rival.release('key', 'rival');
    await advance(later);
    await again!();
    await advance(later + 600);
    expect(await store.look('key')).toMatchObject(isFree);
    await advance(120_000);
    expect(await lastingTimers()).toBe(0);
  });

  it('after it was answered "busy": the key is free', async () => {
    const { locks, store, rival } = openLocks({ ttl: '30s' });
    await rival.acquire('key', 'rival');
    let again: (() => Promise<unknown>) | undefined;
    store.next('acquire', async (call) => {
      again = () => call.carryOut();
      return (await call.carryOut()).map((answer) =>
        answer.state === 'busy' ? { ...answer, isInDoubt: true } : answer,
      );
    });
    expect(await locks.tryAcquire('key', { wait: 0 })).toBeNull();
    await rival.release('key', 'rival');
    await again!();
    expect((await store.look('key')).holders).not.toEqual([]);
    await advance(1_000);
    expect(await store.look('key')).toMatchObject(isFree);
  });
});

describe('a pass that brought no answer', () => {
  useFakeClock();

  it('and whose successor has left leaves nothing of him when it is carried out', async () => {
    const { locks, store } = openLocks({ ttl: '30s' }, 1_000, undefined, { count: 0, time: 0 });
    const first = await locks.acquire('key');
    const second = outcomeOf(locks.acquire('key', { wait: '2s' }));
    await flush();
    const late = lateOnes();
    store.next('release', late.behaviour as never).always('release', failing);
    await first.release();
    await advance(2_500);
    expect(second.state).toBe('rejected');
    await late.arrive();
    expect((await store.look('key')).holders).not.toEqual([]);
    store.recover();
    await advance(3_000);
    expect(await store.look('key')).toMatchObject(isFree);
  });
});

describe('a pass that brought no answer, and is carried out late', () => {
  useFakeClock();

  it('behind the release of the successor, who has left: he gets nothing', async () => {
    const { locks, store } = openLocks({ ttl: '30s' }, 1_000, undefined, { count: 0, time: 0 });
    const first = await locks.acquire('key');
    const second = outcomeOf(locks.acquire('key', { wait: '200ms' }));
    await flush();
    const late = lateOnes();
    store.next('release', late.behaviour as never);
    await first.release();
    await advance(300);
    expect(second.state).toBe('rejected');
    await late.arrive();
    expect((await store.look('key')).holders).not.toEqual([]);
    await advance(1_000);
    expect(await store.look('key')).toMatchObject(isFree);
  });

  it('when the successor has asked anew: nothing waits under his former token', async () => {
    const { locks, store } = openLocks({ ttl: '30s' }, 1_000, undefined, { count: 0, time: 0 });
    const first = await locks.acquire('key');
    const second = outcomeOf(locks.acquire('key', { wait: '20s' }));
    await flush();
    const late = lateOnes();
    store
      .next('release', late.behaviour as never)
      .next('release', failing)
      .next('release', failing);
    await first.release();
    await advance(1_200);
    expect((await store.look('key')).waiting).toHaveLength(1);
    await late.arrive();
    expect((await store.look('key')).waiting).toHaveLength(1);
    await advance(2_000);
    expect(second.state).toBe('resolved');
    expect((await store.look('key')).waiting).toEqual([]);
  });
});

describe('a renewal that brought no answer', () => {
  useFakeClock();

  it('and is carried out when the lease was given back, and is over, is undone', async () => {
    const { locks, store } = openLocks({ ttl: '1s' });
    const lock = await locks.acquire('key');
    const late = lateOnes();
    store.always('touch', late.behaviour as never).always('release', failing);
    await advance(500);
    await lock.release();
    await advance(20_000);
    store.recover();
    await late.arrive();
    expect((await store.look('key')).holders).not.toEqual([]);
    await advance(600);
    expect(await store.look('key')).toMatchObject(isFree);
  });

  it('and brings a lost lease back to life is undone', async () => {
    const { locks, store } = openLocks({ ttl: '1s' });
    await locks.acquire('key');
    const late = lateOnes();
    store.always('touch', late.behaviour as never).always('release', failing);
    await advance(20_000);
    store.recover();
    await late.arrive();
    expect((await store.look('key')).holders).not.toEqual([]);
    await advance(600);
    expect(await store.look('key')).toMatchObject(isFree);
  });
});

describe('at the end of the service', () => {
  useFakeClock();

  it('what is to be taken back is tried once more', async () => {
    const { locks, store, engine } = openLocks({ ttl: '30s' }, 1_000);
    const late = lateOnes();
    store.next('acquire', late.behaviour as never);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await advance(10_000);
    await late.arrive();
    await engine.close();
    expect(await store.look('key')).toMatchObject(isFree);
    expect(await lastingTimers()).toBe(0);
  });

  it('and no longer than one request may take', async () => {
    const { locks, store, engine } = openLocks({ ttl: '30s' }, 1_000);
    store.next('acquire', failing).always('release', hanging);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await advance(10_000);
    const closed = outcomeOf(engine.close());
    await advance(store.timeLimit);
    expect(closed.state).toBe('resolved');
    expect(await lastingTimers()).toBe(0);
  });
});

describe('what is to be taken back', () => {
  useFakeClock();

  it('is tried again in order, and only when it is due', async () => {
    const { locks, store } = openLocks({ ttl: '30s' });
    const gate = new Gate<'release'>();
    store.next('acquire', failing).next('release', gate.before);
    outcomeOf(locks.acquire('key', { wait: 0 }));
    await flush();
    store.listener!.resumed();
    store.listener!.resumed();
    await flush();
    expect(store.sent('release')).toHaveLength(1);
    gate.open();
    await flush();
    store.listener!.resumed();
    store.listener!.resumed();
    await flush();
    expect(store.sent('release')).toHaveLength(2);
  });
});
