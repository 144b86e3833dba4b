/** Pending leases by themselves, with everything written down that they tell their owner. */
import { EXCLUSIVE } from '../../../lib/core/admission.js';
import { PendingLease } from '../../../lib/core/lease/pending-lease.js';
import type { Admission, PendingOwner } from '../../../lib/core/lease/pending-lease.js';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';

/** The server's clock when ours was at 0, in microseconds. */
export const SERVER_CLOCK = 1_790_000_000_000_000;

export class Owner implements PendingOwner {
  readonly log: string[] = [];
  readonly admissions: Admission[] = [];
  moves = 0;
  margin = 0;
  share = EXCLUSIVE;

  constructor(public ttl = 30_000) {}

  admitted(_pending: PendingLease, admission: Admission): void {
    this.log.push('admitted');
    this.admissions.push(admission);
  }

  late(): void {
    this.log.push('late');
  }

  inQueue(): void {
    this.log.push('in line');
  }

  busy(): void {
    this.log.push('busy');
  }

  failed(): void {
    this.log.push('failed');
  }

  unreachable(): void {
    this.log.push('unreachable');
  }

  gone(): void {
    this.log.push('gone');
  }

  moved(): void {
    this.moves += 1;
  }

  touch(): void {
    this.log.push('touch');
  }
}

/** One that is asked for now and has not been answered. */
export function ask(ttl = 30_000, askedTtl = ttl): { pending: PendingLease; owner: Owner } {
  const owner = new Owner(ttl);
  return { pending: new PendingLease('key', 'token', 0, askedTtl, performance.now(), owner), owner };
}

/** The answer to a token in the queue; the server's clock says that so many milliseconds have passed since ours was at 0. */
export function waiting(expiresIn: number, passed = 0): StoreAnswer {
  return { state: 'waiting', expiresIn, at: SERVER_CLOCK + passed * 1_000 };
}
