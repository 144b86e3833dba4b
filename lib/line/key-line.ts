/**
 * The callers of this process that want one key. They share one place in the server's line and, when it is their turn, one
 * lease. Every wait settles, in time, and the last who leaves leaves nothing behind.
 */
import { monotonicNow } from '../lease/heartbeat.js';
import { LinkedList } from '../linked-list.js';
import { isMomentary } from '../store-failure.js';
import { WAITER_HEARTBEAT } from '../stores/lock-store.js';
import type { HandOffBudget } from './hand-off.js';
import type { Line } from './line.js';
import { Place } from './place.js';
import type { Admission, PlaceOwner } from './place.js';
import * as refusals from './refusals.js';
import { Turn } from './turn.js';
import type { Callers } from './turn.js';
import { Waiter } from './waiter.js';
import type { WaitingRoom, Wanted } from './waiter.js';

/** How long to leave a store alone that says that it can't serve at the moment. */
const RETRY_PAUSE = 250;

export class KeyLine implements PlaceOwner, Callers, WaitingRoom {
  /** Whether the store has answered yet. */
  isAnswered = false;
  private readonly queue = new LinkedList<Waiter>();
  /** Where the callers stand in the server's line; undefined while it is their turn. */
  private place: Place | undefined;
  private turn: Turn | undefined;
  private lastError: unknown;

  constructor(
    readonly key: string,
    private readonly line: Line,
    private readonly budget: HandOffBudget,
  ) {}

  /** Milliseconds for which a caller of this process will keep the key unless it renews; 0 when none has it. */
  heldFor(now: number): number {
    return this.turn?.heldFor(now) ?? 0;
  }

  /** A caller comes. */
  join(wanted: Wanted): void {
    const waiter = new Waiter(wanted, this);
    this.queue.push(waiter);
    this.line.heartbeat.addCaller(waiter);
    if (!this.place && !this.turn) this.askOrEnd();
    else if (this.isAnswered) this.tellWaiting(this.expectedIn());
  }

  /** Ends every wait. */
  close(reason: unknown): void {
    // A copy, as they leave the queue while it is gone through.
    const waiters = [...this.queue];
    for (const waiter of waiters) this.cancelled(waiter, reason);
  }

  // Waiters.

  expired(waiter: Waiter): void {
    const { key, token, lastError } = this;
    const { wait } = waiter.wanted.settings;
    if (!this.isAnswered && isShortOfTime(waiter)) {
      this.cancelled(waiter, refusals.outOfTime(key, wait));
    } else if (!this.isAnswered && lastError !== undefined) {
      this.cancelled(waiter, refusals.unavailable(key, lastError));
    } else if (!this.isAnswered) {
      const error = refusals.notAnswered(key, wait);
      this.dismiss(waiter);
      waiter.reject(error);
      this.line.keeper.failed(key, token, 'acquire', error);
    } else if (lastError !== undefined) {
      this.cancelled(waiter, refusals.unreachable(key, wait, lastError));
    } else {
      this.cancelled(waiter, refusals.timedOut(key, wait, this.expectedIn(), this.turn?.isTaken));
    }
  }

  cancelled(waiter: Waiter, reason: unknown): void {
    if (waiter.isSettled) return;
    const { token } = this;
    this.dismiss(waiter);
    this.reject(waiter, reason, token);
  }

  // The place in the server's line.

  /** Of the first waiter, for whom the lease is asked. */
  get ttl(): number {
    return this.queue.first?.ttl ?? 0;
  }

  admitted({ token }: Place, { fencingToken, sentAt, belief, ttl }: Admission): void {
    const { key } = this;
    const now = monotonicNow();
    this.leave();
    this.lastError = undefined;
    const isProven = ttl !== undefined;
    this.turn = new Turn({ key, token, fencingToken, sentAt, belief, isProven }, now, this, this.line, this.budget);
    this.turn.start(ttl);
    this.markAnswered(belief.deadline - now);
  }

  /** Whoever has time left asks again, for the lease that nobody else has got since. */
  late(place: Place): void {
    const { key } = this;
    const { token } = place;
    const late = this.queue.first!;
    const error = refusals.answeredTooLate(key, late.ttl);
    if (monotonicNow() < late.wanted.askedAt + late.wanted.settings.wait) {
      this.lastError = error;
      this.touch(place);
      this.markAnswered(0);
      return;
    }
    this.leave();
    this.remove(late);
    void this.line.keeper.giveBack(key, token, late.ttl);
    this.askOrEnd();
    this.reject(late, error, token);
  }

  inLine(_place: Place, expiresIn: number): void {
    this.lastError = undefined;
    this.markAnswered(expiresIn);
  }

  busy(_place: Place, expiresIn: number): void {
    const { key, token } = this;
    const triedOnce = [...this.queue].filter(({ wanted }) => wanted.settings.wait === 0);
    for (const waiter of triedOnce) this.remove(waiter);
    this.leave();
    this.askOrEnd();
    for (const waiter of triedOnce) this.reject(waiter, refusals.busy(key, expiresIn), token);
  }

