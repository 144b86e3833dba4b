/**
 * Says "I am still here" to the store, for leases that are held and leases that are waited for: in lists, some at a time,
 * and by hand. What is asked for is the lease as its holder believes in it and the margin beyond it, which is the store's
 * business alone.
 */
import type { LockError } from '../../lock.errors.js';
import type { ConvertRequest, LockStore, ReleaseAnswer, StoreAnswer, TouchRequest } from '../../stores/lock-store.js';
import type { LockStoreMessage } from '../../lock.channels.js';
import type { LockEventEmitter } from '../event-emitter.js';
import { asLockError } from '../store-failure.js';
import { storeChannel } from '../tracing/channels.js';
import { traceRequest } from '../tracing/store-trace.js';
import { Journal } from '../journal.js';
import type { Holder } from './holder.js';
import type { Lease } from './lease.js';
import type { PendingLease } from './pending-lease.js';
import type { Touching } from './touching.js';
import type { Wish } from './wish.js';

/**
 * How many touches are sent in one turn of the event loop; the rest follows when all other code had a chance to run.
 */
const TOUCHES_A_TURN = 64;

/** Taken when the module is loaded, so that a test's fake clock can't hold touches back. */
export const soon = setImmediate;

/** What a request was about. */
interface Asked {
  readonly key: string;
  readonly token: string;
  /** Empty where it belongs to no caller any more. */
  readonly label?: string | undefined;
}

export class LeaseTouches {
  /** Conversions that are not settled yet, by token. */
  readonly wishes = new Map<string, Wish>();
  /** Why no conversion is waited for any more; undefined while it may be. */
  closedBy: ((key: string) => LockError) | undefined = undefined;

  constructor(
    protected readonly store: LockStore,
    protected readonly events: LockEventEmitter,
    readonly journal: Journal = new Journal(events, undefined),
  ) {}

  /** Whether the store knows shares. */
  get canConvert(): boolean {
    return this.store.convert !== undefined;
  }

  /** Where timers are set. */
  get outside(): LockEventEmitter['outside'] {
    return this.events.outside;
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
    const answer = await this.touchOne(key, token, ttl + lease.margin);
    lease.answered(answer, sentAt, ttl);
    holder.assertHeld();
    if (answer.state === 'unknown') throw asLockError(key, answer.error);
  }

  /** Asks for another share for a holder, where the store knows shares. Never rejects. */
  convert(request: ConvertRequest): Promise<StoreAnswer> {
    const { store } = this;
    const converted = storeChannel.hasSubscribers
      ? traceRequest(this.traced('convert', 1), () => store.convert!(request))
      : store.convert!(request);
    return converted.catch((error: unknown): StoreAnswer => ({
      state: 'unknown',
      error: asLockError(request.key, error),
    }));
  }

  /** Leaves a lease to end by itself after so many milliseconds, without an owner. Never rejects. */
  async keep(lease: Lease & Asked, milliseconds: number): Promise<ReleaseAnswer> {
    const { key, token } = lease;
    const answer = await this.touchOne(key, token, milliseconds);
    if (answer.state === 'held') return { state: 'released' };
    if (answer.state !== 'unknown') return { state: 'gone' };
    const { error } = answer;
    this.failed(lease, 'release', error);
    return { state: 'unknown', error };
  }

  /** What the store says of a token; never rejects. */
  touchOne(key: string, token: string, ttl: number): Promise<StoreAnswer> {
    return this.sendTouches([{ key, token, ttl }]).then(
      ([answer]) => answer!,
      (error: unknown): StoreAnswer => {
        this.journal.unanswered(error);
        return { state: 'unknown', error: asLockError(key, error) };
      },
    );
  }

  /** From now on no conversion is waited for; those that are hear why. */
  refuseWishes(reason: (key: string) => LockError): void {
    this.closedBy = reason;
    this.ringWishes();
  }

  /** Something may have changed for whatever wish. */
  protected ringWishes(): void {
    for (const wish of this.wishes.values()) wish.ring();
  }

  /** Reports a request that brought no answer. */
  failed({ key, token, label = '' }: Asked, during: 'acquire' | 'renew' | 'release', error: unknown): void {
    if (during === 'renew') this.journal.renewalFailed(key, error);
    this.events.audience?.next({ type: 'failed', key, token, label, during, error: asLockError(key, error) });
  }

  /** What is published of a request. */
  protected traced(operation: LockStoreMessage['operation'], count: number) {
    return { instance: this.events.instance, operation, count };
  }

  private sendTouches(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    const { store } = this;
    if (!storeChannel.hasSubscribers) return store.touch(requests);
    return traceRequest(this.traced('touch', requests.length), () => store.touch(requests));
  }

  private async touchNow(touching: readonly Touching[]): Promise<void> {
    const requests = touching.map(({ key, token, ttl, margin }) => ({ key, token, ttl: ttl + margin }));
    const ttls = touching.map(({ ttl }) => ttl);
    const sentAt = performance.now();
    for (let i = 0; i < touching.length; i++) touching[i]!.sent(sentAt, ttls[i]!);
    let answers: readonly StoreAnswer[];
    try {
      answers = await this.sendTouches(requests);
      if (this.journal.isAway && answers.some(({ state }) => state !== 'unknown')) this.journal.answered();
    } catch (error) {
      this.journal.unanswered(error);
      answers = touching.map(() => ({ state: 'unknown', error }));
    }
    for (let i = 0; i < touching.length; i++) touching[i]!.answered(answers[i]!, sentAt, ttls[i]!);
  }
}
