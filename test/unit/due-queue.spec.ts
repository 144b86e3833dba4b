/** Who is due next: whoever comes, goes or changes its time, the first is always the one that is due first. */
import { describe, expect, it } from '@jest/globals';
import { DueQueue } from '../../lib/lease/due-queue.js';
import type { Due } from '../../lib/lease/due-queue.js';

class Member implements Due {
  place = -1;
  constructor(public dueAt: number) {}
}

function queueOf(...times: number[]): { queue: DueQueue<Member>; members: Member[] } {
  const queue = new DueQueue<Member>();
  const members = times.map((time) => new Member(time));
  for (const member of members) queue.put(member);
  return { queue, members };
}

/** Takes out the first until none is left. */
function drain(queue: DueQueue<Member>): number[] {
  const times: number[] = [];
  for (let { first } = queue; first; { first } = queue) {
    times.push(first.dueAt);
    queue.remove(first);
  }
  return times;
}

describe('a queue of who is due', () => {
  it('is empty at first', () => {
    const { queue } = queueOf();
    expect([queue.size, queue.first]).toEqual([0, undefined]);
  });

  it('gives them in the order of their times', () => {
    expect(drain(queueOf(5, 3, 8, 1, 9, 2, 7).queue)).toEqual([1, 2, 3, 5, 7, 8, 9]);
  });

  it('takes those that never are due, and those that are due together', () => {
    expect(drain(queueOf(Infinity, 2, 2, -Infinity, 2, Infinity).queue)).toEqual([
      -Infinity,
      2,
      2,
      2,
      Infinity,
      Infinity,
    ]);
  });

  it('knows who is in it', () => {
    const { queue, members } = queueOf(1, 2);
    expect(queue.has(new Member(1))).toBe(false);
    expect(members.map((member) => queue.has(member))).toEqual([true, true]);
    expect(queue.remove(members[0]!)).toBe(true);
    expect(members.map((member) => queue.has(member))).toEqual([false, true]);
    expect(queue.remove(members[0]!)).toBe(false);
    expect(members[0]!.place).toBe(-1);
  });

  it('mistakes no member of another queue for its own', () => {
    const [one, other] = [queueOf(1, 2), queueOf(3, 4)];
    expect(one.queue.has(other.members[0]!)).toBe(false);
    expect(one.queue.remove(other.members[0]!)).toBe(false);
    expect([one.queue.size, other.queue.size]).toEqual([2, 2]);
  });

  it('has a member once that is added twice, at its present time', () => {
    const { queue, members } = queueOf(1, 2, 3);
    members[0]!.dueAt = 9;
    queue.put(members[0]!);
    expect(drain(queue)).toEqual([2, 3, 9]);
  });

  it.each([
    ['later', 100],
    ['earlier', 0],
  ])('moves who became due %s', (_, time) => {
    const { queue, members } = queueOf(10, 20, 30, 40, 50, 60, 70);
    for (const member of members) {
      const before = member.dueAt;
      member.dueAt = time;
      queue.put(member);
      expect(queue.first!.dueAt).toBe(Math.min(...members.map(({ dueAt }) => dueAt)));
      member.dueAt = before;
      queue.put(member);
    }
    expect(drain(queue)).toEqual([10, 20, 30, 40, 50, 60, 70]);
  });

  it('forgets everybody', () => {
    const { queue, members } = queueOf(1, 2, 3);
    queue.clear();
    expect([queue.size, queue.first]).toEqual([0, undefined]);
    expect(members.map(({ place }) => place)).toEqual([-1, -1, -1]);
    queue.put(members[1]!);
    expect(queue.first).toBe(members[1]);
  });

  it('agrees with a sorted list through thousands of changes', () => {
    let state = 48_271;
    const below = (limit: number): number => (state = (state * 48_271) % 2_147_483_647) % limit;
    const queue = new DueQueue<Member>();
    const model = new Set<Member>();
    for (let step = 0; step < 5_000; step++) {
      const members = [...model];
      const any = members[below(members.length || 1)];
      const action = below(4);
      if (action < 2 || !any) {
        const member = new Member(below(1_000));
        queue.put(member);
        model.add(member);
      } else if (action === 2) {
        expect(queue.remove(any)).toBe(model.delete(any));
      } else {
        any.dueAt = below(1_000);
        queue.put(any);
      }
      expect(queue.size).toBe(model.size);
      expect(queue.first?.dueAt).toBe(model.size > 0 ? Math.min(...[...model].map(({ dueAt }) => dueAt)) : undefined);
    }
    const rest = [...model].map(({ dueAt }) => dueAt).sort((a, b) => a - b);
    expect(drain(queue)).toEqual(rest);
  });

  it('goes by the times it was told of: one that changes unnoticed puts nobody else out of order', () => {
    const { queue, members } = queueOf(10, 20, 30);
    members[2]!.dueAt = 5;
    members[0]!.dueAt = 40;
    const late = new Member(15);
    queue.put(late);
    expect(queue.first).toBe(members[0]);
    queue.remove(members[0]!);
    expect(queue.first).toBe(late);
    queue.put(members[2]!);
    expect(queue.first).toBe(members[2]);
  });
});
