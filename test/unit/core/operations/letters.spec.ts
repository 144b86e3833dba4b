import * as fc from 'fast-check';
import {
  MOST_REPORTED,
  readAnswer,
  readNotice,
  writeAnswer,
  writeNotice,
  writeQuestion,
} from '../../../../lib/core/operations/letters.js';

const FROM = 'abcdefghijk';
const HOLDER = { lease: 't', label: 'l', mode: 'write', fencingToken: 5, heldMs: 1, depth: 1 } as const;
const WAITER = { lease: '', label: 'l', callers: 2, waitedMs: 3 };

describe('what processes write to each other', () => {
  it('is read as it was written', () => {
    expect(readNotice(writeNotice({ key: 'k', token: 't', reason: 'r', by: 'b' }))).toEqual({
      key: 'k',
      token: 't',
      reason: 'r',
      by: 'b',
    });
    expect(readAnswer(writeQuestion({ id: '1', from: FROM, key: 'k' }))).toEqual({
      kind: 'question',
      id: '1',
      from: FROM,
      key: 'k',
    });
    const report = { holders: [HOLDER], waiters: [WAITER] };
    expect(readAnswer(writeAnswer({ id: '1', from: FROM, report }))).toEqual({
      kind: 'answer',
      id: '1',
      from: FROM,
      report,
    });
  });

  it('is bounded, and what is odd in it is left out', () => {
    const holders = Array.from({ length: 1_000 }, () => HOLDER);
    const text = JSON.stringify({
      kind: 'answer',
      id: '1',
      from: FROM,
      report: { holders: [{ ...HOLDER, mode: 'own' }, 5, ...holders], waiters: 'none' },
    });
    const answer = readAnswer(text);
    expect(answer).toMatchObject({ report: { waiters: [] } });
    expect((answer as unknown as { report: { holders: unknown[] } }).report.holders).toHaveLength(MOST_REPORTED - 2);
    const long = readNotice(writeNotice({ key: 'k', token: 't', reason: 'r'.repeat(10_000), by: 'b'.repeat(10_000) }));
    expect([long!.reason!.length, long!.by!.length]).toEqual([500, 100]);
  });

  it('is nothing where it is something else', () => {
    for (const text of ['', '5', 'null', '[]', '{', '{"kind":"forced"}', '{"kind":"answer","id":"1","from":"short"}']) {
      expect([readNotice(text), readAnswer(text)]).toEqual([undefined, undefined]);
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readNotice(text);
        readAnswer(text);
      }),
    );
  });
});
