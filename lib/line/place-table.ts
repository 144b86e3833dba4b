/**
 * The places of this process, which names their tokens and finds them by these. A token tells which slot of the table it
 * is, so that nothing has to be looked up by its text, and no Map is needed (see `linked-list.ts`).
 */
import { randomBytes } from 'node:crypto';
import type { Place } from './place.js';

/** Nobody guesses one of 2^72 in the life of a process. */
const SECRET_BYTES = 9;

export class PlaceTable {
  private readonly slots: (Place | undefined)[] = [];
  private readonly free: number[] = [];
  /** How many tokens there were. */
  private count = 0;

  /** How every token begins. */
  private readonly prefix: string;

  /**
   * The id of the process names its channel, where anybody who may publish can read it; so a secret follows it, without
   * which nobody can tell of a grant.
   */
  constructor(processId: string, secret = randomBytes(SECRET_BYTES).toString('base64url')) {
    this.prefix = `${processId}${secret}`;
  }

  /** Adds the place that `create` makes for a new token. What it begins with is random; what follows only has to differ. */
  add(create: (token: string) => Place): Place {
    const slot = this.free.pop() ?? this.slots.length;
    this.count += 1;
    const place = create(`${this.prefix}-${this.count.toString(36)}-${slot.toString(36)}`);
    place.slot = slot;
    this.slots[slot] = place;
    return place;
  }

  remove(place: Place): void {
    const { slot } = place;
    if (this.slots[slot] !== place) return;
    this.slots[slot] = undefined;
    this.free.push(slot);
  }

  find(token: string): Place | undefined {
    const place = this.slots[parseInt(token.slice(token.lastIndexOf('-') + 1), 36)];
    return place?.token === token ? place : undefined;
  }

  /** Those that are in line, as far as is known. */
  waiting(): Place[] {
    return this.slots.filter((place) => place?.isWaiting) as Place[];
  }
}
