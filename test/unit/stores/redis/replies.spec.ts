/** What the lease script can answer, and what it can't. */
import { describe, expect, it } from '@jest/globals';
import { readHoldAnswer, readPassAnswer } from '../../../../lib/stores/redis/scripts/replies.js';

const FENCE = 1_790_000_000_000_000;

describe('a reply to an acquire', () => {
  it.each([FENCE, String(FENCE), 1e15, 8_999_999_999_999_999])('%j is a fencing token', (reply) => {
    expect(readHoldAnswer(reply, 'key', 'lock')).toEqual({ state: 'held', fencingToken: Number(reply) });
  });

  it('0 means that the token is gone', () => {
    expect(readHoldAnswer(0, 'key', 'lock')).toEqual({ state: 'gone' });
  });

  it.each([
    1,
    '1',
    2,
    64,
    999_999_999_999_999,
    '12',
    1.5,
    2 ** 53,
    NaN,
    Infinity,
    '',
    'OK',
    'QUEUED',
    null,
    undefined,
    true,
  ])('%j says nothing: neither a lease nor the loss of one', (reply) => {
    expect(readHoldAnswer(reply, 'key', 'lock')).toMatchObject({ state: 'unknown' });
    expect(readPassAnswer(reply, 'key', 'lock', false)).toMatchObject({ state: 'unknown' });
  });
});
