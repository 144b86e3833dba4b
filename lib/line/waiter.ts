/**
 * One caller in line for one key. It keeps its place by touching it once a second, takes the key when it is told or
 * finds that its turn has come, and leaves when its time is over or its caller cancels. However it ends, nothing of it
 * stays on the server: whoever leaves gives back the place, or the grant that was on its way.
 */
import { LockTimeoutError, LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockSettings } from '../lock.settings.js';
import { monotonicNow } from '../lease/heartbeat.js';
import type { Beat } from '../lease/heartbeat.js';
import { WAITER_HEARTBEAT } from '../stores/lock-store.js';
import type { StoreAnswer } from '../stores/lock-store.js';

/** What a waiter needs of the line it stands in. */
export interface Surroundings {
  /** The store granted the key; false when the lease was over before the answer came. */
  granted(waiter: Waiter, answer: StoreAnswer & { state: 'held' }, sentAt: number): void;
  /** The place in line is gone (the process slept, or the server lost its data): join again under a new token. */
  rejoin(waiter: Waiter): Promise<void>;
  gaveUp(waiter: Waiter, reason: unknown): void;
  failed(waiter: Waiter, error: unknown): void;
  /** {@link Beat.dueAt} came nearer. */
  moved(waiter: Waiter): void;
}

/** What one caller asks for. */
export interface Wanted {
  readonly key: string;
  readonly settings: LockSettings;
  /** When the caller asked, and when its wait is over, in monotonic time. */
  readonly askedAt: number;
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * How long after the end of the holder's lease to look, while the holder still renews. A crashed holder must not delay
 * the next by more than half a second.
 */
const LOOK_AFTER_EXPIRY = 400;

export class Waiter implements Beat {
  readonly kind = 'exclusive';
  /** When the holder's lease was last seen to end. */
  private holderEndsAt = 0;
  private touchAt = Infinity;
  private touchedAt = -Infinity;
  private lastError: unknown;
  /** The request that joins the line again, while it has no answer. */
  joining: Promise<void> | undefined;
  private done = false;

  constructor(
    readonly wanted: Wanted,
    public token: string,
    private readonly line: Surroundings,
  ) {
    wanted.signal?.addEventListener('abort', this.onAbort);
  }

  get key(): string {
    return this.wanted.key;
  }

  get ttl(): number {
    return this.wanted.settings.ttl;
  }

  get dueAt(): number {
    return Math.min(this.touchAt, this.wanted.until);
  }

  /** Waiters of a process touch their places together, so that they cost one request however many they are. */
  get mayAt(): number {
    const early = Math.max(this.touchAt - WAITER_HEARTBEAT / 2, this.touchedAt + WAITER_HEARTBEAT / 2);
    return Math.min(this.touchAt, early, this.wanted.until);
  }

  beat(now: number): boolean {
    if (now >= this.wanted.until) {
      this.giveUp(this.tooLate());
      return false;
    }
    if (now < this.mayAt) return false;
    this.touchedAt = now;
    this.touchAt = now + WAITER_HEARTBEAT;
    return true;
  }

  /** The store says that the key is taken and the place in line is kept. */
  inLine(expiresIn: number, sentAt: number): void {
    this.lastError = undefined;
    const endsAt = sentAt + expiresIn;
    // A holder that has not renewed since the last look may be dead: look exactly when its lease ends. One that renews
    // is looked at once a second, or twice where its ttl is shorter than that.
    const renewed = Math.abs(endsAt - this.holderEndsAt) >= 50;
    this.holderEndsAt = endsAt;
    this.touchAt = Math.min(
      sentAt + WAITER_HEARTBEAT,
      renewed ? endsAt + LOOK_AFTER_EXPIRY : Math.max(endsAt, sentAt + 50),
    );
    this.line.moved(this);
  }

  answered(answer: StoreAnswer, sentAt: number): void {
    if (this.done) return;
    if (answer.state === 'held') this.line.granted(this, answer, sentAt);
    else if (answer.state === 'gone') void this.rejoin();
    else this.inLine(answer.expiresIn, sentAt);
  }

  unanswered(error: unknown): void {
    if (this.done) return;
    this.lastError = error;
    this.touchAt = monotonicNow() + WAITER_HEARTBEAT;
    this.line.failed(this, error);
  }

  giveUp(reason: unknown): void {
    if (this.done) return;
    this.finish();
    this.line.gaveUp(this, reason);
  }

  finish(): void {
    this.done = true;
    this.wanted.signal?.removeEventListener('abort', this.onAbort);
  }

  private async rejoin(): Promise<void> {
    // Touches that were sent meanwhile find nothing either.
    if (this.joining) return;
    this.joining = this.line.rejoin(this);
    await this.joining;
    this.joining = undefined;
  }

  private readonly onAbort = (): void => this.giveUp(this.wanted.signal?.reason);

  /** Busy and broken are told apart by whether the store answered last. */
  private tooLate(): Error {
    const { key } = this;
    const { wait } = this.wanted.settings;
    if (this.lastError !== undefined) {
      return new LockUnavailableError(messages.unreachableWhileWaiting(key, wait), { key, cause: this.lastError });
    }
    const retryAfterMs = Math.max(0, Math.ceil(this.holderEndsAt - monotonicNow()));
    return new LockTimeoutError(messages.timeout(key, wait), { key, retryAfterMs });
  }
}
