/**
 * Who is due next: a binary heap in which each member knows its place, so that ten thousand can come, go and change their
 * time without anybody looking at all of them. It goes by the times it was told of, so one that changes unnoticed puts
 * nobody else out of order; and it keeps them beside each other, because looking them up member by member is what takes
 * the time.
 */

/** A member of a {@link DueQueue}. */
export interface Due {
  /** Monotonic time at which it is due; the queue is told when it changes. */
  readonly dueAt: number;
  /** Where it stands; written by the queue only, -1 outside of it. */
  place: number;
}

export class DueQueue<Member extends Due> {
  private readonly heap: Member[] = [];
  /** The time for which each of them stands there. */
  private readonly times: number[] = [];

  get size(): number {
    return this.heap.length;
  }

  /** The one that is due first. */
  get first(): Member | undefined {
    return this.heap[0];
  }

  /** When the first is due, as far as the queue was told. */
  get firstTime(): number {
    return this.times[0] ?? Infinity;
  }

  has(member: Member): boolean {
    return member.place >= 0 && this.heap[member.place] === member;
  }

  /** Adds a member, or puts it where its changed time belongs. */
  put(member: Member): void {
    const { dueAt } = member;
    if (!this.has(member)) {
      this.heap.push(member);
      return this.rise(member, dueAt, this.times.push(dueAt) - 1);
    }
    const before = this.times[member.place]!;
    if (dueAt < before) this.rise(member, dueAt, member.place);
    else if (dueAt > before) this.sink(member, dueAt, member.place);
  }

  remove(member: Member): boolean {
    if (!this.has(member)) return false;
    const last = this.heap.pop()!;
    const time = this.times.pop()!;
    const { place } = member;
    member.place = -1;
    if (last !== member) {
      this.rise(last, time, place);
      this.sink(last, time, last.place);
    }
    return true;
  }

  clear(): void {
    for (const member of this.heap) member.place = -1;
    this.heap.length = 0;
    this.times.length = 0;
  }

  private rise(member: Member, time: number, from: number): void {
    const { heap, times } = this;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (times[above]! <= time) break;
      this.set(heap[above]!, times[above]!, place);
      place = above;
    }
    this.set(member, time, place);
  }

  private sink(member: Member, time: number, from: number): void {
    const { heap, times } = this;
    let place = from;
    for (let child = 2 * place + 1; child < times.length; child = 2 * place + 1) {
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child += 1;
      if (times[child]! >= time) break;
      this.set(heap[child]!, times[child]!, place);
      place = child;
    }
    this.set(member, time, place);
  }

  private set(member: Member, time: number, place: number): void {
    this.heap[place] = member;
    this.times[place] = time;
    member.place = place;
  }
}
