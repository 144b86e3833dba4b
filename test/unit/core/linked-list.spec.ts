/** Members in order of coming, of which any can leave at any time. */
import { describe, expect, it } from '@jest/globals';
import { LinkedList } from '../../../lib/core/linked-list.js';
import type { Linked } from '../../../lib/core/linked-list.js';

class Member implements Linked<Member> {
  before: Member | undefined;
  behind: Member | undefined;
}

function listOf(count: number): { list: LinkedList<Member>; members: Member[] } {
  const list = new LinkedList<Member>();
  const members = Array.from({ length: count }, () => new Member());
  for (const member of members) list.push(member);
  return { list, members };
}

describe('a linked list', () => {
  it('keeps the order of coming', () => {
    const { list, members } = listOf(4);
    expect(list.first).toBe(members[0]);
    expect([...list]).toEqual(members);
  });

  it.each([
    ['the first', 0],
    ['one between', 1],
    ['the last', 2],
  ])('closes the gap that %s leaves', (_, index) => {
    const { list, members } = listOf(3);
    list.remove(members[index]!);
    const rest = members.filter((member) => member !== members[index]);
    expect([...list]).toEqual(rest);
    const late = new Member();
    list.push(late);
    expect([...list]).toEqual([...rest, late]);
    expect([members[index]!.before, members[index]!.behind]).toEqual([undefined, undefined]);
  });

  it.each([0, 1, 2])('loses nobody when one leaves twice, or comes twice: %i', (index) => {
    const { list, members } = listOf(3);
    const [member, rest] = [members[index]!, members.filter((_, i) => i !== index)];
    expect([list.remove(member), list.remove(member)]).toEqual([true, false]);
    expect([...list]).toEqual(rest);
    list.push(member);
    list.push(member);
    expect([...list]).toEqual([...rest, member]);
    for (const each of members) list.remove(each);
    expect([list.remove(member), [...list]]).toEqual([false, []]);
  });

  it('is as new when the last has left', () => {
    const { list, members } = listOf(1);
    list.remove(members[0]!);
    expect([list.first, [...list]]).toEqual([undefined, []]);
    list.push(members[0]!);
    expect([...list]).toEqual(members);
  });

  it('can be looked at as a whole before those who are met leave', () => {
    const { list, members } = listOf(5);
    const met = [...list];
    for (const member of met) list.remove(member);
    expect(met).toEqual(members);
    expect(list.first).toBeUndefined();
  });
});
