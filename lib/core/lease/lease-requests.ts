/**
 * The only file that asks the store for leases and gives them back, until that is certain: a request without an answer may
 * have been carried out, or may be yet, so what it may have brought is given back, however often that takes.
 */

import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { Grant, LockStore, ReleaseAnswer, ReleaseRequest, StoreAnswer } from '../../stores/lock-store.js';
import { DEFAULT_TIMING } from '../../stores/protocol.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { Heartbeat } from '../heartbeat/heartbeat.js';
import { asLockError, mayBeCarriedOut, wasNeverSent } from '../store-failure.js';
import type { Holder } from './holder.js';
import type { Lease } from './lease.js';
import type { PendingLease } from './pending-lease.js';
import { PendingLeases } from './pending-leases.js';
import { ReleaseRetries } from './release-retries.js';
import type { Touching } from './touching.js';

/** What an exclusive lock wants of its key. */
export const EXCLUSIVE = { limit: 1, weight: 1 };

/** The answer about a successor of a store that knows none. */
const GONE: StoreAnswer = { state: 'gone' };

/**
 * How many touches are sent in one turn of the event loop; the rest follows when all other code had a chance to run.
 */
const TOUCHES_A_TURN = 64;

/** Taken when the module is loaded, so that a test's fake clock can't hold touches back. */
const soon = setImmediate;

/** Reads one answer of a list. */
const first = <Answer>(answers: readonly Answer[]): Answer => answers[0]!;

export class LeaseRequests {
  /** Those that were asked for and are not held yet. */
  readonly pending: PendingLeases;
  private readonly retries: ReleaseRetries;
  /** How many requests for a lease have no answer yet, and what to call after the last. */
  private asking = 0;
  private onAnswered: (() => void) | undefined;
  /** How many releases have no answer yet, and what to call after the last. */
  private releasing = 0;
  private onReleased: (() => void) | undefined;

  constructor(
    private readonly store: LockStore,
    heartbeat: Heartbeat<Touching>,
    private readonly events: LockEventEmitter,
    private readonly processId: string,
  ) {
    this.pending = new PendingLeases(processId);
    this.retries = new ReleaseRetries(heartbeat, (request) => this.releaseOnce(request));
    store.listen(processId, {
      granted: (grant) => events.outside.run(() => this.granted(grant)),
      resumed: () => events.outside.run(() => this.resume()),
    });
  }

  /** Asks the store for a lease. */
  ask(pending: PendingLease, ttl: number, wait: boolean): void {
    const { key, token } = pending;
    this.asking += 1;
    this.store.acquire([{ key, token, ...EXCLUSIVE, ttl, wait }]).then(
      (answers) => this.answered(pending, plausible(key, first(answers), wait), ttl),
      (error: unknown) => this.answered(pending, { state: 'unknown', error: asLockError(key, error) }, ttl),
    );
  }

  /** Says "I am still here", some at a time. */
  touch(touching: readonly Touching[], begin = 0): void {
    const end = begin + TOUCHES_A_TURN;
    // Some may have ended since they were collected; a touch of those must not be sent.
    const some = touching.slice(begin, end).filter(({ isOver }) => !isOver);
    if (some.length > 0) void this.touchNow(some);
    if (touching.length > end) soon(() => this.touch(touching, end));
  }

  /** Looks now whether a pending lease has been granted. */
  look(pending: PendingLease): void {
    pending.touched(performance.now());
    this.touch([pending]);
  }

  /** Asks for a full ttl at once, before the next renewal is due, and until an answer proves it. */
  claim(lease: Lease, ttl: number): void {
    lease.expectClaim(ttl, performance.now());
    this.touch([lease]);
  }

  /** Extends the lease of a holder now; see `Lock.renew`. */
  async renew(holder: Holder, lease: Lease, ttl = holder.ttl): Promise<void> {
    holder.assertHeld();
    const { key, token } = lease;
    const sentAt = performance.now();
    lease.expectTouch(ttl, sentAt);
    lease.sent(sentAt, ttl);
    const answer = await this.store
      .touch([{ key, token, ttl }])
      .then(first, (error: unknown): StoreAnswer => ({ state: 'unknown', error }));
    lease.answered(answer, sentAt, ttl);
    holder.assertHeld();
    if (answer.state === 'unknown') throw asLockError(key, answer.error);
  }

  /**
   * Gives a lease back. Never rejects: a store that can't be reached is an event, and the release goes on in the background
   * until nothing of the lease can be left. `isInDoubt`: a request for the token may still be carried out behind it.
   */
  release(request: ReleaseRequest, ttl: number, isInDoubt = false): Promise<ReleaseAnswer> {
    this.releasing += 1;
    return this.releaseOnce(request).then((answer) => {
      this.released(request, ttl, answer, isInDoubt);
      return answer;
    });
  }

