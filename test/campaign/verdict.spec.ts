/** The judge of the campaign, on histories written by hand: it sees what is wrong, and nothing where nothing is. */
import { broken, WrittenLife } from './verdict/written.js';

let a: WrittenLife;
let b: WrittenLife;

beforeEach(() => {
  [a, b] = [new WrittenLife('A'), new WrittenLife('B')];
});

describe('exclusion', () => {
  it('one after the other is as it should be', () => {
    a.hold({ from: 100, until: 200, fence: 1 });
    b.hold({ from: 200.2, until: 300, fence: 2 });
    expect(broken([a, b])).toEqual([]);
  });

  it('two that believe at the same time', () => {
    a.hold({ from: 100, until: 200, fence: 1 });
    b.hold({ from: 199, until: 300, fence: 2 });
    expect(broken([a, b])).toEqual(['exclusion']);
  });

  it('one look of the one within the belief of the other', () => {
    a.hold({ from: 100, until: 200, fence: 1, open: false });
    b.hold({ from: 150, until: 150, fence: 2, open: true });
    expect(broken([a, b.pulses(150, 200)])).toContain('exclusion');
  });

  it('what the holder did not see again does not count', () => {
    a.hold({ from: 100, until: 500, fence: 1, open: true });
    b.hold({ from: 300, until: 400, fence: 2 });
    const killed = new WrittenLife('A', true).write(...a.entries);
    expect(broken([killed, b])).toEqual([]);
  });

  it('pulses prove belief', () => {
    const hold = a.hold({ from: 100, until: 500, fence: 1, open: true });
    a.write({ e: 'pulse', t: 350, t1: 351, held: [hold], over: [] });
    b.hold({ from: 300, until: 400, fence: 2 });
    const killed = new WrittenLife('A', true).write(...a.entries);
    expect(broken([killed, b])).toEqual(['exclusion']);
  });

  it('re-entries, other keys and those that began without their lock do not count', () => {
    const outer = a.hold({ from: 100, until: 300, fence: 1, token: 't' });
    a.hold({ from: 150, until: 200, fence: 1, token: 't', inside: outer });
    b.hold({ from: 150, until: 200, fence: 9, key: 'other' });
    b.hold({ from: 150, until: 200, fence: 7, held: false, outcome: 'LOCK_LOST' });
    expect(broken([a, b])).toEqual([]);
  });

  describe('after the server lost its data', () => {
    const losses = [{ from: 150, until: 160 }];

    it('a lease of before is excused until it has to be renewed', () => {
      a.hold({ from: 100, until: 400, fence: 1, ttl: 300 });
      b.hold({ from: 170, until: 300, fence: 2 });
      expect(broken([a, b], losses)).toEqual([]);
    });

    it('so is one that was passed on within its process', () => {
      a.hold({ from: 100, until: 161, fence: 1, token: 't' });
      a.hold({ from: 165, until: 200, fence: 2, asked: 163, token: 't' });
      b.hold({ from: 170, until: 300, fence: 9 });
      expect(broken([a, b], losses)).toEqual([]);
    });

    it('no longer', () => {
      a.hold({ from: 100, until: 6_000, fence: 1, ttl: 300 });
      b.hold({ from: 5_500, until: 6_000, fence: 2 });
      expect(broken([a, b], losses)).toEqual(['exclusion']);
    });

    it('nor what happened before', () => {
      a.hold({ from: 100, until: 149, fence: 1 });
      b.hold({ from: 120, until: 149, fence: 2 });
      expect(broken([a, b], losses)).toEqual(['exclusion']);
    });

    it('not two leases of afterwards', () => {
      a.hold({ from: 170, until: 300, fence: 1, asked: 165 });
      b.hold({ from: 180, until: 300, fence: 2, asked: 165 });
      expect(broken([a, b], losses)).toEqual(['exclusion']);
    });
  });
});

