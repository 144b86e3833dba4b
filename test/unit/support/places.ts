/** Whoever wants a lease, with everything written down that its place in line tells. */
import type { Admission, PlaceOwner } from '../../../lib/line/place.js';
import type { Place } from '../../../lib/line/place.js';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';

/** The server's clock when ours was at 0, in microseconds. */
export const SERVER_CLOCK = 1_790_000_000_000_000;

export class Owner implements PlaceOwner {
  ttl = 30_000;
  readonly log: string[] = [];
  readonly admissions: Admission[] = [];

  admitted(_place: Place, admission: Admission): void {
    this.log.push('admitted');
    this.admissions.push(admission);
  }

  late(): void {
    this.log.push('late');
  }

  inLine(): void {
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

  moved(): void {}

  touch(): void {
    this.log.push('touch');
  }
}

/** The answer to who is in line; the server's clock says that so many milliseconds have passed since ours was at 0. */
export function waiting(expiresIn: number, passed = 0): StoreAnswer {
  return { state: 'waiting', expiresIn, at: SERVER_CLOCK + passed * 1_000 };
}
