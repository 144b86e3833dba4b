/** Ties the numbers of the model's grants to fencing tokens: one each, and those of the next beyond the last used. */
import { deepEqual } from 'node:assert/strict';

export class GrantNumbers {
  private readonly fences = new Map<number, number>();

  /** @param used - for each finished grant how many fencing tokens beyond its first may have been used. */
  constructor(private readonly used: ReadonlyMap<number, number>) {}

  get size(): number {
    return this.fences.size;
  }

  /** The first fencing token of the latest grant; a small number before there is one. */
  get last(): number {
    return Math.max(1, ...this.fences.values());
  }

  see(grant: number, fence: number): void {
    const contradicting = [...this.fences].filter(([other, seen]) => {
      if (other === grant) return seen !== fence;
      return other < grant ? this.lastOf(other, seen) >= fence : this.lastOf(grant, fence) >= seen;
    });
    deepEqual({ grant, fence, contradicting }, { grant, fence, contradicting: [] });
    this.fences.set(grant, fence);
  }

  /** As `see`, for a fencing token that is so many beyond the first of the grant: one of these numbers. */
  seeLast(grant: number, last: number, used: readonly number[]): void {
    const known = this.fences.get(grant);
    const first = used.length === 1 ? last - used[0]! : known;
    if (first === undefined) return;
    this.see(grant, used.includes(last - first) ? first : last);
  }

  private lastOf(grant: number, fence: number): number {
    return fence + (this.used.get(grant) ?? 0);
  }
}
