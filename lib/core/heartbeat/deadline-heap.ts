/**
 * What is due next: a binary heap in which each member knows its index, so that ten thousand can come, go and change
 * their time without a look at all of them. It goes by the times that it was given, so a member whose time changes
 * unnoticed puts no other out of order. The times lie beside each other in a list of their own, because most of the
 * work is to compare them.
 */

/** A member of a {@link DeadlineHeap}. */
export interface Due {
  /** Where it stands; written by the heap only, -1 outside of it. */
  heapIndex: number;
}

export class DeadlineHeap<Member extends Due> {
  /** In the order of the heap, the first that is due first; written here only. */
  readonly members: Member[] = [];
  /** The time for which each of them stands there. */
  private readonly times: number[] = [];

  /** When the first is due, as far as the heap was told; Infinity when there is none. Written here only. */
  firstTime = Infinity;

  /** The time under which a member stands here. */
  timeOf(member: Member): number {
    return this.times[member.heapIndex] ?? Infinity;
  }

  has(member: Member): boolean {
    return member.heapIndex >= 0 && this.members[member.heapIndex] === member;
  }

  /** Adds a member, or puts it where its changed time (monotonic) belongs. */
  put(member: Member, dueAt: number): void {
    if (!this.has(member)) {
      this.members.push(member);
      return this.rise(member, dueAt, this.times.push(dueAt) - 1);
    }
    const before = this.times[member.heapIndex]!;
    if (dueAt < before) this.rise(member, dueAt, member.heapIndex);
    else if (dueAt > before) this.sink(member, dueAt, member.heapIndex);
  }

  remove(member: Member): boolean {
    if (!this.has(member)) return false;
    const last = this.members.pop()!;
    const time = this.times.pop()!;
    const { heapIndex } = member;
    member.heapIndex = -1;
    if (this.members.length === 0) this.firstTime = Infinity;
    if (last !== member) {
      this.rise(last, time, heapIndex);
      this.sink(last, time, last.heapIndex);
    }
    return true;
  }

  clear(): void {
    for (const member of this.members) member.heapIndex = -1;
    this.members.length = 0;
    this.times.length = 0;
    this.firstTime = Infinity;
  }

  private rise(member: Member, time: number, from: number): void {
    const { members, times } = this;
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (times[above]! <= time) break;
      this.set(members[above]!, times[above]!, index);
      index = above;
    }
    this.set(member, time, index);
  }

  private sink(member: Member, time: number, from: number): void {
    const { members, times } = this;
    let index = from;
    for (let child = 2 * index + 1; child < times.length; child = 2 * index + 1) {
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child += 1;
      if (times[child]! >= time) break;
      this.set(members[child]!, times[child]!, index);
      index = child;
    }
    this.set(member, time, index);
  }

  private set(member: Member, time: number, index: number): void {
    this.members[index] = member;
    this.times[index] = time;
    member.heapIndex = index;
    if (index === 0) this.firstTime = time;
  }
}