  failed(place: Place, error: unknown): void {
    const { key, ttl } = this;
    // Whoever came later has asked for nothing yet; and who knows that the key is taken goes on waiting for it.
    const now = monotonicNow();
    const isOver = ({ wanted }: Waiter): boolean => wanted.askedAt + wanted.settings.wait <= now || !isMomentary(error);
    const asked = this.isAnswered
      ? []
      : [...this.queue].filter((waiter) => waiter.wanted.askedAt <= place.askedAt && isOver(waiter));
    for (const waiter of asked) this.remove(waiter);
    if (this.isAnswered) {
      this.lastError = error;
      place.assume(error);
    } else if (isMomentary(error) && this.queue.first) {
      this.lastError = error;
      place.assume(error, RETRY_PAUSE);
    } else {
      this.leave();
      this.line.keeper.takeBack(key, place.token, ttl, error);
      this.askOrEnd();
    }
    this.line.keeper.failed(key, place.token, 'acquire', error);
    for (const waiter of asked) waiter.reject(refusals.unavailable(key, error));
  }

  unreachable(place: Place, error: unknown): void {
    this.lastError = error;
    this.line.keeper.failed(this.key, place.token, 'acquire', error);
  }

  gone(place: Place): void {
    // It may come to be yet, and would wait for nobody.
    if (place.doubt !== undefined) this.line.keeper.takeBack(this.key, place.token, this.ttl, place.doubt);
    this.leave();
    this.askOrEnd();
  }

  moved(place: Place): void {
    this.line.heartbeat.add(place);
  }

  touch(place: Place): void {
    this.line.touch([place]);
  }

  // The turn.

  get next(): Waiter | undefined {
    return this.queue.first;
  }

  turnEnds(): Place | undefined {
    this.turn = undefined;
    if (this.queue.first) return this.enter();
    this.line.forget(this);
    return undefined;
  }

  turnLost(): void {
    this.turn = undefined;
    this.askOrEnd();
  }

  remove(waiter: Waiter): void {
    this.queue.remove(waiter);
    this.line.heartbeat.removeCaller(waiter);
  }

  /** Asks the server for the first waiter, and joins its line for whoever wants to wait. */
  private askOrEnd(): void {
    const { first } = this.queue;
    if (!first) return this.line.forget(this);
    const { wait } = first.wanted.settings;
    this.line.ask(this.enter(), wait > 0 || this.isAnswered);
  }

  /** Takes a new place, for the first waiter. */
  private enter(): Place {
    this.place = this.line.enter((token) => new Place(this.key, token, this.ttl, monotonicNow(), this));
    return this.place;
  }

  /** There is no place in line any more. */
  private leave(): void {
    if (this.place) this.line.left(this.place);
    this.place = undefined;
  }

  /** A waiter leaves of his own accord; the last one leaves nothing behind. */
  private dismiss(waiter: Waiter): void {
    const { place, turn, ttl } = this;
    this.remove(waiter);
    if (this.queue.first) return;
    if (place) {
      place.abandon();
      this.leave();
      if (place.doubt === undefined) void this.line.keeper.giveBack(this.key, place.token, ttl);
      else this.line.keeper.takeBack(this.key, place.token, ttl, place.doubt);
      this.line.forget(this);
    } else if (turn && !turn.isTaken) {
      turn.giveUp();
    }
  }

  /** Tells a waiter that was taken out of the queue. */
  private reject(waiter: Waiter, reason: unknown, token: string): void {
    const { key } = this;
    const waitedMs = monotonicNow() - waiter.wanted.askedAt;
    this.line.events.audience?.next({ type: 'timeout', key, token, waitedMs });
    waiter.reject(reason);
  }

  /** The store has spoken for the first time: whoever has not got the key knows now that he waits. */
  private markAnswered(expiresIn: number): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    if (!this.queue.first) return;
    for (const waiter of this.queue) {
      this.line.heartbeat.moved(waiter);
      this.tellWaiting(expiresIn);
    }
  }

  private tellWaiting(expiresIn: number): void {
    const { key, token } = this;
    this.line.events.audience?.next({ type: 'waiting', key, token, holderExpiresInMs: expiresIn });
  }

  /** Id of the lease that is held or asked for. */
  private get token(): string {
    return (this.place ?? this.turn)?.token ?? '';
  }

  /** Milliseconds until the key may be free, as far as is known. */
  private expectedIn(): number {
    const now = monotonicNow();
    return Math.ceil(Math.max(0, this.place ? this.place.expectedAt - now : (this.turn?.remaining(now) ?? 0)));
  }
}

/** Whether earlier keys of the same call took so much of the wait that the store had no time to answer for this one. */
function isShortOfTime({ wanted: { turnCameAt } }: Waiter): boolean {
  return turnCameAt !== undefined && monotonicNow() - turnCameAt < WAITER_HEARTBEAT;
}
