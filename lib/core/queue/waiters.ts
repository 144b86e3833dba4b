/** The waiters of a key in order of coming, and when the first of them runs out of time. */
import { LinkedList } from '../linked-list.js';
import type { Waiter } from './waiter.js';

export class Waiters extends LinkedList<Waiter> {
  /** No waiter's time is over before this; monotonic time. A waiter that would have ended earlier has left already. */
  endsAt = Infinity;

  /**
   * Answers whether its time is over before that of the others. For `isToTheMoment`, here and below, see `Waiter.endsAt`.
   */
  add(waiter: Waiter, isToTheMoment: boolean): boolean {
    this.push(waiter);
    const endsAt = waiter.endsAt(isToTheMoment);
    if (endsAt >= this.endsAt) return false;
    this.endsAt = endsAt;
    return true;
  }

  /** Those whose time is over, and looks anew when that of the others is. */
  due(now: number, isToTheMoment: boolean): readonly Waiter[] {
    const due: Waiter[] = [];
    let next = Infinity;
    for (let waiter = this.first; waiter; waiter = waiter.behind) {
      const endsAt = waiter.endsAt(isToTheMoment);
      if (endsAt <= now) due.push(waiter);
      else if (endsAt < next) next = endsAt;
    }
    this.endsAt = next;
    return due;
  }

  /** Looks anew when the first of them runs out of time. */
  reckon(isToTheMoment: boolean): void {
    this.due(-Infinity, isToTheMoment);
  }
}