  /** Sends a release, and leaves it at that. Never rejects: without an answer it is unknown, and the error says why. */
  releaseOnce(request: ReleaseRequest): Promise<ReleaseAnswer> {
    return this.store
      .release([request])
      .then(first, (error: unknown): ReleaseAnswer => ({ state: 'unknown', error: asLockError(request.key, error) }));
  }

  /** Gives a lease back and asks for a pending one in the same step. */
  pass(request: ReleaseRequest, ttl: number, pending: PendingLease, isInDoubt: boolean): Promise<ReleaseAnswer> {
    const { token, ttl: wanted } = pending;
    this.asking += 1;
    return this.release({ ...request, successor: { token, ...EXCLUSIVE, ttl: wanted } }, ttl, isInDoubt).then(
      (answer) => {
        const { error, successor = error === undefined ? GONE : { state: 'unknown', error } } = answer;
        this.answered(pending, successor, wanted);
        return answer;
      },
    );
  }

  /** Makes sure that nothing stays behind of a request whose callers have left; in the background. */
  giveBack(key: string, token: string, ttl: number, isInDoubt = false): Promise<ReleaseAnswer> {
    return this.release({ key, token }, ttl, isInDoubt);
  }

  /** As {@link giveBack}, after a request for the token that brought no answer. */
  takeBack(key: string, token: string, ttl: number, error: unknown): void {
    if (!wasNeverSent(error)) void this.giveBack(key, token, ttl, mayBeCarriedOut(error));
  }

  /** Reports a request that brought no answer. */
  failed(key: string, token: string, during: 'acquire' | 'renew' | 'release', error: unknown): void {
    this.events.audience?.next({ type: 'failed', key, token, during, error: asLockError(key, error) });
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
    this.pending.find(grant.token)?.granted(grant);
  }

  /** Messages may have been missed, or requests carried out late: what waits, or is given back, is asked for now. */
  private resume(): void {
    const now = performance.now();
    const waiting = this.pending.waiting();
    for (const pending of waiting) pending.touched(now);
    this.touch(waiting);
    this.retries.hurry();
  }

  private async touchNow(touching: readonly Touching[]): Promise<void> {
    const requests = touching.map(({ key, token, ttl }) => ({ key, token, ttl }));
    const sentAt = performance.now();
    for (let i = 0; i < touching.length; i++) touching[i]!.sent(sentAt, requests[i]!.ttl);
    let answers: readonly StoreAnswer[];
    try {
      answers = await this.store.touch(requests);
    } catch (error) {
      answers = touching.map(() => ({ state: 'unknown', error }));
    }
    for (let i = 0; i < touching.length; i++) touching[i]!.answered(answers[i]!, sentAt, requests[i]!.ttl);
  }

  private answered(pending: PendingLease, answer: StoreAnswer, ttl: number): void {
    const { key, token } = pending;
    if (answer.state === 'busy' && answer.isInDoubt) void this.giveBack(key, token, ttl, true);
    if (pending.isAbandoned) this.abandoned(pending, answer, ttl);
    else pending.answered(answer, pending.askedAt, ttl);
    this.asking -= 1;
    // What follows from the answer comes first.
    if (this.asking === 0 && this.onAnswered) soon(this.onAnswered);
  }

  /**
   * What a request brought whose callers had left was given back when they did; once more now, as it may have had to be
   * sent in several steps, of which the last may have arrived behind the release.
   */
  private abandoned({ key, token }: PendingLease, answer: StoreAnswer, ttl: number): void {
    if (answer.state === 'unknown') this.takeBack(key, token, ttl, answer.error);
    else if (answer.state !== 'busy' && answer.state !== 'gone') void this.giveBack(key, token, ttl);
  }

  private released(request: ReleaseRequest, ttl: number, answer: ReleaseAnswer, isInDoubt: boolean): void {
    const { state, error } = answer;
    const doubt = answer.isInDoubt ? 'twice' : isInDoubt ? 'once' : 'none';
    if (error !== undefined || doubt === 'twice' || (doubt === 'once' && state !== 'released')) {
      const longest = Math.max(ttl, DEFAULT_TIMING.placeLife + DEFAULT_TIMING.claimWindow);
      this.retries.add({ request, longest, doubt }, answer);
    }
    if (error !== undefined) this.failed(request.key, request.token, 'release', error);
    this.releasing -= 1;
    if (this.releasing === 0) this.onReleased?.();
  }
}

/** A new token is not gone, and a request that may wait is not busy: with a store that says so, asking would never end. */
function plausible(key: string, answer: StoreAnswer, wait: boolean): StoreAnswer {
  if (answer.state !== 'gone' && !(answer.state === 'busy' && wait)) return answer;
  return { state: 'unknown', error: new LockUnavailableError(messages.oddAnswer(key, answer.state), { key }) };
}
