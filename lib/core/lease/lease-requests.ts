/**
 * The only file that asks the store for leases and gives them back, until that is certain: a request without an answer may
 * have been carried out, or may be yet, so what it may have brought is given back, however often that takes.
 */

import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type {
  AcquireRequest,
  Grant,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
} from '../../stores/lock-store.js';
import { DEFAULT_TIMING } from '../../stores/protocol.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { Heartbeat } from '../heartbeat/heartbeat.js';
import type { LockSettings } from '../settings.js';
import type { Journal } from '../journal.js';
import { asLockError, mayBeCarriedOut, wasNeverSent } from '../store-failure.js';
import { storeChannel } from '../tracing/channels.js';
import { traceRequest } from '../tracing/store-trace.js';
import { LeaseTouches, soon } from './lease-touches.js';
import type { LeaseWatcher } from './lease-watch.js';
import { marginOf } from './margin.js';
import type { PendingLease } from './pending-lease.js';
import { PendingLeases } from './pending-leases.js';
import { ReleaseRetries } from './release-retries.js';
import type { Touching } from './touching.js';

/** What came of a release. */
export interface ReleaseOutcome extends ReleaseAnswer {
  /** Where it brought no answer: resolves when it was answered after all, or nothing can be left of the lease. */
  readonly settled?: Promise<void>;
}

/** The answer about a successor of a store that knows none. */
const GONE: StoreAnswer = { state: 'gone' };

export class LeaseRequests extends LeaseTouches {
  /** Those that were asked for and are not held yet. */
  readonly pending: PendingLeases;
  private readonly retries: ReleaseRetries;
  /** How many requests for a lease have no answer yet, and what to call after the last. */
  private asking = 0;
  private onAnswered: (() => void) | undefined;
  /** How many releases have no answer yet, and what to call after the last. */
  private releasing = 0;
  private onReleased: (() => void) | undefined;
  /** Whether the store may be there: it has not said that it is out of reach. */
  isReachable = true;
  /** Called when {@link isReachable} has changed. */
  onReach: (() => void) | undefined;
  /** What renews leases while this thread is blocked; undefined where nothing does. */
  watcher: LeaseWatcher | undefined = undefined;
  /** Called with what another process says. */
  onTold: ((text: string) => void) | undefined;
  /** Called when messages may have been missed. */
  onResumed: (() => void) | undefined;

  constructor(
    store: LockStore,
    heartbeat: Heartbeat<Touching>,
    events: LockEventEmitter,
    private readonly processId: string,
    journal?: Journal,
  ) {
    super(store, events, journal);
    this.pending = new PendingLeases(processId);
    this.retries = new ReleaseRetries(heartbeat, (request) => this.releaseOnce(request));
    store.listen(processId, {
      granted: (grant) => events.outside.run(() => this.granted(grant)),
      resumed: () => events.outside.run(() => this.resume()),
      reachable: (isReachable) => events.outside.run(() => this.reach(isReachable)),
      told: (text) => events.outside.run(() => this.onTold?.(text)),
    });
  }

  /** Asks the store for a lease. */
  ask(pending: PendingLease, settings: LockSettings, wait: boolean): void {
    const { key } = pending;
    const { ttl } = settings;
    const request = requestOf(pending, settings, wait);
    this.asking += 1;
    const asked = storeChannel.hasSubscribers
      ? traceRequest(this.traced('acquire', 1), () => this.store.acquire([request]))
      : this.store.acquire([request]);
    asked.then(
      (answers) => this.answered(pending, plausible(key, answers[0]!, wait), ttl, request.ttl),
      (error: unknown) => this.notAnswered(pending, error, ttl, request.ttl),
    );
  }

  /** Whether the store may see several keys together. */
  get canAskTogether(): boolean {
    return this.store.acquireTogether !== undefined;
  }