describe('keys that are shared', () => {
  const reader = { from: 100, until: 200, share: [null, 1] as const };
  const permit = (weight = 1, limit = 3) => ({ from: 100, until: 200, share: [limit, weight] as const });

  it('readers together are as it should be, whatever the order of their tokens', () => {
    a.hold({ ...reader, fence: 2 });
    b.hold({ ...reader, fence: 1 });
    expect(broken([a, b])).toEqual([]);
  });

  it('a reader beside a writer', () => {
    a.hold({ from: 100, until: 200, fence: 1 });
    b.hold({ ...reader, from: 150, fence: 2 });
    expect(broken([a, b])).toEqual(['exclusion']);
  });

  it('as many permits as there are, and one more', () => {
    a.hold({ ...permit(2), fence: 1 });
    b.hold({ ...permit(), fence: 2 });
    expect(broken([a, b])).toEqual([]);
    b.hold({ ...permit(), from: 150, fence: 3 });
    expect(broken([a, b])).toEqual(['exclusion']);
  });

  it('more than the least of the limits that meet', () => {
    a.hold({ ...permit(1, 5), fence: 1 });
    a.hold({ ...permit(1, 5), fence: 2 });
    b.hold({ ...permit(1, 2), fence: 3 });
    expect(broken([a, b])).toEqual(['exclusion']);
  });

  it('readers of one process count as one beside permits', () => {
    for (const fence of [1, 2, 3]) a.hold({ ...reader, fence });
    b.hold({ ...permit(2), fence: 4 });
    expect(broken([a, b])).toEqual([]);
  });

  it('a reader with a smaller token than a writer before, and the other way round', () => {
    a.hold({ from: 100, until: 200, fence: 5 });
    b.hold({ ...reader, from: 300, until: 400, fence: 4 });
    expect(broken([a, b])).toEqual(['fencing']);
    const [c, d] = [new WrittenLife('C'), new WrittenLife('D')];
    c.hold({ ...reader, fence: 5 });
    d.hold({ from: 300, until: 400, fence: 4 });
    expect(broken([c, d])).toEqual(['fencing']);
  });

  it('a token that goes on with another hold, and one that does not', () => {
    a.hold({ from: 100, until: 200, fence: 5 });
    b.hold({ ...reader, from: 300, until: 400, fence: 5, continues: true });
    expect(broken([a, b])).toEqual([]);
    b.hold({ ...reader, from: 500, until: 600, fence: 5 });
    expect(broken([a, b])).toEqual(['fencing']);
  });
});

describe('fencing', () => {
  it('a smaller token after a larger', () => {
    a.hold({ from: 100, until: 200, fence: 2 });
    b.hold({ from: 300, until: 400, fence: 1 });
    expect(broken([a, b])).toEqual(['fencing']);
  });

  it('a token twice', () => {
    a.hold({ from: 100, until: 200, fence: 2 });
    b.hold({ from: 300, until: 400, fence: 2 });
    expect(broken([a, b])).toEqual(['fencing']);
  });

  it('a re-entry with another token than its hold', () => {
    const outer = a.hold({ from: 100, until: 300, fence: 1 });
    a.hold({ from: 150, until: 200, fence: 2, inside: outer });
    expect(broken([a])).toEqual(['fencing']);
  });

  it('also after data was lost, except from a lease of before', () => {
    a.hold({ from: 100, until: 110, fence: 5, token: 't' });
    a.hold({ from: 190, until: 200, fence: 6, asked: 180, token: 't' });
    b.hold({ from: 170, until: 180, fence: 9, asked: 165 });
    expect(broken([a, b], [{ from: 150, until: 160 }])).toEqual([]);
    b.hold({ from: 250, until: 260, fence: 7, asked: 240 });
    expect(broken([a, b], [{ from: 150, until: 160 }])).toEqual(['fencing']);
  });
});

