/** The waiters of a key in order of coming, and when the first of them runs out of time. */
import { LinkedList } from '../linked-list.js';
import type { Waiter } from './waiter.js';

export class Waiters extends LinkedList<Waiter> {
  /** No waiter's time is over before this; monotonic time. A waiter that would have ended earlier has left already. */
  endsAt = Infinity;

  /**
   * Answers whether its time is over before that of the others. For `isAnswered`, here and below, see `Waiter.endsAt`.
   */
  add(waiter: Waiter, isAnswered: boolean): boolean {
    this.push(waiter);
    const endsAt = waiter.endsAt(isAnswered);
    if (endsAt >= this.endsAt) return false;
    this.endsAt = endsAt;
    return true;
  }

  /** Those whose time is over, and looks anew when that of the others is. */
  due(now: number, isAnswered: boolean): readonly Waiter[] {
    const due: Waiter[] = [];
    let next = Infinity;
    for (let waiter = this.first; waiter; waiter = waiter.behind) {
      const endsAt = waiter.endsAt(isAnswered);
      if (endsAt <= now) due.push(waiter);
      else if (endsAt < next) next = endsAt;
    }
    this.endsAt = next;
    return due;
  }

  /** Looks anew when the first of them runs out of time. */
  reckon(isAnswered: boolean): void {
    this.due(-Infinity, isAnswered);
  }
}
