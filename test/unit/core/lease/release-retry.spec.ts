/** One release that is not done yet: when it is sent again, and when nothing can be left of what it undoes. */
import { describe, expect, it } from '@jest/globals';
import { ReleaseRetry } from '../../../../lib/core/lease/release-retry.js';
import type { RetryOwner, Unfinished } from '../../../../lib/core/lease/release-retry.js';
import type { ReleaseAnswer, ReleaseRequest } from '../../../../lib/stores/lock-store.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { unreachable } from '../../../support/fakes/fake-store.js';

const RELEASED: ReleaseAnswer = { state: 'released' };
const GONE: ReleaseAnswer = { state: 'gone' };
const UNANSWERED: ReleaseAnswer = { state: 'unknown', error: unreachable() };

/** One that lives on a heartbeat which never rings too late; the store always says the same. */
function retrying(doubt: Unfinished['doubt'], longest = 60_000, request: Partial<ReleaseRequest> = {}) {
  const sent: [at: number, request: ReleaseRequest][] = [];
  const world = { answer: UNANSWERED, isFinished: false };
  const owner: RetryOwner = {
    send: async (each) => {
      sent.push([performance.now(), each]);
      return world.answer;
    },
    moved: () => undefined,
    finished: () => (world.isFinished = true),
  };
  const retry = new ReleaseRetry({ request: { key: 'key', token: 'token', ...request }, longest, doubt }, owner);
  retry.answered(UNANSWERED);
  /** Lets time pass, with a beat whenever one is due. */
  const live = async (ms: number): Promise<void> => {
    for (const end = performance.now() + ms; performance.now() < end && !world.isFinished; await advance(50)) {
      if (retry.dueAt <= performance.now()) retry.beat(performance.now());
      await flush();
    }
  };
  return { world, sent, retry, live, times: () => sent.map(([at]) => at) };
}

describe('a release that is not done', () => {
  useFakeClock();

  it('is sent again twice a second while there is no answer', async () => {
    const { live, times } = retrying('none');
    await live(2_200);
    expect(times()).toEqual([500, 1_000, 1_500, 2_000]);
  });

  it('is done with any answer where nothing is in doubt', async () => {
    const { world, live, times } = retrying('none');
    world.answer = GONE;
    await live(5_000);
    expect([world.isFinished, times()]).toEqual([true, [500]]);
  });

  it('is not sent for longer than the lease could last by the clock of the store', async () => {
    const { world, live, times } = retrying('none', 1_200);
    await live(60_000);
    expect([world.isFinished, Math.max(...times())]).toEqual([true, 1_000]);
  });

  it('of what may come to life yet is done when that was released, and not when it is gone', async () => {
    const { world, live, times } = retrying('once');
    world.answer = GONE;
    await live(5_000);
    expect([world.isFinished, times().length > 2]).toEqual([false, true]);
    world.answer = RELEASED;
    await live(10_000);
    expect(world.isFinished).toBe(true);
  });

  it('of what may come to life twice is not done when it was released once', async () => {
    const { world, live } = retrying('twice');
    world.answer = RELEASED;
    await live(20_000);
    expect(world.isFinished).toBe(false);
  });

  it('is sent less often after a while as long as the store answers, and not for ever', async () => {
    const { world, live, times } = retrying('once', 20_000);
    world.answer = GONE;
    await live(60_000);
    const pauses = times().map((time, i) => time - (times()[i - 1] ?? 0));
    expect(pauses.slice(0, -1)).toEqual(pauses.slice(0, -1).sort((a, b) => a - b));
    expect([world.isFinished, Math.max(...times())]).toEqual([true, 20_500]);
    expect(times().length).toBeLessThan(20);
  });

  it.each([
    [20_000, 2_000],
    [30_000, 2_000],
    [3_600_000, 60_000],
  ])('of a lease of %d ms is looked for every %d ms at the latest', async (longest, pause) => {
    const { world, live, times } = retrying('once', longest);
    world.answer = GONE;
    await live(Math.min(longest, 600_000));
    const pauses = times().map((time, i) => time - (times()[i - 1] ?? 0));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(pause + 50);
  });

  it('has no end while the store cannot be reached, of what may come to life yet', async () => {
    const { world, live, times } = retrying('once', 1_000);
    await live(30_000);
    expect([world.isFinished, times().length]).toEqual([false, 59]);
  });

  it('is sent at once when it is told to, and not twice at the same time', async () => {
    const { retry, times } = retrying('none');
    retry.tryAgain();
    retry.tryAgain();
    await flush();
    expect(times()).toEqual([0]);
  });

  it('says which fencing token was the last, and asks for no successor', async () => {
    const successor = { token: 'next', limit: 1, weight: 1, ttl: 500 };
    const { sent, live } = retrying('none', 60_000, { fencingToken: 7, successor });
    await live(600);
    expect(sent.map(([, request]) => request)).toEqual([{ key: 'key', token: 'token', fencingToken: 7 }]);
  });
});
