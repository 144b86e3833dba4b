/** The places of a process, found by their tokens. */
import { describe, expect, it } from '@jest/globals';
import { Place } from '../../lib/line/place.js';
import type { PlaceOwner } from '../../lib/line/place.js';
import { PlaceTable } from '../../lib/line/place-table.js';

const nobody = {} as PlaceOwner;
const open = (table: PlaceTable): Place => table.add((token) => new Place('key', token, 1_000, 0, nobody));

describe('a table of places', () => {
  it('names each by a token that begins with the id of the process', () => {
    const table = new PlaceTable('process');
    const tokens = Array.from({ length: 100 }, () => open(table).token);
    for (const token of tokens) expect(token).toMatch(/^process[\w-]{12}-[0-9a-z]+-[0-9a-z]+$/);
    expect(new Set(tokens).size).toBe(100);
  });

  it('names none so that it could be told from the id of its process', () => {
    const secrets = Array.from({ length: 100 }, () => open(new PlaceTable('process')).token.slice(0, -'-1-0'.length));
    expect(new Set(secrets).size).toBe(100);
    const [one, other] = [new PlaceTable('process'), new PlaceTable('process')];
    expect(other.find(open(one).token)).toBeUndefined();
  });

  it('finds each by its token', () => {
    const table = new PlaceTable('process');
    const places = Array.from({ length: 100 }, () => open(table));
    expect(places.map(({ token }) => table.find(token))).toEqual(places);
  });

  it('finds no place that has left, though another has taken its slot', () => {
    const table = new PlaceTable('process');
    const [first, second] = [open(table), open(table)];
    table.remove(first);
    const third = open(table);
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
    const table = new PlaceTable('process', 'X');
    expect(open(table).token).toBe('processX-1-0');
    expect(table.find(token)).toBeUndefined();
  });

  it('takes no harm when a place leaves twice', () => {
    const table = new PlaceTable('process');
    const first = open(table);
    table.remove(first);
    const second = open(table);
    table.remove(first);
    expect(table.find(second.token)).toBe(second);
    expect(open(table).slot).not.toBe(second.slot);
  });

  it('needs no more slots than there were places at once', () => {
    const table = new PlaceTable('process');
    const slots = new Set<number>();
    for (let i = 0; i < 1_000; i++) {
      const places = [open(table), open(table)];
      for (const place of places) {
        slots.add(place.slot);
        table.remove(place);
      }
    }
    expect(slots.size).toBe(2);
  });

  it('tells who is in line', () => {
    const table = new PlaceTable('process');
    const owner = { moved: () => undefined, inLine: () => undefined } as unknown as PlaceOwner;
    const [asking, waiting] = [open(table), table.add((token) => new Place('key', token, 1_000, 0, owner))];
    waiting.answered({ state: 'waiting', expiresIn: 1_000, at: 0 }, 0, 1_000);
    expect([asking.isWaiting, table.waiting()]).toEqual([false, [waiting]]);
  });
});
