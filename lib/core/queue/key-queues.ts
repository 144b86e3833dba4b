/** Which queue a caller joins: that of its key, unless it wants a place of its own in the server's queue. */
import type { LockError } from '../../lock.errors.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { Heartbeat } from '../heartbeat/heartbeat.js';
import type { LateLock } from '../grace-time.js';
import type { HandOffBudget } from '../lease/hand-off.js';
import type { LeaseRequests } from '../lease/lease-requests.js';
import type { Touching } from '../lease/touching.js';
import { KeyQueue } from './key-queue.js';
import type { QueueTools } from './key-queue.js';
import * as refusals from './refusals.js';
import type { Waiter } from './waiter.js';

/** A caller with a place of its own has a queue to itself, and hands nothing on. */
const NO_HAND_OFF: HandOffBudget = { count: 0, time: 0 };

export class KeyQueues implements QueueTools {
  /** The queues that later callers join, by key; for why it is no Map see `linked-list.ts`. */
  private readonly shared = Object.create(null) as Record<string, KeyQueue | undefined>;
  /** The queues of callers with a place of their own. */
  private readonly apart = new Set<KeyQueue>();
  private readonly apartTools: QueueTools;
  /** How many there are; the keys of an object can't be counted without listing all of them. */
  private count = 0;
  private onEmpty: (() => void) | undefined;

  constructor(
    readonly requests: LeaseRequests,
    readonly heartbeat: Heartbeat<Touching>,
    readonly events: LockEventEmitter,
    readonly budget: HandOffBudget,
  ) {
    const forget = (queue: KeyQueue): void => this.forget(queue);
    this.apartTools = { requests, heartbeat, events, forget, budget: NO_HAND_OFF };
  }

  /**
   * Takes one key, for a caller that has not cancelled yet. Refuses with `LockBusyError`, `LockTimeoutError`,
   * `LockUnavailableError`, or the reason of the caller's signal.
   */
  take(key: string, waiter: Waiter, now: number): void {
    const { settings } = waiter;
    const queue = this.shared[key];
    if (queue && !settings.fair) {
      if (settings.wait > 0) return queue.join(waiter, now);
      // A caller of this very process has it, so there is no need to ask the store.
      const heldFor = queue.heldFor(now);
      if (heldFor > 0) return this.turnAway(key, waiter, heldFor);
    }
    this.open(key, settings.fair || queue !== undefined).join(waiter, now);
  }

  /** Ends every wait. */
  close(reason: (key: string) => LockError): void {
    for (const queue of this.all()) queue.close(reason(queue.key));
  }

  /** Whether no key has a holder or a waiter. */
  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Resolves when no key has a holder or a waiter any more. */
  async emptied(): Promise<void> {
    if (!this.isEmpty) await new Promise<void>((resolve) => (this.onEmpty = resolve));
  }

  /** What callers hold. */
  held(): LateLock[] {
    return this.all().flatMap(({ key, heldSince: since }) => (since === undefined ? [] : [{ key, since }]));
  }

  /** Takes every lease from its holder. */
  takeAway(message: (key: string) => string, cause: (key: string) => LockError): void {
    for (const queue of this.all()) queue.takeAway(message(queue.key), cause(queue.key));
  }

  forget(queue: KeyQueue): void {
    if (this.shared[queue.key] === queue) delete this.shared[queue.key];
    else if (!this.apart.delete(queue)) return;
    this.count -= 1;
    if (this.count === 0) this.onEmpty?.();
  }

  private all(): KeyQueue[] {
    return [...(Object.values(this.shared) as KeyQueue[]), ...this.apart];
  }

  private turnAway(key: string, waiter: Waiter, heldFor: number): void {
    this.events.audience?.next({ type: 'timeout', key, token: '', waitedMs: 0 });
    waiter.reject(refusals.busy(key, heldFor, true));
  }

  private open(key: string, apart: boolean): KeyQueue {
    const queue = new KeyQueue(key, apart ? this.apartTools : this);
    if (apart) this.apart.add(queue);
    else this.shared[key] = queue;
    this.count += 1;
    return queue;
  }
}
