import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { askClock, hasAborted } from '../../../../lib/core/lease/clock-signal.js';

const LOSS = new Error('lost');

/** A signal, and what the clock says of it. */
function open() {
  const controller = new AbortController();
  const clock = { loss: undefined as unknown };
  askClock(controller.signal, () => clock.loss);
  return { controller, clock, signal: controller.signal };
}

describe('a signal that goes by the clock', () => {
  it('is as any other while there is nothing to be said', () => {
    const { signal } = open();
    expect([signal.aborted, signal.reason, hasAborted(signal)]).toEqual([false, undefined, false]);
    expect(() => signal.throwIfAborted()).not.toThrow();
  });

  it('says that it is aborted as soon as it is asked, and runs no listener for that', () => {
    const { signal, clock } = open();
    const listener = jest.fn();
    signal.addEventListener('abort', listener);
    clock.loss = LOSS;
    expect([signal.aborted, signal.reason, hasAborted(signal)]).toEqual([true, LOSS, false]);
    expect(() => signal.throwIfAborted()).toThrow(LOSS);
    expect(listener).not.toHaveBeenCalled();
  });

  it('keeps the reason of its abort', () => {
    const { controller, signal, clock } = open();
    const listener = jest.fn();
    signal.addEventListener('abort', listener);
    const reason = new Error('told');
    controller.abort(reason);
    clock.loss = LOSS;
    expect([signal.aborted, signal.reason, hasAborted(signal)]).toEqual([true, reason, true]);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('stops what Node.js is given it for, before and after', async () => {
    const { signal, clock, controller } = open();
    const waiting = setTimeout(60_000, undefined, { signal });
    controller.abort(LOSS);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', cause: LOSS });
    const later = open();
    later.clock.loss = LOSS;
    await expect(setTimeout(60_000, undefined, { signal: later.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(once(new EventTarget() as never, 'x', { signal: later.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(clock.loss).toBeUndefined();
    expect(AbortSignal.any([signal, later.signal]).aborted).toBe(true);
  });
});
