/** The waiters of a key: they stand in order of coming, and each leaves at its own time, whatever the others do. */
import { describe, expect, it } from '@jest/globals';
import type { Lock } from '../../../../lib/lock.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { Gate } from '../../../support/fakes/fake-store.js';

/** So many callers of this process, one behind the other, and when each of them has left. */
async function wait(waits: readonly number[], shared: { signals?: readonly (AbortSignal | undefined)[] } = {}) {
  const bench = openLocks({ ttl: '30s' });
  const { locks, rival, store } = bench;
  await rival.acquire('key', 'rival', 600_000);
  const leftAt: (number | undefined)[] = waits.map(() => undefined);
  const served: number[] = [];
  const begin = (): void =>
    waits.forEach((each, i) => {
      const options = { wait: each, signal: shared.signals?.[i] };
      const settled = locks.acquire('key', options).then(
        (lock) => {
          served.push(i);
          return lock.release();
        },
        () => (leftAt[i] = performance.now()),
      );
      outcomeOf<unknown>(settled);
    });
  return { ...bench, begin, leftAt, served, store };
}

describe('the waiters of a key', () => {
  useFakeClock();

  it('are served in order of coming, however long each has time', async () => {
    const { begin, rival, served } = await wait([3_000, 1_000, Infinity, 2_000]);
    begin();
    await advance(500);
    await rival.release('key', 'rival');
    await flush();
    expect(served).toEqual([0, 1, 2, 3]);
  });

  it('leave each at its own time, to the millisecond', async () => {
    const { begin, leftAt } = await wait([2_000, 1_000, 3_000, 1_000, 1_001]);
    begin();
    await advance(5_000);
    expect(leftAt).toEqual([2_000, 1_000, 3_000, 1_000, 1_001]);
  });

  it('keep their times when one comes later that has more', async () => {
    const { begin, leftAt, locks } = await wait([1_000]);
    begin();
    await advance(500);
    const late = outcomeOf(locks.acquire('key', { wait: 3_000 }));
    await advance(2_000);
    expect([leftAt, late.state]).toEqual([[1_000], 'pending']);
  });

  it('keep their times when one comes later that has less', async () => {
    const { begin, leftAt, locks } = await wait([3_000]);
    begin();
    await advance(500);
    const late = outcomeOf(locks.acquire('key', { wait: 200 }));
    await advance(200);
    expect([late.state, leftAt]).toEqual(['rejected', [undefined]]);
    await advance(5_000);
    expect(leftAt).toEqual([3_000]);
  });

  it('keep their times when the one that has least leaves before', async () => {
    const controller = new AbortController();
    const { begin, leftAt } = await wait([3_000, 1_000, 2_000], {
      signals: [undefined, controller.signal, undefined],
    });
    begin();
    await advance(300);
    controller.abort();
    await advance(5_000);
    expect(leftAt).toEqual([3_000, 300, 2_000]);
  });

  it('leave at their own times once the store has answered', async () => {
    const { begin, leftAt, store } = await wait([100, 300, 700]);
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate.after);
    begin();
    await advance(400);
    expect(leftAt).toEqual([undefined, undefined, undefined]);
    gate.open();
    await advance(400);
    expect(leftAt.slice(0, 2).every((time) => time! >= 400 && time! <= 402)).toBe(true);
    expect(leftAt[2]).toBe(700);
  });

  it('keep their times while the lease of one of them passes from caller to caller', async () => {
    const { begin, leftAt, locks, rival } = await wait([Infinity, 2_000]);
    await rival.release('key', 'rival');
    const first = await locks.acquire('key');
    const second = outcomeOf(locks.acquire('key'));
    begin();
    await advance(1_000);
    await first.release();
    expect((second.value as Lock).isHeld).toBe(true);
    await advance(2_000);
    expect(leftAt).toEqual([undefined, 2_000]);
  });
});
