/**
 * The pending leases of this process, which names their tokens and finds them by these. A token tells which slot of the
 * table its lease has, so that nothing has to be looked up by text, and no Map is needed (see `linked-list.ts`).
 */
import { randomBytes } from 'node:crypto';
import { PendingLease } from './pending-lease.js';
import type { PendingOwner } from './pending-lease.js';

/** No guess hits one of 2^72 in the life of a process. */
const SECRET_BYTES = 9;

export class PendingLeases {
  private readonly slots: (PendingLease | undefined)[] = [];
  private readonly free: number[] = [];
  /** How many tokens there were. */
  private count = 0;

  /** How every token begins. */
  private readonly prefix: string;

  /**
   * The id of the process names its channel, so any client that may publish can know it. A secret follows it in every
   * token, without which no grant can be forged.
   */
  constructor(processId: string) {
    this.prefix = `${processId}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  }

  /**
   * Begins a lease that is asked for, under a new token. What a token begins with is random; what follows only has to
   * differ.
   */
  add(key: string, ttl: number, askedAt: number, owner: PendingOwner): PendingLease {
    const slot = this.free.pop() ?? this.slots.length;
    this.count += 1;
    const token = `${this.prefix}-${this.count.toString(36)}-${slot.toString(36)}`;
    return (this.slots[slot] = new PendingLease(key, token, slot, ttl, askedAt, owner));
  }

  remove(pending: PendingLease): void {
    const { slot } = pending;
    if (this.slots[slot] !== pending) return;
    this.slots[slot] = undefined;
    this.free.push(slot);
  }

  find(token: string): PendingLease | undefined {
    const pending = this.slots[parseInt(token.slice(token.lastIndexOf('-') + 1), 36)];
    return pending?.token === token ? pending : undefined;
  }

  /** Those that are in the server's queue, as far as is known. */
  waiting(): PendingLease[] {
    return this.slots.filter((pending) => pending?.isWaiting) as PendingLease[];
  }
}
