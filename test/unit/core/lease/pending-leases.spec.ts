/** The pending leases of a process, found by their tokens. */
import { describe, expect, it } from '@jest/globals';
import { PendingLeases } from '../../../../lib/core/lease/pending-leases.js';
import type { PendingLease } from '../../../../lib/core/lease/pending-lease.js';
import { Owner, waiting } from '../../../support/fakes/pending-leases.js';

const add = (table: PendingLeases): PendingLease => table.add('key', 1_000, performance.now(), new Owner());

describe('a table of pending leases', () => {
  it('names each by a token that begins with the id of the process', () => {
    const table = new PendingLeases('process');
    const tokens = Array.from({ length: 100 }, () => add(table).token);
    for (const token of tokens) expect(token).toMatch(/^process[\w-]{12}-[0-9a-z]+-[0-9a-z]+$/);
    expect(new Set(tokens).size).toBe(100);
  });

  it('names none so that it could be told from the id of its process', () => {
    const first = (): string => add(new PendingLeases('process')).token;
    expect(new Set(Array.from({ length: 100 }, first)).size).toBe(100);
    expect(new PendingLeases('process').find(first())).toBeUndefined();
  });

  it('makes each for its key, its owner, and the ttl that it is asked for with', () => {
    const owner = new Owner(2_000);
    const pending = new PendingLeases('process').add('key', 1_000, performance.now(), owner);
    expect([pending.key, pending.ttl, pending.isWaiting, pending.isOver]).toEqual(['key', 2_000, false, false]);
    pending.answered({ state: 'held', fencingToken: 1 }, pending.askedAt, 1_000);
    expect(owner.admissions).toMatchObject([{ belief: { deadline: Math.floor(pending.askedAt) + 988 } }]);
  });

  it('finds each by its token', () => {
    const table = new PendingLeases('process');
    const all = Array.from({ length: 100 }, () => add(table));
    expect(all.map(({ token }) => table.find(token))).toEqual(all);
  });

  it('finds none that has left, though another has taken its slot', () => {
    const table = new PendingLeases('process');
    const [first, second] = [add(table), add(table)];
    table.remove(first);
    const third = add(table);
    expect(third.slot).toBe(first.slot);
    expect(third.token).not.toBe(first.token);
    expect([first, second, third].map(({ token }) => table.find(token))).toEqual([undefined, second, third]);
  });

  it.each([
    '',
    'process',
    'process-',
    'process-1',
    'process-1-',
    'process-1-1',
    'process-1-0',
    'other-1-0',
    'processX-1-0 ',
  ])('finds nothing by a token that is not its own (%j)', (token) => {
    const table = new PendingLeases('process');
    add(table);
    expect(table.find(token)).toBeUndefined();
  });

  it('takes no harm when one leaves twice', () => {
    const table = new PendingLeases('process');
    const first = add(table);
    table.remove(first);
    const second = add(table);
    table.remove(first);
    expect(table.find(second.token)).toBe(second);
    expect(add(table).slot).not.toBe(second.slot);
  });

  it('needs no more slots than there were at once', () => {
    const table = new PendingLeases('process');
    const slots = new Set<number>();
    for (let i = 0; i < 1_000; i++) {
      for (const pending of [add(table), add(table)]) {
        slots.add(pending.slot);
        table.remove(pending);
      }
    }
    expect(slots.size).toBe(2);
  });

  it('tells which are in the server’s queue', () => {
    const table = new PendingLeases('process');
    const [asked, inLine, left] = [add(table), add(table), add(table)];
    for (const pending of [inLine, left]) pending.answered(waiting(1_000), 0, 1_000);
    table.remove(left);
    expect([asked.isWaiting, table.waiting()]).toEqual([false, [inLine]]);
  });
});
