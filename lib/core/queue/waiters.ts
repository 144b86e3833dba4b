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

  /** Those whose time is over. */
  due(now: number, isAnswered: boolean): readonly Waiter[] {
    return [...this].filter((waiter) => waiter.endsAt(isAnswered) <= now);
  }

  /** Looks anew when the first of them runs out of time. */
  reckon(isAnswered: boolean): void {
    this.endsAt = Infinity;
    for (let waiter = this.first; waiter; waiter = waiter.behind) {
      this.endsAt = Math.min(this.endsAt, waiter.endsAt(isAnswered));
    }
  }
}
