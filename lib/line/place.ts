/**
 * One token's way to a lease: asked for, in the server's line, admitted. It keeps its place by touching it once a second,
 * and looks when the holder's lease would end. A grant that is heard of may be used at once, though nobody knows how old
 * the message is: it was given after the last request that was answered by "waiting". So counting from the sending of that
 * request, and adding only what the server's own clock says passed between that answer and the grant, errs on the safe
 * side.
 */
import { monotonicNow } from '../lease/heartbeat.js';
import type { Beat, Touching } from '../lease/heartbeat.js';
import { Belief } from '../lease/belief.js';
import { DEFAULT_TIMING, WAITER_HEARTBEAT } from '../stores/lock-store.js';
import type { Grant, StoreAnswer } from '../stores/lock-store.js';

/** A lease that a place has led to. */
export interface Admission {
  readonly fencingToken: number;
  /** When the request was sent that the lease counts from; monotonic time. */
  readonly sentAt: number;
  /** Until when it may be believed, and what is under way that may change that. */
  readonly belief: Belief;
  /** The ttl that was asked for; undefined for a grant that was heard of, which has to be claimed. */
  readonly ttl: number | undefined;
}

/** Who wants the lease. */
export interface PlaceOwner {
  /** The ttl that the next touch asks for. */
  readonly ttl: number;
  admitted(place: Place, admission: Admission): void;
  /** The key was granted, but so late that nothing is left of the lease. */
  late(place: Place): void;
  /** The place is in line; the holder's lease has so many milliseconds left. */
  inLine(place: Place, expiresIn: number): void;
  /** The key is taken and the request did not want to wait. */
  busy(place: Place, expiresIn: number): void;
  /** Asked, and no answer came. */
  failed(place: Place, error: unknown): void;
  /** In line, and a sign of life brought no answer. */
  unreachable(place: Place, error: unknown): void;
  /** The store does not know the token (any more): the process slept, or the server lost its data. */
  gone(place: Place): void;
  /** The due time has changed. */
  moved(place: Place): void;
  /** Sends a touch now. */
  touch(place: Place): void;
}

/**
 * How long after the end of the holder's lease to look, while the holder still renews. A crashed holder must not delay
 * the next by more than half a second.
 */
const LOOK_AFTER_EXPIRY = 400;
/** The server's clock and ours may drift apart by a hundredth. */
const DRIFT = 0.01;
/** By how many milliseconds more than what has passed here the server's clock may have been set forward. */
const CLOCK_STEP = 500;

export class Place implements Beat, Touching {
  readonly kind = 'exclusive';
  place = -1;
  /** Where it stands in the {@link PlaceTable}, which alone writes it. */
  slot = -1;
  isAbandoned = false;
  /** Why nobody knows whether the store has heard of it, or will. */
  doubt: unknown;
  private state: 'asked' | 'waiting' | 'over' = 'asked';
  private touchAt = Infinity;
  /** When the holder's lease was last seen to end. */
  private holderEndsAt = 0;
  /** The last request that was answered by "waiting": when it was sent, and the server's clock when it answered. */
  private knownSentAt: number;
  private knownAt: number | undefined;
  private readonly belief = new Belief();

  constructor(
    readonly key: string,
    readonly token: string,
    askedTtl: number,
    /** When the key was asked for, in monotonic time. */
    readonly askedAt: number,
    private readonly owner: PlaceOwner,
  ) {
    this.knownSentAt = askedAt;
    this.belief.sent(askedAt, askedTtl);
  }

  get ttl(): number {
    return this.owner.ttl;
  }

  get dueAt(): number {
    return this.touchAt;
  }

  /** When the key may be free; monotonic time. */
  get expectedAt(): number {
    return this.holderEndsAt;
  }

  beat(now: number): this | undefined {
    if (now < this.touchAt) return undefined;
    this.touched(now);
    return this;
  }

  /** In line, as far as is known. */
  get isWaiting(): boolean {
    return this.state === 'waiting';
  }

  /** A touch goes out now. */
  touched(now: number): void {
    this.touchAt = now + WAITER_HEARTBEAT;
  }

  sent(sentAt: number, ttl: number): void {
    this.belief.sent(sentAt, ttl);
  }

