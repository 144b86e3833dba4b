/** What waits for a wish sleeps until something may have changed, its time is over, or its caller cancels. */
import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { Wish } from '../../../../lib/core/lease/wish.js';
import { outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';

const outside = { run: <Result>(act: () => Result): Result => act() };

describe('a rest', () => {
  useFakeClock();

  it('ends when its time is over, in whole milliseconds', async () => {
    const rest = outcomeOf(new Wish(outside).rest(99.5));
    await advance(99);
    expect(rest.state).toBe('pending');
    await advance(1);
    expect([rest.state, jest.getTimerCount()]).toEqual(['resolved', 0]);
  });

  it('takes a moment at least', async () => {
    const rest = outcomeOf(new Wish(outside).rest(0));
    await flush();
    expect(rest.state).toBe('pending');
    await advance(1);
    expect(rest.state).toBe('resolved');
  });

  it('ends when it is rung, and leaves no timer', async () => {
    const wish = new Wish(outside);
    const rest = outcomeOf(wish.rest(1_000));
    wish.ring();
    await flush();
    expect([rest.state, jest.getTimerCount()]).toEqual(['resolved', 0]);
  });

  it('is short where it was rung before, and the one after that is not', async () => {
    const wish = new Wish(outside);
    wish.ring();
    wish.ring();
    const [first] = [outcomeOf(wish.rest(1_000))];
    await flush();
    const second = outcomeOf(wish.rest(1_000));
    await flush();
    expect([first.state, second.state]).toEqual(['resolved', 'pending']);
    wish.ring();
  });

  it.each(['before', 'meanwhile'])('rejects with the reason of a signal that aborts %s', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort('enough');
    const rest = outcomeOf(new Wish(outside).rest(1_000, controller.signal));
    controller.abort('enough');
    await flush();
    expect([rest.state, rest.value, jest.getTimerCount()]).toEqual(['rejected', 'enough', 0]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener at its signal', async () => {
    const { signal } = new AbortController();
    const wish = new Wish(outside);
    const rest = wish.rest(1_000, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    wish.ring();
    await rest;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('keeps the process alive unless it need not', () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    for (const keepsAlive of [true, false]) void new Wish(outside).rest(1_000, undefined, keepsAlive);
    expect(set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([true, false]);
  });

  it('sets its timer outside of the caller’s async context', () => {
    const run = jest.fn(outside.run);
    void new Wish({ run } as never).rest(1_000);
    expect(run).toHaveBeenCalledTimes(1);
  });
});