  /** Asks for leases of several keys at once: all or none. False where the store does not see them together. */
  askTogether(pendings: readonly PendingLease[], settings: readonly LockSettings[]): boolean {
    const requests = pendings.map((pending, i) => requestOf(pending, settings[i]!, false));
    const sent = this.store.acquireTogether?.(requests);
    if (!sent) return false;
    const asked = storeChannel.hasSubscribers
      ? traceRequest(this.traced('acquire', requests.length), () => sent)
      : sent;
    this.asking += pendings.length;
    asked.then(
      (answer) => {
        pendings.forEach((pending, i) =>
          this.answered(pending, answerTogether(answer, pending.key, i), settings[i]!.ttl, requests[i]!.ttl),
        );
      },
      (error: unknown) => {
        pendings.forEach((pending, i) => this.notAnswered(pending, error, settings[i]!.ttl, requests[i]!.ttl));
      },
    );
    return true;
  }

  /**
   * Gives a lease back. Never rejects: a store that can't be reached is an event, and the release goes on in the background
   * until nothing of the lease can be left, which the store may keep for `length` milliseconds. `isInDoubt`: a request for
   * the token may still be carried out behind it.
   */
  release(request: ReleaseRequest, length: number, isInDoubt = false): Promise<ReleaseOutcome> {
    this.releasing += 1;
    return this.releaseOnce(request).then((answer) => {
      const settled = this.released(request, length, answer, isInDoubt);
      return answer.error !== undefined && settled ? { ...answer, settled } : answer;
    });
  }

  /** Goes on when a touch of the heartbeat thread has ended; a shutdown waits for that as for a release. */
  async after(touch: Promise<void>, act: () => Promise<ReleaseOutcome>): Promise<ReleaseOutcome> {
    this.releasing += 1;
    await touch;
    const answer = await act();
    this.releasing -= 1;
    if (this.releasing === 0) this.onReleased?.();
    return answer;
  }

  /** Sends a release, and leaves it at that. Never rejects: without an answer it is unknown, and the error says why. */
  releaseOnce(request: ReleaseRequest): Promise<ReleaseAnswer> {
    const released = storeChannel.hasSubscribers
      ? traceRequest(this.traced('release', 1), () => this.store.release([request]))
      : this.store.release([request]);
    return released.then(
      ([answer]) => answer!,
      (error: unknown): ReleaseAnswer => {
        this.journal.unanswered(error);
        return { state: 'unknown', error: asLockError(request.key, error) };
      },
    );
  }

  /** Gives a lease back and asks for a pending one in the same step. */
  pass(request: ReleaseRequest, length: number, pending: PendingLease, isInDoubt: boolean): Promise<ReleaseOutcome> {
    const { token, ttl: wanted, margin, share } = pending;
    const { limit, weight } = share;
    this.asking += 1;
    const successor = { token, limit, weight, ttl: wanted + margin };
    return this.release({ ...request, successor }, length, isInDoubt).then((answer) => {
      const { error, successor: outcome = error === undefined ? GONE : { state: 'unknown', error } } = answer;
      this.answered(pending, outcome, wanted, successor.ttl);
      return answer;
    });
  }

  /** Makes sure that nothing stays behind of a request whose callers have left; in the background. */
  giveBack(key: string, token: string, length: number, isInDoubt = false): Promise<ReleaseAnswer> {
    return this.release({ key, token }, length, isInDoubt);
  }

  /** As {@link giveBack}, after a request for the token that brought no answer. */
  takeBack(key: string, token: string, length: number, error: unknown): void {
    if (!wasNeverSent(error)) void this.giveBack(key, token, length, mayBeCarriedOut(error));
  }

  /** Resolves when everything is answered that a lease was asked with. */
  async answeredAll(): Promise<void> {
    if (this.asking > 0) await new Promise<void>((resolve) => (this.onAnswered = resolve));
  }

  /**
   * Resolves when every release was sent and answered; those of before, which brought no answer, are tried once more.
   * `takeAway` gives back what is still held.
   */
  async close(takeAway: () => void): Promise<void> {
    const tried = this.retries.close();
    takeAway();
    if (this.releasing > 0) await new Promise<void>((resolve) => (this.onReleased = resolve));
    await tried;
    this.store.listen(this.processId, null);
  }

