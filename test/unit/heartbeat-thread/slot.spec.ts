/** What two threads know of one lease. */
import { describe, expect, it } from '@jest/globals';
import { Slot, SLOT_WORDS } from '../../../lib/heartbeat-thread/slot.js';
import { place, SlotTable } from '../../../lib/heartbeat-thread/slot-table.js';

const words = (): Int32Array => new Int32Array(new SharedArrayBuffer(2 * SLOT_WORDS * 4));

function opened(memory = words(), base = 1_000): Slot {
  const slot = new Slot(memory, SLOT_WORDS, Slot.nextUse(memory, SLOT_WORDS), base);
  slot.open(1_500, -1);
  return slot;
}

describe('a slot', () => {
  it('tells the other thread what was written here', () => {
    const memory = words();
    const [mine, other] = [opened(memory), new Slot(memory, SLOT_WORDS, 0, 1_000)];
    expect([other.state, other.deadline, other.renewUntil, other.doubtAt]).toEqual(['watched', 1_500, -1, -1]);
    mine.renewUntil = 900;
    other.touchedAt = 1_200;
    other.doubtAt = 1_201;
    expect([other.renewUntil, mine.touchedAt, mine.doubtAt]).toEqual([900, 1_200, 1_201]);
    expect(memory.subarray(0, SLOT_WORDS).every((word) => word === 0)).toBe(true);
  });

  it('changes its state for the one that finds it as expected', () => {
    const slot = opened();
    expect([slot.turn('watched', 'sending'), slot.turn('watched', 'free'), slot.turn('sending', 'leaving')]).toEqual([
      true,
      false,
      true,
    ]);
    expect([slot.turn('sending', 'watched'), slot.state]).toEqual([false, 'leaving']);
  });

  it('means nothing to an earlier use, also when the numbers of the uses begin anew', () => {
    const memory = words();
    for (const use of [0, 2 ** 28 - 1, -(2 ** 28)]) {
      memory[SLOT_WORDS] = use << 3;
      const before = opened(memory);
      expect([before.state, before.turn('watched', 'free')]).toEqual(['watched', true]);
      const after = opened(memory);
      expect([before.state, before.turn('watched', 'sending'), after.state]).toEqual(['free', false, 'watched']);
      after.turn('watched', 'free');
    }
  });

  it('only ever prolongs what is believed', () => {
    const slot = opened();
    for (const deadline of [1_400, 1_600, 1_550]) slot.raise(deadline);
    expect(slot.deadline).toBe(1_600);
  });

  it('falls short of times that are too far away, and never goes beyond them', () => {
    const slot = opened();
    slot.raise(2 ** 40);
    slot.renewUntil = -(2 ** 40);
    expect(slot.deadline).toBe(1_000 + 2 ** 31 - 2);
    expect(slot.renewUntil).toBe(1_000 - 2 ** 31 + 1);
  });
});

describe('the slots', () => {
  it('lie apart in pages that the other thread is given first, and are used again', () => {
    const pages: Int32Array[] = [];
    const table = new SlotTable((memory) => pages.push(new Int32Array(memory)));
    const indexes = Array.from({ length: 1_100 }, () => table.take());
    expect([new Set(indexes).size, pages.length]).toEqual([1_100, 3]);
    for (const index of indexes) table.slot(index, 0).slot.open(index, -1);
    const read = indexes.map((index) => new Slot(...place(pages, index), 0, 0).deadline);
    expect(read).toEqual(indexes);
    table.give(7);
    expect(table.take()).toBe(7);
  });
});
