/** How the demo judges its figures: each one that breaks a promise makes it fail. */
import { describe, expect, it } from '@jest/globals';
import { mostAtOnce } from '../../sample-app/src/demo/at-once.js';
import { EXPORTS, exportsRow } from '../../sample-app/src/demo/steps/exports.js';
import { newsletterRow } from '../../sample-app/src/demo/steps/newsletter.js';
import { senderRow } from '../../sample-app/src/demo/steps/newsletter-sender.js';
import { READERS_PER_OFFICE, reportRows, REWRITES, WRITER_LIMIT_MS } from '../../sample-app/src/demo/steps/report.js';
import { refreshRow } from '../../sample-app/src/demo/steps/report-refresh.js';

const span = (startedAt: number, finishedAt: number) => ({ startedAt, finishedAt });

describe('what runs at once', () => {
  it.each([
    [0, []],
    [1, [span(1, 5)]],
    [2, [span(1, 5), span(2, 3), span(3, 4)]],
    [3, [span(1, 9), span(6, 7), span(2, 8), span(8, 12)]],
    [1, [span(1, 5), span(5, 6), span(6, 7)]],
  ])('is %d of %j', (most, spans) => {
    expect(mostAtOnce(spans)).toBe(most);
  });
});

describe('the report', () => {
  const good = {
    reads: 100,
    torn: 0,
    readersAtOnce: READERS_PER_OFFICE + 1,
    rewrites: REWRITES,
    longestWait: WRITER_LIMIT_MS,
  };
  const judged = (figures: object): boolean[] => reportRows({ ...good, ...figures }).map(({ held }) => held);

  it.each([
    ['well', {}, [true, true]],
    ['torn', { torn: 1 }, [false, true]],
    ['read by one office at a time', { readersAtOnce: READERS_PER_OFFICE }, [false, true]],
    ['not rewritten', { rewrites: REWRITES - 1 }, [true, false]],
    ['rewritten late', { longestWait: WRITER_LIMIT_MS + 1 }, [true, false]],
  ])('is judged: %s', (_what, figures, held) => {
    expect(judged(figures)).toEqual(held);
  });

  it.each([
    ['once for each sale', {}, true],
    ['too often', { rewritten: 6 }, false],
    ['too seldom', { rewritten: 4 }, false],
    ['and answered as it was', { outdated: 1 }, false],
    ['without anybody in the way', { sentAway: 0 }, true],
  ])('is judged: refreshed %s', (_what, figures, held) => {
    expect(refreshRow({ sales: 5, rewritten: 5, sentAway: 3, outdated: 0, ...figures }).held).toBe(held);
  });
});

describe('exports', () => {
  it.each([
    ['as many as planned', {}, true],
    ['one more', { atOnce: 6 }, false],
    ['one fewer', { atOnce: 4 }, false],
    ['not all done', { done: EXPORTS - 1 }, false],
  ])('are judged: %s', (_what, figures, held) => {
    const club = { tenant: 'club', limit: 2, atOnce: 2, done: EXPORTS };
    const arena = { tenant: 'arena', limit: 5, atOnce: 5, done: EXPORTS, ...figures };
    expect(exportsRow({ tenants: [club, arena], took: 1 }).held).toBe(held);
  });
});

describe('the newsletter', () => {
  it.each([
    ['each once', {}, true],
    ['one twice', { twice: 1 }, false],
    ['one left out', { sent: 2 }, false],
    ['an office that never tried', { offices: 2 }, false],
  ])('is judged: %s', (_what, figures, held) => {
    expect(newsletterRow({ due: 3, sent: 3, twice: 0, refused: 6, offices: 3, ...figures }, 3).held).toBe(held);
  });

  it.each([
    ['not sent again', {}, true],
    ['sent again', { times: 2 }, false],
    ['no other office tried', { refused: 0 }, false],
    ['a later one left out', { nextSent: 1 }, false],
    ['a later one twice', { nextTwice: 1 }, false],
  ])('of a sender that has gone is judged: %s', (_what, figures, held) => {
    const good = { sender: 'office-1', times: 1, refused: 2, nextDue: 2, nextSent: 2, nextTwice: 0 };
    expect(senderRow('sender gone', { ...good, ...figures }).held).toBe(held);
  });
});
