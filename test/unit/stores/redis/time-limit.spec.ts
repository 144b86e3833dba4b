/** Requests whose time is limited: each ends in time, one timer waits for all, and none is left. */
import { describe, expect, it, jest } from '@jest/globals';
import { TimeLimit } from '../../../../lib/stores/redis/time-limit.js';
import type { Limited } from '../../../../lib/stores/redis/time-limit.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';

const LIMIT = 1_000;

class Request implements Limited {
  readonly since = performance.now();
  before: Limited | undefined;
  behind: Limited | undefined;
  expiredAt: number | undefined;

  constructor(
    private readonly limit: TimeLimit,
    private readonly onExpire: () => void = () => undefined,
  ) {
    limit.begin(this);
  }

  /** After how long it was told that its time is over. */
  get lasted(): number | undefined {
    return this.expiredAt === undefined ? undefined : this.expiredAt - this.since;
  }

  end(): void {
    this.limit.end(this);
  }

  expire(): void {
    this.expiredAt = performance.now();
    this.end();
    this.onExpire();
  }
}

describe('a time limit', () => {
  useFakeClock();

  it('ends each request when its own time is over', async () => {
    const limit = new TimeLimit(LIMIT);
    const requests: Request[] = [];
    for (let i = 0; i < 4; i++) {
      requests.push(new Request(limit));
      await advance(300);
    }
    await advance(LIMIT);
    expect(requests.map(({ lasted }) => lasted)).toEqual([LIMIT, LIMIT, LIMIT, LIMIT]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets go of who is done', async () => {
    const limit = new TimeLimit(LIMIT);
    const [first, second, third] = [new Request(limit), new Request(limit), new Request(limit)];
    second.end();
    first.end();
    await advance(LIMIT);
    expect([first, second, third].map(({ lasted }) => lasted)).toEqual([undefined, undefined, LIMIT]);
  });

  it('has one timer, which goes on from one request to the next', async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const limit = new TimeLimit(LIMIT);
    for (let i = 0; i < 5; i++) {
      const request = new Request(limit);
      await Promise.resolve();
      request.end();
    }
    expect(timers).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(1);
    expect((timers.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false);
  });

  it('has none once the code that runs has had its say', async () => {
    const limit = new TimeLimit(LIMIT);
    new Request(limit).end();
    await flush();
    expect(jest.getTimerCount()).toBe(0);
    const late = new Request(limit);
    await advance(LIMIT);
    expect(late.lasted).toBe(LIMIT);
  });

  it('waits for who begins in the code that still runs', async () => {
    const limit = new TimeLimit(LIMIT);
    new Request(limit).end();
    const next = new Request(limit);
    await flush();
    await advance(LIMIT);
    expect(next.lasted).toBe(LIMIT);
  });

  it('gives whoever came with a timer of others his full time', async () => {
    const limit = new TimeLimit(LIMIT);
    const first = new Request(limit);
    await advance(900);
    const second = new Request(limit);
    first.end();
    await flush();
    await advance(LIMIT - 1);
    expect(second.lasted).toBeUndefined();
    await advance(1);
    expect(second.lasted).toBe(LIMIT);
  });

  it('takes who begins because another has ended', async () => {
    const limit = new TimeLimit(LIMIT);
    const begun: Request[] = [];
    const first = new Request(limit, () => begun.push(new Request(limit)));
    await advance(400);
    const second = new Request(limit);
    await advance(600);
    expect(first.lasted).toBe(LIMIT);
    await advance(400);
    expect([second.lasted, begun[0]!.lasted]).toEqual([LIMIT, undefined]);
    await advance(600);
    expect(begun[0]!.lasted).toBe(LIMIT);
    expect(jest.getTimerCount()).toBe(0);
  });
});