  private granted(grant: Grant): void {
    const { token } = grant;
    const pending = this.pending.find(token);
    if (pending) pending.granted(grant);
    else this.wishes.get(token)?.ring();
  }

  /** Messages may have been missed, or requests carried out late: what waits, or is given back, is asked for now. */
  private resume(): void {
    const now = performance.now();
    const waiting = this.pending.waiting();
    for (const pending of waiting) pending.touched(now);
    this.touch(waiting);
    this.retries.hurry();
    this.ringWishes();
    this.onResumed?.();
  }

  private reach(isReachable: boolean): void {
    if (isReachable === this.isReachable) return;
    this.isReachable = isReachable;
    this.journal.reachable(isReachable);
    this.onReach?.();
  }

  private notAnswered(pending: PendingLease, error: unknown, ttl: number, length: number): void {
    this.journal.unanswered(error);
    this.answered(pending, { state: 'unknown', error: asLockError(pending.key, error) }, ttl, length);
  }

  /** `ttl` is what the caller asked for, `length` what the store was asked for. */
  private answered(pending: PendingLease, answer: StoreAnswer, ttl: number, length: number): void {
    const { key, token } = pending;
    if (this.journal.isAway && answer.state !== 'unknown') this.journal.answered();
    if (answer.state === 'busy' && answer.isInDoubt) void this.giveBack(key, token, length, true);
    if (pending.isAbandoned) this.abandoned(pending, answer, length);
    else pending.answered(answer, pending.askedAt, ttl);
    this.asking -= 1;
    // What follows from the answer comes first.
    if (this.asking === 0 && this.onAnswered) soon(this.onAnswered);
  }

  /**
   * What a request brought whose callers had left was given back when they did; once more now, as it may have had to be
   * sent in several steps, of which the last may have arrived behind the release.
   */
  private abandoned({ key, token }: PendingLease, answer: StoreAnswer, length: number): void {
    if (answer.state === 'unknown') this.takeBack(key, token, length, answer.error);
    else if (answer.state !== 'busy' && answer.state !== 'gone') void this.giveBack(key, token, length);
  }

  private released(
    request: ReleaseRequest,
    length: number,
    answer: ReleaseAnswer,
    isInDoubt: boolean,
  ): Promise<void> | undefined {
    const { state, error } = answer;
    if (this.journal.isAway && error === undefined) this.journal.answered();
    const doubt = answer.isInDoubt ? 'twice' : isInDoubt ? 'once' : 'none';
    let settled: Promise<void> | undefined;
    if (error !== undefined || doubt === 'twice' || (doubt === 'once' && state !== 'released')) {
      const longest = Math.max(length, DEFAULT_TIMING.placeLife + DEFAULT_TIMING.claimWindow);
      settled = this.retries.add({ request, longest, doubt }, answer);
    }
    if (error !== undefined) this.failed(request, 'release', error);
    this.releasing -= 1;
    if (this.releasing === 0) this.onReleased?.();
    return settled;
  }
}

function requestOf({ key, token }: PendingLease, settings: LockSettings, wait: boolean): AcquireRequest {
  const { ttl, lockDelay, minHold, share } = settings;
  const margin = minHold === 0 ? lockDelay : marginOf(settings, ttl);
  return { key, token, limit: share.limit, weight: share.weight, ttl: ttl + margin, wait };
}

function answerTogether(answer: TogetherAnswer, key: string, index: number): StoreAnswer {
  if (answer.state === 'busy') {
    // Those that were free have nothing in their way.
    return { state: 'busy', expiresIn: index === answer.index ? Math.max(1, answer.expiresIn) : 0, at: 0 };
  }
  return plausible(key, { state: 'held', fencingToken: answer.fencingTokens[index]! }, false);
}

/** A new token is not gone, and a request that may wait is not busy: with a store that says so, asking would never end. */
function plausible(key: string, answer: StoreAnswer, wait: boolean): StoreAnswer {
  if (answer.state !== 'gone' && !(answer.state === 'busy' && wait)) return answer;
  return { state: 'unknown', error: new LockUnavailableError(messages.oddAnswer(key, answer.state), { key }) };
}
