/** A lease with one holder at a time that is no ordinary one: of a reader, of a permit, with a margin, or that was adopted. */
import { describe, expect, it } from '@jest/globals';
import { READ } from '../../../../lib/testing/contract/driver.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { FakeStore, Gate } from '../../../support/fakes/fake-store.js';
import { lockOf, openLocks, outcomeOf } from '../../../support/fakes/locks.js';

const PAIR = { concurrency: 2 };
const ENDLESS = { count: 31, time: Infinity };

describe('a lease that is passed on', () => {
  useFakeClock();

  it('has each holder begin with the wishes of its own', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ wait: 60_000 }, 0, new FakeStore(), ENDLESS);
    const first = await locks.acquire('key');
    const next = outcomeOf(locks.acquire('key', { ttl: 2_000 }));
    await first.release();
    await flush();
    expect([next.state, lockOf(next).ttl, store.sent('touch').map(({ ttl }) => ttl)]).toEqual([
      'resolved',
      2_000,
      [2_000],
    ]);
  });

  it('is given back where the caller that it is fitted to has left', async () => {
    const { locks, store } = openLocks({ wait: 60_000 }, 0, new FakeStore(), ENDLESS);
    const first = await locks.acquire('key');
    const controller = new AbortController();
    const next = outcomeOf(locks.acquire('key', { ttl: 2_000, signal: controller.signal }));
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    await first.release();
    await flush();
    controller.abort();
    await flush();
    gate.open();
    await flush();
    expect([next.state, (await store.look('key')).holders]).toEqual(['rejected', []]);
  });

  it('of a permit that is fitted to a caller is given back where another permit was there first', async () => {
    withoutJitter();
    const { locks, store } = openLocks({ wait: 60_000 }, 0, new FakeStore(), ENDLESS);
    const [a, b] = [await locks.acquire('key', PAIR), await locks.acquire('key', PAIR)];
    const next = outcomeOf(locks.acquire('key', PAIR));
    await flush();
    store.always('touch', () => new Promise(() => undefined));
    await advance(600);
    store.recover();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    // Too little is left of it, so it is renewed first.
    await a.release();
    await flush();
    expect([gate.isTaken, next.state]).toEqual([true, 'pending']);
    await b.renew();
    await b.release();
    await flush();
    expect(next.state).toBe('resolved');
    gate.open();
    await flush();
    expect((await store.look('key')).holders).toMatchObject([{ token: lockOf(next).token }]);
  });

  it('belongs to a reader alone that wants a place of its own, and may be upgraded', async () => {
    const { locks, store } = openLocks({ fair: true });
    const [a, b] = [await locks.acquire('key', { mode: 'read' }), await locks.acquire('key', { mode: 'read' })];
    expect((await store.look('key')).holders).toMatchObject([READ, READ]);
    await b.release();
    await a.upgrade();
    expect((await store.look('key')).holders).toMatchObject([{ limit: 1, token: a.token }]);
    await a.release();
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('tells of a hand-off as the end of one permit and the beginning of another', async () => {
    const { locks, heard } = openLocks({ wait: 60_000 });
    const a = await locks.acquire('key', { concurrency: 2, weight: 2 });
    const next = outcomeOf(locks.acquire('key', { concurrency: 2, weight: 2 }));
    await advance(10);
    await a.release();
    await flush();
    expect(next.state).toBe('resolved');
    const { token, fencingToken } = a;
    expect(heard('released')).toEqual([
      {
        type: 'released',
        instance: 'default',
        label: '',
        id: 1,
        key: 'key',
        token,
        fencingToken,
        mode: 'permit',
        heldMs: 10,
      },
    ]);
    expect(heard('acquired')[1]).toMatchObject({ token, fencingToken: fencingToken + 1, mode: 'permit', waitedMs: 10 });
  });
});