describe('loss', () => {
  it('who is not told while its event loop turns', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    a.pulses(200, 250, [hold]);
    expect(broken([new WrittenLife('A', true).write(...a.entries)])).toEqual(['loss']);
  });

  it('who is told only after the next has begun', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    a.pulses(200, 220, [hold]).write({ e: 'told', t: 225, hold });
    b.hold({ from: 215, until: 300, fence: 2 });
    expect(broken([new WrittenLife('A', true).write(...a.entries), b])).toEqual(['loss']);
  });

  it('not whose lease was extended late', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    for (let t = 200; t < 300; t += 20) a.pulses(t, t, [hold]).pulses(t + 10, t + 10);
    b.hold({ from: 295, until: 300, fence: 2 });
    expect(broken([new WrittenLife('A', true).write(...a.entries), b])).toEqual([]);
  });

  it('who stood still is told when it goes on', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    b.hold({ from: 220, until: 300, fence: 2 });
    a.pulses(500, 500, [hold]).write({ e: 'told', t: 501, hold });
    expect(broken([new WrittenLife('A', true).write(...a.entries), b])).toEqual([]);
  });

  it('a lock that is held again', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    a.write({ e: 'look', t: 200, t1: 201, hold, held: false }, { e: 'look', t: 300, t1: 301, hold, held: true });
    expect(broken([new WrittenLife('A', true).write(...a.entries)])).toEqual(['loss']);
  });

  describe('a section that begins when its lease is over', () => {
    const late = { from: 300, until: 400, fence: 1, held: false, leaseEnd: 200, outcome: 'LOCK_LOST' };

    it('although its process has run since', () => {
      a.hold({ ...late, asked: 250 });
      expect(broken([a])).toEqual(['late start']);
    });

    it('is excused where its process stood still meanwhile', () => {
      a.hold({ ...late, asked: 190 });
      expect(broken([a])).toEqual([]);
    });

    it('is excused where the lock was taken by hand', () => {
      a.hold({ ...late, asked: 250, isSection: false });
      expect(broken([a])).toEqual([]);
    });
  });
});

describe('outcomes', () => {
  it('an error that is none of ours', () => {
    expect(broken([a.call(100, 200, { outcome: 'TypeError: no' })])).toEqual(['outcome']);
  });

  it('a section that ends well without its lock', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    a.write({ e: 'told', t: 200, hold }, { e: 'end', t: 300, hold, call: hold, limit: 9 });
    expect(
      broken([new WrittenLife('A').write(...a.entries, { e: 'settle', t: 301, call: hold, outcome: 'LOCK_LOST' })]),
    ).toEqual([]);
    expect(broken([a.write({ e: 'settle', t: 301, call: hold, outcome: 'ok' })])).toEqual(['outcome']);
  });

  it('what a worker saw by itself', () => {
    expect(broken([a.write({ e: 'wrong', t: 100, rule: 'context', text: 'inside' })])).toEqual(['context']);
  });
});

describe('settling', () => {
  it('a call that never settles, unless its process was killed', () => {
    expect(broken([a.call(100, null)])).toEqual(['settling']);
    expect(broken([new WrittenLife('A', true).write(...a.entries)])).toEqual([]);
  });

  it('a call that settles late, unless its process stood still', () => {
    expect(broken([a.pulses(0, 4_000).call(100, 4_000)])).toEqual(['settling']);
    expect(broken([b.pulses(0, 500).pulses(3_500, 4_000).call(100, 4_000)])).toEqual([]);
  });

  it('a wait without end that is not cancelled in time', () => {
    expect(broken([a.pulses(0, 9_000).call(100, 9_000, { limit: null, cancelled: 8_900 })])).toEqual([]);
    expect(broken([b.pulses(0, 9_000).call(100, 9_000, { limit: null, cancelled: 5_000 })])).toEqual(['settling']);
  });

  it('a release that takes too long', () => {
    const hold = a.hold({ from: 100, until: 100, fence: 1, open: true });
    a.write({ e: 'end', t: 200, hold, call: hold, limit: 1_000 }).pulses(200, 4_000);
    expect(broken([a.write({ e: 'settle', t: 4_000, call: hold, outcome: 'ok' })])).toEqual(['settling']);
  });
});
