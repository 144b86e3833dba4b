/** Until when a lease is believed in, whatever becomes of the requests that could change it, and in whatever order. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Belief, believedUntil } from '../../../../lib/core/lease/belief.js';

/** A belief in a lease of `ttl` that was asked for at 0 and answered. */
function lease(ttl: number): Belief {
  const belief = new Belief();
  belief.sent(0, ttl);
  belief.held(0, ttl);
  return belief;
}

describe('a belief', () => {
  it('is none before anything proves a lease', () => {
    const belief = new Belief();
    belief.sent(0, 30_000);
    belief.unknown(0, 30_000);
    belief.sent(1, 30_000);
    belief.waits(1, 30_000);
    expect(belief.deadline).toBeLessThan(0);
  });

  it('counts a longer lease by its answer and a shorter one by its sending', () => {
    const belief = lease(1_000);
    belief.sent(100, 30_000);
    expect(belief.deadline).toBe(believedUntil(0, 1_000));
    belief.held(100, 30_000);
    expect(belief.deadline).toBe(believedUntil(100, 30_000));
    belief.sent(200, 500);
    expect(belief.deadline).toBe(believedUntil(200, 500));
  });

  it('takes no answer for more than a shorter request that has none leaves of it', () => {
    const belief = new Belief();
    belief.sent(0, 30_000);
    belief.sent(100, 500);
    belief.held(0, 30_000);
    expect(belief.deadline).toBe(believedUntil(100, 500));
  });

  it('counts all requests without an answer, and not the latest only', () => {
    const belief = lease(30_000);
    belief.sent(100, 30_000);
    belief.sent(200, 500);
    belief.sent(300, 30_000);
    belief.held(100, 30_000);
    belief.held(300, 30_000);
    // The short one comes last, if it comes; but not before the other that is proven.
    expect(belief.deadline).toBe(believedUntil(300, 500));
    belief.held(200, 500);
    expect(belief.deadline).toBe(believedUntil(300, 500));
  });

  it('takes the shorter of two that were under way together to have come last, in whatever order they are answered', () => {
    for (const [first, then] of [
      [500, 30_000],
      [30_000, 500],
    ] as const) {
      const belief = new Belief();
      belief.sent(0, 30_000);
      belief.sent(0, 500);
      belief.held(0, first);
      belief.held(0, then);
      expect(belief.deadline).toBe(believedUntil(0, 500));
    }
  });

  it('believes a longer request again once it was sent after the answer to the shorter', () => {
    const belief = lease(30_000);
    belief.sent(100, 500);
    belief.held(100, 500);
    belief.sent(200, 30_000);
    belief.held(200, 30_000);
    expect(belief.deadline).toBe(believedUntil(200, 30_000));
  });

  it('fears one that was given up until another is answered that was sent after that', () => {
    const belief = lease(30_000);
    belief.sent(100, 500);
    belief.sent(150, 30_000);
    belief.unknown(100, 500);
    belief.held(150, 30_000);
    expect(belief.deadline).toBe(believedUntil(150, 500));
    belief.sent(200, 30_000);
    belief.held(200, 30_000);
    expect(belief.deadline).toBe(believedUntil(200, 30_000));
  });

  it('loses nothing by a renewal that brought no answer', () => {
    const belief = lease(30_000);
    belief.sent(10_000, 30_000);
    belief.unknown(10_000, 30_000);
    expect(belief.deadline).toBe(believedUntil(0, 30_000));
    belief.sent(11_000, 30_000);
    belief.held(11_000, 30_000);
    expect(belief.deadline).toBe(believedUntil(11_000, 30_000));
  });

  it('is not shaken by the late answer to an older request of the same length', () => {
    const belief = lease(1_000);
    belief.sent(100, 1_000);
    belief.sent(400, 1_000);
    belief.held(400, 1_000);
    belief.held(100, 1_000);
    expect(belief.deadline).toBe(believedUntil(400, 1_000));
  });

  it('in a lease that was heard of is no more than the requests without an answer leave of it', () => {
    const belief = new Belief();
    belief.sent(0, 30_000);
    belief.waits(0, 30_000);
    belief.sent(100, 500);
    belief.unknown(100, 500);
    belief.sent(200, 700);
    expect(belief.ofGrant(300, 2_000)).toBe(believedUntil(100, 500));
    const answered = new Belief();
    answered.sent(0, 500);
    answered.unknown(0, 500);
    answered.sent(100, 500);
    answered.waits(100, 500);
    expect(answered.ofGrant(300, 2_000)).toBe(believedUntil(300, 2_000));
  });
});

