/** What is due next: whichever member comes, goes or changes its time, the first is always the one that is due first. */
import { describe, expect, it } from '@jest/globals';
import { DeadlineHeap } from '../../../../lib/core/heartbeat/deadline-heap.js';
import type { Due } from '../../../../lib/core/heartbeat/deadline-heap.js';

class Member implements Due {
  heapIndex = -1;
  constructor(public dueAt: number) {}
}

/** Tells the heap when a member is due. */
const put = (heap: DeadlineHeap<Member>, member: Member): void => heap.put(member, member.dueAt);

function heapOf(...times: number[]): { heap: DeadlineHeap<Member>; members: Member[] } {
  const heap = new DeadlineHeap<Member>();
  const members = times.map((time) => new Member(time));
  for (const member of members) put(heap, member);
  return { heap, members };
}

const firstOf = (heap: DeadlineHeap<Member>): Member | undefined => heap.members[0];

/** Takes out the first until none is left. */
function drain(heap: DeadlineHeap<Member>): number[] {
  const times: number[] = [];
  for (let first = firstOf(heap); first; first = firstOf(heap)) {
    expect(heap.firstTime).toBe(first.dueAt);
    times.push(first.dueAt);
    heap.remove(first);
  }
  return times;
}

function expectEmpty(heap: DeadlineHeap<Member>): void {
  expect([heap.members.length, heap.firstTime]).toEqual([0, Infinity]);
}

describe('a heap of deadlines', () => {
  it('is empty at first', () => {
    expectEmpty(heapOf().heap);
  });

  it('gives its members in the order of their times', () => {
    const { heap } = heapOf(5, 3, 8, 1, 9, 2, 7);
    expect(drain(heap)).toEqual([1, 2, 3, 5, 7, 8, 9]);
    expectEmpty(heap);
  });

  it('takes those that are never due, and those that are due together', () => {
    const times = [Infinity, 2, 2, -Infinity, 2, Infinity];
    expect(drain(heapOf(...times).heap)).toEqual([-Infinity, 2, 2, 2, Infinity, Infinity]);
  });

  it('knows its members', () => {
    const { heap, members } = heapOf(1, 2);
    expect(heap.has(new Member(1))).toBe(false);
    expect(members.map((member) => heap.has(member))).toEqual([true, true]);
    expect(heap.remove(members[0]!)).toBe(true);
    expect(members.map((member) => heap.has(member))).toEqual([false, true]);
    expect(heap.remove(members[0]!)).toBe(false);
    expect(members[0]!.heapIndex).toBe(-1);
  });

  it('mistakes no member of another heap for its own', () => {
    const [one, other] = [heapOf(1, 2), heapOf(3, 4)];
    expect(one.heap.has(other.members[0]!)).toBe(false);
    expect(one.heap.remove(other.members[0]!)).toBe(false);
    expect([one.heap.members.length, other.heap.members.length]).toEqual([2, 2]);
  });

  it('has a member once that is added twice, at its present time', () => {
    const { heap, members } = heapOf(1, 2, 3);
    members[0]!.dueAt = 9;
    put(heap, members[0]!);
    expect(drain(heap)).toEqual([2, 3, 9]);
  });

  it.each([
    ['later', 100],
    ['earlier', 0],
  ])('moves a member that became due %s', (_, time) => {
    const { heap, members } = heapOf(10, 20, 30, 40, 50, 60, 70);
    for (const member of members) {
      const before = member.dueAt;
      member.dueAt = time;
      put(heap, member);
      const earliest = Math.min(...members.map(({ dueAt }) => dueAt));
      expect([firstOf(heap)!.dueAt, heap.firstTime]).toEqual([earliest, earliest]);
      member.dueAt = before;
      put(heap, member);
    }
    expect(drain(heap)).toEqual([10, 20, 30, 40, 50, 60, 70]);
  });

  it('forgets all of them', () => {
    const { heap, members } = heapOf(1, 2, 3);
    heap.clear();
    expectEmpty(heap);
    expect(members.map(({ heapIndex }) => heapIndex)).toEqual([-1, -1, -1]);
    put(heap, members[1]!);
    expect([firstOf(heap), heap.firstTime]).toEqual([members[1], 2]);
  });

  it('agrees with a sorted list through thousands of changes', () => {
    let state = 48_271;
    const below = (limit: number): number => (state = (state * 48_271) % 2_147_483_647) % limit;
    const heap = new DeadlineHeap<Member>();
    const model = new Set<Member>();
    for (let step = 0; step < 5_000; step++) {
      const members = [...model];
      const any = members[below(members.length || 1)];
      const action = below(4);
      if (action < 2 || !any) {
        const member = new Member(below(1_000));
        put(heap, member);
        model.add(member);
      } else if (action === 2) {
        expect(heap.remove(any)).toBe(model.delete(any));
      } else {
        any.dueAt = below(1_000);
        put(heap, any);
      }
      const earliest = Math.min(...[...model].map(({ dueAt }) => dueAt));
      expect([heap.members.length, heap.firstTime]).toEqual([model.size, earliest]);
      expect(firstOf(heap)?.dueAt).toBe(model.size > 0 ? earliest : undefined);
    }
    const rest = [...model].map(({ dueAt }) => dueAt).sort((a, b) => a - b);
    expect(drain(heap)).toEqual(rest);
  });

  it('goes by the times it was told of: one that changes unnoticed puts no other out of order', () => {
    const { heap, members } = heapOf(10, 20, 30);
    members[2]!.dueAt = 5;
    members[0]!.dueAt = 40;
    const late = new Member(15);
    put(heap, late);
    expect([firstOf(heap), heap.firstTime]).toEqual([members[0], 10]);
    heap.remove(members[0]!);
    expect([firstOf(heap), heap.firstTime]).toEqual([late, 15]);
    put(heap, members[2]!);
    expect([firstOf(heap), heap.firstTime]).toEqual([members[2], 5]);
  });

  it('knows under which time each member stands there', () => {
    const { heap, members } = heapOf(10, 20);
    members[1]!.dueAt = 5;
    const times = (): number[] => members.map((member) => heap.timeOf(member));
    expect(times()).toEqual([10, 20]);
    put(heap, members[1]!);
    expect(times()).toEqual([10, 5]);
    heap.remove(members[0]!);
    expect(times()).toEqual([Infinity, 5]);
  });
});
