/**
 * A release that is not done yet: it brought no answer, or it was answered "gone" although the request that it undoes may
 * still come to life (in the buffer of a server that hangs, of a proxy, or by way of another server). It is repeated on the
 * heartbeat, less often after a while, until the store says that the token was released, or nothing of it can be left.
 */
import type { ReleaseAnswer, ReleaseRequest } from '../../stores/lock-store.js';
import type { Beat } from '../heartbeat/heartbeat.js';

const RETRY_PAUSE = 500;
/**
 * What comes to life late locks its key until it is found: it is looked for after so many milliseconds at the latest, or
 * after this part of the time for which it could lock the key.
 */
const LONGEST_PAUSE = { milliseconds: 2_000, part: 1 / 60 };

/** What is known of it. */
export interface Unfinished {
  readonly request: ReleaseRequest;
  /** For how long something of the token can be left once the store can be reached, in milliseconds. */
  readonly longest: number;
  /**
   * Whether a request for the token may still be carried out, so that "gone" proves nothing; `twice`: although one like it
   * was carried out already, so that "released" proves nothing either.
   */
  readonly doubt: 'none' | 'once' | 'twice';
}

/** The owner of a retry: sends it, and hears when it is done. */
export interface RetryOwner {
  /** Sends it; never rejects. */
  send(request: ReleaseRequest): Promise<ReleaseAnswer>;
  /** Its due time has changed. */
  moved(retry: ReleaseRetry): void;
  /** It is done, or need not be any more. */
  finished(retry: ReleaseRetry): void;
}

export class ReleaseRetry implements Beat<never> {
  heapIndex = -1;
  dueAt = performance.now() + RETRY_PAUSE;
  /** While it is being sent. */
  underWay: Promise<void> | undefined = undefined;
  /** Called when nothing more is done about it. */
  onFinished: (() => void) | undefined = undefined;
  private readonly request: ReleaseRequest;
  private readonly longest: number;
  private readonly doubt: Unfinished['doubt'];
  private pause = RETRY_PAUSE;
  /** Monotonic time after which nothing can be left; Infinity while that is not known. */
  private until: number;

  constructor(
    { request, longest, doubt }: Unfinished,
    private readonly owner: RetryOwner,
  ) {
    // A successor is not asked for again: it looks after itself.
    const { key, token, fencingToken } = request;
    this.request = { key, token, fencingToken };
    this.longest = longest;
    this.doubt = doubt;
    // A lease that is known ends by the server's clock; what has not come to life yet waits for the server.
    this.until = doubt === 'none' ? performance.now() + longest : Infinity;
  }

  beat(now: number): undefined {
    // Of a lease that is known nothing is left then; whatever else has come to life since is taken back now.
    if (now >= this.until && this.doubt === 'none') this.owner.finished(this);
    else this.tryAgain();
  }

  /** Sends it now. */
  tryAgain(): void {
    if (this.underWay) return;
    // Until the answer, or until there is none.
    this.dueAt = Infinity;
    this.underWay = this.send();
  }

  /** It was answered like this. */
  answered({ state, error }: ReleaseAnswer): void {
    if (error !== undefined) return this.wait(RETRY_PAUSE);
    if (this.doubt === 'none' || (this.doubt === 'once' && state === 'released')) return this.owner.finished(this);
    // Only now it is sure that the store can be reached.
    const now = performance.now();
    if (this.until === Infinity) this.until = now + this.longest;
    if (now >= this.until) return this.owner.finished(this);
    this.wait(this.pause);
    const { milliseconds, part } = LONGEST_PAUSE;
    this.pause = Math.min(2 * this.pause, Math.max(milliseconds, this.longest * part));
  }

  private async send(): Promise<void> {
    const answer = await this.owner.send(this.request);
    this.underWay = undefined;
    this.answered(answer);
  }

  private wait(pause: number): void {
    this.dueAt = Math.min(performance.now() + pause, this.until);
    this.owner.moved(this);
  }
}
