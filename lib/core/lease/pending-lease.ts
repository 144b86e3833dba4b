/**
 * A lease on its way: asked for, in the server's queue, granted. A touch once a second prolongs its place in the queue,
 * and a look when the holder's lease would end finds a dead holder. A grant that is heard of may be used at once,
 * though the age of the message is not known: it was given after the last request that was answered by "waiting". So
 * counting from the sending of that request, and adding only what the server's own clock says passed between that
 * answer and the grant, errs on the safe side.
 */
import type { Grant, LeaseShare, StoreAnswer } from '../../stores/lock-store.js';
import { DEFAULT_TIMING, WAITER_HEARTBEAT } from '../../stores/protocol.js';
import { Belief } from './belief.js';
import type { Touching } from './touching.js';

/** What a pending lease has become. */
export interface Admission {
  readonly fencingToken: number;
  /** When the request was sent that the lease counts from; monotonic time. */
  readonly sentAt: number;
  /** Until when it may be believed, and what is under way that may change that. */
  readonly belief: Belief;
  /** Whether nothing that is under way may cut it short of the ttl that was asked for. */
  readonly isWhole: boolean;
  /** The ttl that was asked for; undefined for a grant that was heard of, which has to be claimed. */
  readonly ttl: number | undefined;
  /** When this process learned of it, in monotonic time. */
  readonly at: number;
}

/** The callers that want the lease. */
export interface PendingOwner {
  /** The ttl that the next touch asks for. */
  readonly ttl: number;
  /** How much longer than that the store is asked to keep the lease. */
  readonly margin: number;
  /** With whom the key is shared. */
  readonly share: LeaseShare;
  admitted(pending: PendingLease, admission: Admission): void;
  /** The key was granted, but so late that nothing is left of the lease. */
  late(pending: PendingLease): void;
  /** It is in the server's queue; the holder's lease has so many milliseconds left. */
  inQueue(pending: PendingLease, expiresIn: number): void;
  /** The key is taken and the request did not want to wait. */
  busy(pending: PendingLease, expiresIn: number): void;
  /** Asked, and no answer came. */
  failed(pending: PendingLease, error: unknown): void;
  /** In the queue, and a sign of life brought no answer. */
  unreachable(pending: PendingLease, error: unknown): void;
  /** The store does not know the token (any more): the process slept, or the server lost its data. */
  gone(pending: PendingLease): void;
  /** The due time has changed. */
  moved(): void;
  /** A touch is to be sent now. */
  touch(pending: PendingLease): void;
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

export class PendingLease implements Touching {
  isAbandoned = false;
  /** Why it is not known whether the store has heard of it, or will. */
  doubt: unknown = undefined;
  /** What went wrong with the last request, for the error of waiters that run out of time. */
  lastError: unknown = undefined;
  private state: 'asked' | 'waiting' | 'over' = 'asked';
  private touchAt = Infinity;
  /** When the holder's lease was last seen to end. */
  private holderEndsAt = 0;
  /** The last request that was answered by "waiting": when it was sent, and the server's clock when it answered. */
  private knownSentAt: number;
  private knownAt: number | undefined = undefined;
  private readonly belief = new Belief();
  constructor(
    readonly key: string,
    readonly token: string,
    /** Its index in the table of pending leases. */
    readonly slot: number,
    askedTtl: number,
    /** When the key was asked for, or a little earlier, in monotonic time. */
    readonly askedAt: number,
    private readonly owner: PendingOwner,
  ) {
    this.knownSentAt = this.askedAt;
    this.belief.sent(this.askedAt, askedTtl);
  }

  get ttl(): number {
    return this.owner.ttl;
  }

  get margin(): number {
    return this.owner.margin;
  }

  get share(): LeaseShare {
    return this.owner.share;
  }

  /** When the next touch is due; monotonic time. */
  get dueAt(): number {
    return this.touchAt;
  }

  /** When the key may be free; monotonic time. */
  get expectedAt(): number {
    return this.holderEndsAt;
  }

  /** In the server's queue, as far as is known. */
  get isWaiting(): boolean {
    return this.state === 'waiting';
  }

  /** Nothing that is heard from now on counts. */
  get isOver(): boolean {
    return this.state === 'over';
  }

  /** Answers itself when it is to be touched. */
  beat(now: number): this | undefined {
    if (now < this.touchAt) return undefined;
    this.touched(now);
    return this;
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
    // Also when it is over: what is still under way then may change the lease that it has become.
    let isWhole = false;
    if (answer.state === 'held') isWhole = belief.held(sentAt, ttl);
    else if (answer.state === 'unknown') return this.unanswered(answer.error, sentAt, ttl);
    else belief.waits(sentAt, ttl);
    if (this.state === 'over') return;
    switch (answer.state) {
      case 'held': {
        const at = performance.now();
        if (at < belief.deadline) {
          return this.admit({ fencingToken: answer.fencingToken, sentAt, belief, isWhole, ttl, at });
        }
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

  /** Goes on as one that the store may know of, though it did not say so; the next touch tells. */
  assume(doubt?: unknown, pause = WAITER_HEARTBEAT): void {
    this.state = 'waiting';
    this.doubt = doubt;
    this.touchAt = performance.now() + pause;
    this.owner.moved();
  }

  /** A message tells of the grant; any client that may publish can have sent it. */
  granted({ fencingToken, ttl, at }: Grant): void {
    if (this.state === 'over') return;
    const now = performance.now();
    const { belief, knownSentAt } = this;
    const passed = this.passedUntil(at, now);
    const couldBeTrue = Number.isSafeInteger(fencingToken) && fencingToken > 0 && ttl <= DEFAULT_TIMING.claimWindow;
    const deadline = belief.ofGrant(knownSentAt + passed * (1 - DRIFT), ttl);
    // What little is left of an old grant is better spent on asking; so is what could not be true, or be no number at all.
    // Of a lease that was only heard of the store keeps no margin.
    if (!couldBeTrue || !(deadline - now >= ttl / 2) || this.margin > 0) return this.owner.touch(this);
    belief.begin(deadline);
    this.admit({ fencingToken, sentAt: knownSentAt, belief, isWhole: false, ttl: undefined, at: now });
  }

  /** Nothing that is heard from now on counts. */
  end(): void {
    this.state = 'over';
  }

  private unanswered(error: unknown, sentAt: number, ttl: number): void {
    this.belief.unknown(sentAt, ttl);
    if (this.state === 'asked') return this.owner.failed(this, error);
    if (this.state === 'over') return;
    // It is touched again in any case, a heartbeat after the touch that brought no answer.
    this.owner.unreachable(this, error);
  }

  /**
   * Milliseconds that passed by the server's clock between the last request that found it in the queue and `at`; NaN
   * where that can't be.
   */
  private passedUntil(at: number, now: number): number {
    if (this.knownAt === undefined) return Number.isSafeInteger(at) ? 0 : NaN;
    const passed = (at - this.knownAt) / 1_000;
    const here = now - this.knownSentAt;
    return passed >= 0 && passed <= here * (1 + DRIFT) + CLOCK_STEP ? Math.min(passed, here) : NaN;
  }

  private admit(admission: Admission): void {
    this.state = 'over';
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
    // All waiters of a process are touched at the same moments, so that they travel together, however many they are.
    const heartbeat = (Math.floor(sentAt / WAITER_HEARTBEAT) + 1) * WAITER_HEARTBEAT;
    this.touchAt = Math.min(heartbeat, renewed ? endsAt + LOOK_AFTER_EXPIRY : Math.max(endsAt, sentAt + 50));
    this.owner.moved();
    this.owner.inQueue(this, expiresIn);
  }
}