  answered(answer: StoreAnswer, sentAt: number, ttl: number): void {
    const { belief } = this;
    // Also when it is over: what is still under way then may change the lease that the place has led to.
    if (answer.state === 'held') belief.held(sentAt, ttl);
    else if (answer.state === 'unknown') return this.unanswered(answer.error, sentAt, ttl);
    else belief.waits(sentAt, ttl);
    if (this.state === 'over') return;
    switch (answer.state) {
      case 'held': {
        if (monotonicNow() < belief.deadline)
          return this.admit({ fencingToken: answer.fencingToken, sentAt, belief, ttl });
        this.state = 'waiting';
        return this.owner.late(this);
      }
      case 'waiting':
        return this.wait(answer.expiresIn, answer.at, sentAt);
      case 'busy':
        return this.owner.busy(this, answer.expiresIn);
      case 'gone':
        return this.owner.gone(this);
    }
  }

  unanswered(error: unknown, sentAt: number, ttl: number): void {
    this.belief.unknown(sentAt, ttl);
    if (this.state === 'asked') return this.owner.failed(this, error);
    if (this.state === 'over') return;
    // It is touched again in any case, a heartbeat after the touch that brought no answer.
    this.owner.unreachable(this, error);
  }

  /** Goes on as a place that the server may know of, though it did not say so; the next touch tells. */
  assume(doubt?: unknown, pause = WAITER_HEARTBEAT): void {
    this.state = 'waiting';
    this.doubt = doubt;
    this.touchAt = monotonicNow() + pause;
    this.owner.moved(this);
  }

  /** The store has told of the grant, or somebody who may publish says so. */
  granted({ fencingToken, ttl, at }: Grant): void {
    if (this.state === 'over') return;
    const now = monotonicNow();
    const { belief, knownSentAt } = this;
    const passed = this.passedUntil(at, now);
    const couldBeTrue = Number.isSafeInteger(fencingToken) && fencingToken > 0 && ttl <= DEFAULT_TIMING.claimWindow;
    const deadline = belief.ofGrant(knownSentAt + passed * (1 - DRIFT), ttl);
    // What little is left of an old grant is better spent on asking; so is what could not be true, or be no number at all.
    if (!couldBeTrue || !(deadline - now >= ttl / 2)) return this.owner.touch(this);
    belief.begin(deadline);
    this.admit({ fencingToken, sentAt: knownSentAt, belief, ttl: undefined });
  }

  /** Whoever waited has left; what the request may still bring has to be given back. */
  abandon(): void {
    this.isAbandoned = true;
    this.end();
  }

  /** Nothing that is heard from now on counts. */
  end(): void {
    this.state = 'over';
    this.touchAt = Infinity;
  }

  /**
   * Milliseconds that passed by the server's clock between the last request that found the place in line and `at`; NaN
   * where that can't be.
   */
  private passedUntil(at: number, now: number): number {
    if (this.knownAt === undefined) return Number.isSafeInteger(at) ? 0 : NaN;
    const passed = (at - this.knownAt) / 1_000;
    const here = now - this.knownSentAt;
    return passed >= 0 && passed <= here * (1 + DRIFT) + CLOCK_STEP ? Math.min(passed, here) : NaN;
  }

  private admit(admission: Admission): void {
    this.end();
    this.owner.admitted(this, admission);
  }

  private wait(expiresIn: number, at: number, sentAt: number): void {
    this.state = 'waiting';
    this.doubt = undefined;
    if (sentAt >= this.knownSentAt) [this.knownSentAt, this.knownAt] = [sentAt, at];
    const endsAt = sentAt + expiresIn;
    // A holder that has not renewed since the last look may be dead: look exactly when its lease ends. One that renews
    // is looked at once a second, or twice where its ttl is shorter than that.
    const renewed = Math.abs(endsAt - this.holderEndsAt) >= 50;
    this.holderEndsAt = endsAt;
    // All places of a process are touched at the same moments, so that they travel together, however many they are.
    const heartbeat = (Math.floor(sentAt / WAITER_HEARTBEAT) + 1) * WAITER_HEARTBEAT;
    this.touchAt = Math.min(heartbeat, renewed ? endsAt + LOOK_AFTER_EXPIRY : Math.max(endsAt, sentAt + 50));
    this.owner.moved(this);
    this.owner.inLine(this, expiresIn);
  }
}
