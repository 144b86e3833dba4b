/**
 * Members in order of coming; any of them can leave at any time without a look at the others. Leases, waiters and
 * requests under way are listed like this, because a Map or Set costs the garbage collector too much where something
 * comes and goes with every lock; see "Memory" in docs/how-it-works.md.
 */

/** A member of at most one {@link LinkedList}, which alone writes these. */
export interface Linked<Member> {
  before: Member | undefined;
  behind: Member | undefined;
}

export class LinkedList<Member extends Linked<Member>> {
  first: Member | undefined = undefined;
  /** How many there are. */
  size = 0;
  private last: Member | undefined = undefined;

  /** Adds a member at the end; one that is in the list stays where it is. */
  push(member: Member): void {
    if (this.has(member)) return;
    member.before = this.last;
    if (this.last) this.last.behind = member;
    else this.first = member;
    this.last = member;
    this.size += 1;
  }

  /** Takes out a member; false when it was out already. */
  remove(member: Member): boolean {
    if (!this.has(member)) return false;
    const { before, behind } = member;
    if (before) before.behind = behind;
    else this.first = behind;
    if (behind) behind.before = before;
    else this.last = before;
    member.before = member.behind = undefined;
    this.size -= 1;
    return true;
  }

  *[Symbol.iterator](): Generator<Member> {
    for (let member = this.first; member; member = member.behind) yield member;
  }

  private has(member: Member): boolean {
    return member.before !== undefined || this.first === member;
  }
}
