/**
 * Takes keys: brings each caller to the line of its key, sends what these ask of the store, and tells them of grants.
 */
import type { LockEvents } from '../event-stream.js';
import type { Heartbeat } from '../lease/heartbeat.js';
import { monotonicNow } from '../lease/heartbeat.js';
import type { LeaseKeeper, ReadRelease } from '../lease/lease-keeper.js';
import { LockUnavailableError } from '../lock.errors.js';
import type { LockError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockStore, ReleaseRequest, StoreAnswer } from '../stores/lock-store.js';
import { asLockError } from '../store-failure.js';
import type { HandOffBudget } from './hand-off.js';
import { KeyLine } from './key-line.js';
import type { Place } from './place.js';
import { PlaceTable } from './place-table.js';
import * as refusals from './refusals.js';
import type { Wanted } from './waiter.js';

/** Whoever wants the server's own order has a line to himself, and passes nothing on. */
const NO_HAND_OFF: HandOffBudget = { count: 0, time: 0 };

/** Of a store that knows no successors. */
const GONE: StoreAnswer = { state: 'gone' };

export class Line {
  /** The lines that later callers join, by key; for why it is no Map see `linked-list.ts`. */
  private readonly shared = Object.create(null) as Record<string, KeyLine | undefined>;
  /** Those of callers who stand for themselves. */
  private readonly apart = new Set<KeyLine>();
  /** Who asks or waits. */
  private readonly places: PlaceTable;
  /** Requests to take a key that have no answer yet. */
  private asking = 0;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly store: LockStore,
    readonly heartbeat: Heartbeat,
    readonly keeper: LeaseKeeper,
    readonly events: LockEvents,
    private readonly budget: HandOffBudget,
  ) {
    this.places = new PlaceTable(store.processId);
    store.listen({
      granted: (grant) => events.outside.run(() => this.places.find(grant.token)?.granted(grant)),
      resumed: () => events.outside.run(() => this.resume()),
    });
  }

  /**
   * Takes one key. Refuses with `LockBusyError`, `LockTimeoutError`, `LockUnavailableError`, or the reason of the caller's
   * signal.
   */
  take(wanted: Wanted): void {
    const { key, settings, signal, askedAt } = wanted;
    if (signal?.aborted) return wanted.refuse(signal.reason);
    const line = this.shared[key];
    if (line && !settings.fair) {
      if (settings.wait > 0) return line.join(wanted);
      // Nobody gets by a caller of this very process; there is no need to ask.
      const heldFor = line.heldFor(askedAt);
      if (heldFor > 0) return this.turnAway(wanted, heldFor);
    }
    this.open(key, settings.fair || line !== undefined).join(wanted);
  }

  /** Ends every wait. */
  close(reason: (key: string) => LockError): void {
    for (const line of [...Object.values(this.shared), ...this.apart]) line!.close(reason(line!.key));
  }

  /** Resolves when every answer is there that a request was sent for. */
  async idle(): Promise<void> {
    if (this.asking > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  /** Adds the place that `create` makes for a new token. */
  enter(create: (token: string) => Place): Place {
    return this.places.add(create);
  }

  left(place: Place): void {
    place.end();
    this.places.remove(place);
    this.heartbeat.remove(place);
  }

  /** Nobody holds or waits there any more. */
  forget(line: KeyLine): void {
    if (!this.apart.delete(line) && this.shared[line.key] === line) delete this.shared[line.key];
  }

  /** Asks the store for the lease that a place is for. */
  ask(place: Place, wait: boolean): void {
    const { key, token, kind, ttl } = place;
    this.asking += 1;
    this.store.acquire([{ key, token, kind, ttl, wait }]).then(
      ([answer]) => this.answered(place, plausible(key, answer!, wait), ttl),
      (error: unknown) => this.answered(place, { state: 'unknown', error: asLockError(key, error) }, ttl),
    );
  }

  /** Looks now whether places have led to a lease. */
  touch(places: readonly Place[]): void {
    const now = monotonicNow();
    for (const place of places) {
      place.touched(now);
      this.heartbeat.add(place);
    }
    this.heartbeat.touch(places);
  }

  /** Messages may have been missed, or requests carried out late: whoever waits, or gives back, asks now. */
  private resume(): void {
    this.touch(this.places.waiting());
    this.keeper.hurry();
  }

  /** Gives a lease back and asks for one for a place in the same step. */
  pass<Outcome>(
    request: ReleaseRequest,
    leaseTtl: number,
    place: Place,
    tell: ReadRelease<Outcome>,
    isInDoubt: boolean,
  ): Promise<Outcome> {
    const { token, ttl } = place;
    const read: ReadRelease<Outcome> = (answer) => {
      const { successor = answer.error === undefined ? GONE : { state: 'unknown', error: answer.error } } = answer;
      this.answered(place, successor, ttl);
      return tell(answer);
    };
    this.asking += 1;
    return this.keeper.release({ ...request, successor: { token, ttl } }, leaseTtl, read, isInDoubt);
  }

  private answered(place: Place, answer: StoreAnswer, ttl: number): void {
    this.asking -= 1;
    if (answer.state === 'busy' && answer.isInDoubt) void this.keeper.giveBack(place.key, place.token, ttl, true);
    if (place.isAbandoned) this.abandoned(place, answer, ttl);
    else place.answered(answer, place.askedAt, ttl);
    // What follows from the answer comes first.
    if (this.asking === 0 && this.onIdle) setImmediate(this.onIdle);
  }

  /**
   * What a request brought whose callers had left was given back when they did; once more now, as it may have had to be
   * sent in several steps, of which the last may have arrived behind the release.
   */
  private abandoned({ key, token }: Place, answer: StoreAnswer, ttl: number): void {
    if (answer.state === 'unknown') this.keeper.takeBack(key, token, ttl, answer.error);
    else if (answer.state !== 'busy' && answer.state !== 'gone') void this.keeper.giveBack(key, token, ttl);
  }

  private turnAway(wanted: Wanted, heldFor: number): void {
    const { key } = wanted;
    this.events.audience?.next({ type: 'timeout', key, token: '', waitedMs: 0 });
    wanted.refuse(refusals.busy(key, heldFor, true));
  }

  private open(key: string, apart: boolean): KeyLine {
    const line = new KeyLine(key, this, apart ? NO_HAND_OFF : this.budget);
    if (apart) this.apart.add(line);
    else this.shared[key] = line;
    return line;
  }
}

/** A new token is not gone, and whoever may wait is not busy: with a store that says so, asking again would never end. */
function plausible(key: string, answer: StoreAnswer, wait: boolean): StoreAnswer {
  if (answer.state !== 'gone' && !(answer.state === 'busy' && wait)) return answer;
  return { state: 'unknown', error: new LockUnavailableError(messages.oddAnswer(key, answer.state), { key }) };
}
