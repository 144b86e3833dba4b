/** The one rule of admission: what each kind of lock is by it. */
import { describe, expect, it } from '@jest/globals';
import { admits, covers, EXCLUSIVE, occupancyOf, READ, UNOCCUPIED } from '../../../lib/core/admission.js';
import type { LeaseShare } from '../../../lib/stores/lock-store.js';

const atMost = (limit: number, weight = 1): LeaseShare => ({ limit, weight });

/** The kinds of locks that people ask for. */
const KINDS = { writer: EXCLUSIVE, reader: READ, 'one of 2': atMost(2), 'two of 3': atMost(3, 2) };

function mayEnter(holders: readonly LeaseShare[], asked: LeaseShare): boolean {
  return admits(occupancyOf(holders), asked);
}

describe('a key without a holder', () => {
  it('is what no holders take', () => {
    expect(occupancyOf([])).toEqual(UNOCCUPIED);
  });

  it.each(Object.entries(KINDS))('admits a %s', (_, asked) => {
    expect(admits(UNOCCUPIED, asked)).toBe(true);
  });

  it('does not admit more weight than the caller would have beside it', () => {
    expect(admits(UNOCCUPIED, atMost(2, 3))).toBe(false);
  });
});

describe('a key', () => {
  it('with a writer admits nobody', () => {
    for (const asked of Object.values(KINDS)) expect(mayEnter([EXCLUSIVE], asked)).toBe(false);
  });

  it('with anybody admits no writer', () => {
    for (const holder of Object.values(KINDS)) expect(mayEnter([holder], EXCLUSIVE)).toBe(false);
  });

  it('with any number of readers admits another', () => {
    const readers = Array.from({ length: 10_000 }, () => READ);
    expect(mayEnter(readers, READ)).toBe(true);
  });

  it('admits as many at a time as its callers say, and as much weight', () => {
    expect(mayEnter([atMost(3), atMost(3)], atMost(3))).toBe(true);
    expect(mayEnter([atMost(3), atMost(3)], atMost(3, 2))).toBe(false);
    expect(mayEnter([atMost(3), atMost(3), atMost(3)], atMost(3))).toBe(false);
  });

  it('goes by the smallest limit, be it that of a holder or that of the newcomer', () => {
    expect(mayEnter([atMost(5), atMost(2)], atMost(5))).toBe(false);
    expect(mayEnter([atMost(5), atMost(5)], atMost(2))).toBe(false);
    expect(mayEnter([atMost(5), atMost(2)], READ)).toBe(false);
    expect(mayEnter([READ, atMost(3)], READ)).toBe(true);
  });
});

describe('a share that is held', () => {
  it('covers what keeps out no more than it does', () => {
    expect(Object.values(KINDS).map((asked) => covers(EXCLUSIVE, asked))).toEqual([true, true, true, true]);
    expect(Object.values(KINDS).map((asked) => covers(READ, asked))).toEqual([false, true, false, false]);
    expect(Object.values(KINDS).map((asked) => covers(atMost(2), asked))).toEqual([false, true, true, false]);
  });
});
