/** One caller that wants a key: when its time is over, and how it leaves the line of its process. */
import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import type { Hold } from '../../lib/lease/hold.js';
import { Waiter } from '../../lib/line/waiter.js';
import type { WaitingRoom } from '../../lib/line/waiter.js';
import { DEFAULT_SETTINGS } from '../../lib/lock.settings.js';

class Room implements WaitingRoom {
  isAnswered = true;
  readonly expiries: Waiter[] = [];
  readonly reasons: unknown[] = [];
  expired = (waiter: Waiter): void => void this.expiries.push(waiter);
  cancelled = (_waiter: Waiter, reason: unknown): void => void this.reasons.push(reason);
}

function come({ wait = 10_000, askedAt = 0, signal }: { wait?: number; askedAt?: number; signal?: AbortSignal } = {}) {
  const room = new Room();
  const [admit, refuse] = [jest.fn<(hold: Hold) => void>(), jest.fn<(reason: unknown) => void>()];
  const wanted = { key: 'key', settings: { ...DEFAULT_SETTINGS, wait }, askedAt, signal, admit, refuse };
  return { room, admit, refuse, waiter: new Waiter(wanted, room) };
}

describe('a waiter', () => {
  it('gives up exactly when its time is over', () => {
    const { room, waiter } = come({ wait: 1_300, askedAt: 200 });
    expect(waiter.dueAt).toBe(1_500);
    waiter.beat(1_499);
    expect(room.expiries).toEqual([]);
    waiter.beat(1_500);
    expect(room.expiries).toEqual([waiter]);
  });

  it('gives a server that has not answered yet a second, however short its wait', () => {
    const { room, waiter } = come({ wait: 100, askedAt: 200 });
    room.isAnswered = false;
    expect(waiter.dueAt).toBe(1_200);
    expect(come({ wait: 5_000, askedAt: 200 }).waiter.dueAt).toBe(5_200);
  });

  it('that does not want to wait leaves it to the store how long one try takes', () => {
    const { room, waiter } = come({ wait: 0 });
    room.isAnswered = false;
    expect(waiter.dueAt).toBe(Infinity);
    room.isAnswered = true;
    expect(waiter.dueAt).toBe(0);
  });

  it('leaves with the reason of its signal', () => {
    const controller = new AbortController();
    const { room } = come({ signal: controller.signal });
    const reason = new Error('no longer needed');
    controller.abort(reason);
    expect(room.reasons).toEqual([reason]);
  });

  it.each(['succeed', 'reject'] as const)('listens to its signal no longer after it was told (%s)', (how) => {
    const { signal } = new AbortController();
    const { admit, refuse, waiter } = come({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    const outcome = new Error('told');
    if (how === 'succeed') waiter.succeed(outcome as unknown as Hold);
    else waiter.reject(outcome);
    const told: unknown = (how === 'succeed' ? admit : refuse).mock.calls;
    expect(told).toEqual([[outcome]]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
