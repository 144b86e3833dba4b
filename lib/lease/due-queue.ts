/**
 * Who is due next: a binary heap in which each member knows its place, so that ten thousand can come, go and change their
 * time without anybody looking at all of them. It goes by the times it was told of, so one that changes unnoticed puts
 * nobody else out of order.
 */

/** A member of a {@link DueQueue}. */
export interface Due {
  /** Monotonic time at which it is due; the queue is told when it changes. */
  readonly dueAt: number;
  /** Written by the queue only: where the member stands, -1 outside of the queue, and the time it stands there for. */
  place: number;
  listedFor: number;
}

export class DueQueue<Member extends Due> {
  private readonly heap: Member[] = [];

  get size(): number {
    return this.heap.length;
  }

  /** The one that is due first. */
  get first(): Member | undefined {
    return this.heap[0];
  }

  has(member: Member): boolean {
    return member.place >= 0 && this.heap[member.place] === member;
  }

  add(member: Member): void {
    if (this.has(member)) return this.moved(member);
    member.listedFor = member.dueAt;
    member.place = this.heap.push(member) - 1;
    this.rise(member);
  }

  remove(member: Member): boolean {
    if (!this.has(member)) return false;
    const last = this.heap.pop()!;
    const { place } = member;
    member.place = -1;
    if (last !== member) {
      this.put(last, place);
      this.rise(last);
      this.sink(last);
    }
    return true;
  }

  /** Puts a member where its changed time belongs. */
  moved(member: Member): void {
    member.listedFor = member.dueAt;
    this.rise(member);
    this.sink(member);
  }

  clear(): void {
    for (const member of this.heap) member.place = -1;
    this.heap.length = 0;
  }

  private rise(member: Member): void {
    let { place } = member;
    while (place > 0) {
      const above = this.heap[(place - 1) >> 1]!;
      if (above.listedFor <= member.listedFor) break;
      const next = above.place;
      this.put(above, place);
      place = next;
    }
    this.put(member, place);
  }

  private sink(member: Member): void {
    let { place } = member;
    for (let child = 2 * place + 1; child < this.heap.length; child = 2 * place + 1) {
      const right = this.heap[child + 1];
      if (right && right.listedFor < this.heap[child]!.listedFor) child += 1;
      const below = this.heap[child]!;
      if (below.listedFor >= member.listedFor) break;
      this.put(below, place);
      place = child;
    }
    this.put(member, place);
  }

  private put(member: Member, place: number): void {
    this.heap[place] = member;
    member.place = place;
  }
}
