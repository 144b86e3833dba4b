/** Which queue a caller joins: that of its key, one to itself, or none; and when all queues of a process are empty. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockBusyError } from '../../../../lib/lock.errors.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { Gate } from '../../../support/fakes/fake-store.js';

describe('callers of one process that want one key', () => {
  useFakeClock();

  it('share one place in the queue of the store, and callers of another key have one of their own', async () => {
    const { locks, store, rival } = openLocks();
    for (const key of ['a', 'b']) await rival.acquire(key, 'rival');
    for (const key of ['a', 'a', 'b', 'a']) outcomeOf(locks.acquire(key));
    await flush();
    expect(store.sent('acquire').map(({ key }) => key)).toEqual(['a', 'b']);
    expect((await store.look('a')).waiting).toHaveLength(1);
  });

  it('stand for themselves when they want the order of the store, which counts across processes', async () => {
    const { locks, store, rival } = openLocks({ fair: true });
    await rival.acquire('key', 'rival');
    const [first] = [outcomeOf(locks.acquire('key'))];
    await flush();
    const other = rival.token();
    await rival.join('key', other);
    const last = outcomeOf(locks.acquire('key'));
    await flush();
    const { waiting } = await store.look('key');
    expect([waiting.length, waiting[1]]).toEqual([3, other]);
    await rival.release('key', 'rival');
    await flush();
    expect([first!.state, last.state]).toEqual(['resolved', 'pending']);
    await lockOf(first!).release();
    await rival.release('key', other);
    await flush();
    expect(last.state).toBe('resolved');
  });

  it('share a queue without those that stand for themselves, who take nothing from it when they leave', async () => {
    const { locks, engine } = openLocks({ wait: Infinity }, 60_000);
    const lock = await locks.acquire('key');
    const fair = outcomeOf(locks.acquire('key', { fair: true }));
    const [shared, late] = [outcomeOf(locks.acquire('key')), outcomeOf(locks.acquire('key'))];
    await flush();
    // Handed on without the one that asked the store for its own place, whose turn comes when these are done.
    await lock.release();
    expect([fair.state, shared.state]).toEqual(['pending', 'resolved']);
    await lockOf(shared).release();
    await lockOf(late).release();
    await flush();
    expect(fair.state).toBe('resolved');
    const next = outcomeOf(locks.acquire('key'));
    await flush();
    await lockOf(fair).release();
    await flush();
    expect(next.state).toBe('resolved');
    const closed = outcomeOf(engine.close());
    await lockOf(next).release();
    await flush();
    expect(closed.state).toBe('resolved');
  });

  it('and do not want to wait are told by the process where one of it holds the key, otherwise by the store', async () => {
    const { locks, store, rival, heard } = openLocks();
    await locks.acquire('ours');
    await rival.acquire('theirs', 'rival');
    store.calls.length = 0;
    for (const key of ['ours', 'theirs']) {
      await expect(locks.acquire(key, { wait: 0 })).rejects.toBeInstanceOf(LockBusyError);
    }
    expect(store.sent('acquire').map(({ key }) => key)).toEqual(['theirs']);
    expect(heard('refused').map(({ key, waitedMs }) => [key, waitedMs])).toEqual([
      ['ours', 0],
      ['theirs', 0],
    ]);
  });

  it('and do not want to wait ask the store when the lease of their process is over', async () => {
    const { locks, store } = openLocks({ autoRenew: false });
    await locks.acquire('key');
    store.calls.length = 0;
    await advance(2_000);
    const lock = await locks.acquire('key', { wait: 0 });
    expect([lock.isHeld, store.sent('acquire').length]).toEqual([true, 1]);
  });
});

describe('the queues of a process', () => {
  useFakeClock();

  it('are empty at once when nothing is held', async () => {
    const { engine } = openLocks();
    await engine.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are empty when the last lease was given back', async () => {
    const { locks, engine } = openLocks();
    const [a, b] = [await locks.acquire('a'), await locks.acquire('b', { fair: true })];
    const closed = outcomeOf(engine.close());
    await a.release();
    await flush();
    expect(closed.state).toBe('pending');
    await b.release();
    await flush();
    expect(closed.state).toBe('resolved');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are not taken for empty because one has come to an end in two ways', async () => {
    const { locks, engine, store, rival } = openLocks();
    const [lost, held] = [await locks.acquire('lost'), await locks.acquire('held')];
    await rival.release('lost', lost.token);
    await advance(400);
    expect([await lost.release(), await store.look('lost')]).toMatchObject([false, { holders: [] }]);
    const closed = outcomeOf(engine.close());
    await flush();
    expect(closed.state).toBe('pending');
    await held.release();
    await flush();
    expect(closed.state).toBe('resolved');
  });

  it('are waited for no longer than the grace time, when a lease is never given back', async () => {
    const { locks, engine } = openLocks({}, 10_000);
    await locks.acquire('key');
    const closed = outcomeOf(engine.close());
    await advance(9_999);
    expect(closed.state).toBe('pending');
    await advance(1);
    expect(closed.state).toBe('resolved');
  });

  it('end every wait when they close, also of callers that stand for themselves', async () => {
    const { locks, engine, store, rival } = openLocks({ wait: Infinity });
    await rival.acquire('key', 'rival');
    const asked = [{}, { fair: true }, {}].map((options) => outcomeOf(locks.acquire('key', options)));
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.before);
    asked.push(outcomeOf(locks.acquire('unanswered')));
    await flush();
    engine.refuse();
    await flush();
    for (const { value } of asked) expect(value).toMatchObject({ code: 'LOCK_SHUTDOWN' });
    expect((await store.look('key')).waiting).toEqual([]);
  });
});