describe('a belief of a token that waited', () => {
  it('is not shortened by a request that found it in line', () => {
    const belief = new Belief();
    belief.sent(0, 500);
    belief.sent(100, 30_000);
    belief.waits(0, 500);
    belief.held(100, 30_000);
    expect(belief.deadline).toBe(believedUntil(100, 30_000));
  });
});

describe('a belief, held against a server that carries out requests in any order it may', () => {
  const TTLS = [150, 500, 2_000, 30_000] as const;

  interface Request {
    readonly sentAt: number;
    readonly ttl: number;
    /** Those that had ended when it was sent. */
    readonly after: readonly Request[];
    carriedOut: 'held' | 'waiting' | undefined;
    isOver: boolean;
  }

  /** Plays a token's life, and answers whether the lease lasted at any time as long as it was believed to. */
  function isSafe(
    steps: readonly { what: number; which: number; ttl: number; pause: number }[],
    inLine: boolean,
  ): boolean {
    const belief = new Belief();
    const all: Request[] = [];
    let now = 0;
    let end = -Infinity;
    let isHolder = !inLine;
    const pick = (which: number, fits: (request: Request) => boolean): Request | undefined => {
      const those = all.filter(fits);
      return those[which % Math.max(those.length, 1)];
    };
    const carryOut = (request: Request): void => {
      request.carriedOut = isHolder ? 'held' : 'waiting';
      if (isHolder) end = now + request.ttl;
    };
    for (const { what, which, ttl, pause } of steps) {
      now += pause;
      if (what <= 3) {
        const after = all.filter(({ isOver }) => isOver);
        all.push({ sentAt: now, ttl: TTLS[ttl]!, after, carriedOut: undefined, isOver: false });
        belief.sent(now, TTLS[ttl]!);
      } else if (what <= 6) {
        // One that was given up may still be carried out, until one is that was sent after that.
        const one = pick(
          which,
          (r) => !r.carriedOut && !all.some((later) => later.carriedOut && later.after.includes(r)),
        );
        if (one) carryOut(one);
      } else if (what <= 9) {
        const one = pick(which, ({ carriedOut, isOver }) => carriedOut !== undefined && !isOver);
        if (one?.carriedOut === 'held') belief.held(one.sentAt, one.ttl);
        else if (one) belief.waits(one.sentAt, one.ttl);
        if (one) one.isOver = true;
      } else if (what === 10) {
        const one = pick(which, ({ isOver }) => !isOver);
        if (one) belief.unknown(one.sentAt, one.ttl);
        if (one) one.isOver = true;
      } else if (!isHolder) {
        isHolder = true;
        end = now + 2_000;
        belief.begin(belief.ofGrant(now, 2_000));
      }
      if (belief.deadline > now && belief.deadline > end) return false;
    }
    return true;
  }

  const step = fc.record({
    what: fc.integer({ min: 0, max: 11 }),
    which: fc.nat(20),
    ttl: fc.integer({ min: 0, max: TTLS.length - 1 }),
    pause: fc.integer({ min: 0, max: 400 }),
  });

  it.each([
    ['that is asked for', false],
    ['that is given to a token in line', true],
  ])('never outlives a lease %s', (_, inLine) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => isSafe(steps, inLine)),
      { numRuns: 20_000 },
    );
  });
});
