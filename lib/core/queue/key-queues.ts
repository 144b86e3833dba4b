/**
 * Which queue a caller joins: that of all who want the same of its key, unless it wants a place of its own in the server's
 * queue. Callers that want different things of one key meet in the server's queue, as those of different processes do.
 */
import type { LockError } from '../../lock.errors.js';
import { SHARED_FENCE_BLOCK } from '../../stores/protocol.js';
import type { LockEventEmitter } from '../event-emitter.js';
import type { Heartbeat } from '../heartbeat/heartbeat.js';
import type { LateLock } from '../grace-time.js';
import type { HandOffBudget } from '../lease/hand-off.js';
import type { HeldLease } from '../lease/held-lease.js';
import type { DetachedLease, Holder } from '../lease/holder.js';
import type { NewLease } from '../lease/lease.js';
import type { LeaseRequests } from '../lease/lease-requests.js';
import { PassedLease } from '../lease/passed-lease.js';
import type { Touching } from '../lease/touching.js';
import type { LockSettings } from '../settings.js';
import type { AskingCallers, QueueTools } from './asking-callers.js';
import { KeyQueue } from './key-queue.js';
import { LeasePlace } from './lease-place.js';
import type { PlaceHome } from './lease-place.js';
import * as refusals from './refusals.js';
import { SharedQueue } from './shared-queue.js';
import type { Waiter } from './waiter.js';

/** A caller with a place of its own has a queue to itself, and hands nothing on. */
const NO_HAND_OFF: HandOffBudget = { count: 0, time: 0 };

/** Callers that want the same of a key, and what they hold. */
interface Member {
  readonly key: string;
  close(reason: LockError): void;
  /** The store is out of reach, or is there again. */
  reachChanged?(): void;
  leases(): readonly HeldLease[];
  waiting: AskingCallers['waiting'];
}

export class KeyQueues implements QueueTools {
  /** The queues of callers that want a key for themselves, by key; for why it is no Map see `linked-list.ts`. */
  private readonly exclusive = Object.create(null) as Record<string, KeyQueue | undefined>;
  /** The queues of callers that want something else, by what they want and key. */
  private readonly others = new Map<string, AskingCallers>();
  /** The queues of callers with a place of their own, and what belongs to its holder alone. */
  private readonly apart = new Set<Member>();
  private readonly apartTools: QueueTools;
  private readonly apartHome: PlaceHome;
  /** Tokens of the leases that were adopted, or are about to be. */
  readonly adopted = new Set<string>();
  /** How many there are; the keys of an object can't be counted without listing all of them. */
  private count = 0;
  private onEmpty: (() => void) | undefined;

  constructor(
    readonly requests: LeaseRequests,
    readonly heartbeat: Heartbeat<Touching>,
    readonly events: LockEventEmitter,
    readonly budget: HandOffBudget,
  ) {
    requests.onReach = () => this.reachChanged();
    this.apartTools = this.toolsFor((queue) => this.forgetApart(queue), NO_HAND_OFF);
    this.apartHome = {
      tools: this.apartTools,
      next: undefined,
      takeNext: () => {
        throw new Error('Nobody waits for a lease that belongs to its holder alone.');
      },
      left: (place) => {
        this.forgetApart(place);
        return undefined;
      },
    };
  }

  /**
   * Takes one key, for a caller that has not cancelled yet. Refuses with `LockBusyError`, `LockTimeoutError`,
   * `LockUnavailableError`, or the reason of the caller's signal.
   */
  take(key: string, waiter: Waiter, now: number): void {
    const { settings } = waiter;
    const group = groupOf(key, settings);
    const queue = this.queueOf(key, group);
    const isApart = wantsOwnPlace(settings);
    if (queue && !isApart) {
      if (settings.wait > 0) return queue.join(waiter, now);
      if (queue.letIn(waiter, now)) return;
      // A caller of this very process has it, so there is no need to ask the store.
      const heldFor = queue.heldFor(now);
      if (heldFor > 0) return waiter.reject(refusals.busy(key, heldFor, true));
    }
    if (settings.wait === 0 && !this.requests.isReachable) return this.outOfReach(key, waiter);
    if (isApart || queue) return this.openApart(key).join(waiter, now);
    const opened = group === undefined ? this.openExclusive(key) : this.openOther(key, group, settings);
    opened.join(waiter, now);
  }

  /**
   * Takes several keys in one request: all or none. False where that can't be, because another caller of this process is
   * ahead for one of them, or the store does not see the keys together. Callers are refused with `LockBusyError`, too.
   */
  takeTogether(asked: readonly { readonly key: string; readonly waiter: Waiter }[], now: number): boolean {
    const { requests } = this;
    // A caller that does not wait for the store is refused for the first of its keys.
    if (!requests.canAskTogether || (!requests.isReachable && asked[0]!.waiter.wait === 0)) return false;
    const settings = asked.map(({ waiter }) => waiter.settings);
    const groups = asked.map(({ key }, i) => groupOf(key, settings[i]!));
    if (asked.some(({ key }, i) => this.queueOf(key, groups[i]))) return false;
    const queues = asked.map(({ key }, i) =>
      wantsOwnPlace(settings[i]!) || groups[i] !== undefined ? this.openApart(key) : this.openExclusive(key),
    );
    const pendings = queues.map((queue, i) => queue.joinTogether(asked[i]!.waiter, now));
    if (requests.askTogether(pendings, settings)) return true;
    queues.forEach((queue, i) => queue.withdraw(asked[i]!.waiter));
    return false;
  }

  /** Goes on with a lease that another process had. */
  adopt(grant: NewLease, detached: DetachedLease, id: number, now: number): Holder {
    const { key, settings, acquiredAt } = detached;
    const place = this.openPlace(key, {
      ...this.apartHome,
      left: (left, isLost) => {
        this.adopted.delete(grant.token);
        return this.apartHome.left(left, isLost);
      },
    });
    const since = now - Math.max(0, Date.now() - acquiredAt);
    const lease = new PassedLease(grant, since, place, settings);
    place.put(lease);
    return lease.adopt(detached, id, since, now);
  }

  /** Ends every wait. */
  close(reason: (key: string) => LockError): void {
    for (const member of this.all()) member.close(reason(member.key));
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
    return this.leases().flatMap(({ key, heldSince: since }) => (since === undefined ? [] : [{ key, since }]));
  }

  /** Takes every lease from its holder. */
  takeAway(message: (key: string) => string, cause: (key: string) => LockError): void {
    for (const lease of this.leases()) lease.lose(message(lease.key), { cause: cause(lease.key), reason: 'shutdown' });
  }

  /** All leases of this process. */
  leases(): HeldLease[] {
    return this.all().flatMap((member) => member.leases());
  }

  /** The callers of this process that have to do with a key. */
  membersOf(key: string): Member[] {
    const exclusive = this.exclusive[key];
    const others = [...this.others.values(), ...this.apart].filter((member) => member.key === key);
    return exclusive ? [exclusive, ...others] : others;
  }

  // What queues need.

  /** Of the queues of callers that want a key for themselves; others have tools of their own. */
  forget({ key }: AskingCallers): void {
    delete this.exclusive[key];
    this.oneLess();
  }

  isWantedAlone(key: string): boolean {
    return this.exclusive[key]?.next !== undefined;
  }

  placeApart(key: string, lease: HeldLease): LeasePlace {
    const place = this.openPlace(key);
    place.put(lease);
    return place;
  }

  private forgetApart(member: Member): void {
    if (this.apart.delete(member)) this.oneLess();
  }

  private oneLess(): void {
    this.count -= 1;
    if (this.count === 0) this.onEmpty?.();
  }

  private all(): Member[] {
    return [...(Object.values(this.exclusive) as KeyQueue[]), ...this.others.values(), ...this.apart];
  }

  private queueOf(key: string, group: string | undefined): AskingCallers | undefined {
    return group === undefined ? this.exclusive[key] : this.others.get(group);
  }

  /** The store is known to be out of reach, so that it is not asked. */
  private outOfReach(key: string, waiter: Waiter): void {
    const error = refusals.outOfReach(key);
    waiter.reject(error);
    this.requests.failed({ key, token: '', label: waiter.settings.label }, 'acquire', error);
  }

  private reachChanged(): void {
    for (const member of this.all()) member.reachChanged?.();
  }

  private openExclusive(key: string): KeyQueue {
    this.count += 1;
    return (this.exclusive[key] = new KeyQueue(key, this));
  }

  private openOther(key: string, group: string, settings: LockSettings): AskingCallers {
    const forget = (): void => {
      if (this.others.delete(group)) this.oneLess();
    };
    const { budget } = this;
    const isExclusive = settings.share.limit === 1;
    const count = isExclusive ? budget.count : Math.min(budget.count, SHARED_FENCE_BLOCK - 1);
    const tools = this.toolsFor(forget, { ...budget, count });
    const queue = isExclusive ? new KeyQueue(key, tools) : new SharedQueue(key, tools, settings);
    this.count += 1;
    this.others.set(group, queue);
    return queue;
  }

  /** What a queue needs that is not one of all callers who want a key for themselves. */
  private toolsFor(forget: QueueTools['forget'], budget: HandOffBudget): QueueTools {
    const { requests, heartbeat, events } = this;
    const placeApart = this.placeApart.bind(this);
    const isWantedAlone = this.isWantedAlone.bind(this);
    return { requests, heartbeat, events, forget, placeApart, isWantedAlone, budget };
  }

  private openApart(key: string): KeyQueue {
    const queue = new KeyQueue(key, this.apartTools);
    this.count += 1;
    this.apart.add(queue);
    return queue;
  }

  private openPlace(key: string, home = this.apartHome): LeasePlace {
    const place = new LeasePlace(key, home);
    this.count += 1;
    this.apart.add(place);
    return place;
  }
}

/** Whether a caller waits by itself in the server's queue, and hands nothing on. */
function wantsOwnPlace({ fair, minHold }: LockSettings): boolean {
  return fair || minHold > 0;
}

/** Callers of the same group want the same of the key, but for how long they wait; undefined: the key for themselves. */
function groupOf(key: string, { share, lockDelay, ttl, autoRenew, maxHold }: LockSettings): string | undefined {
  if (share.limit === 1 && lockDelay === 0) return undefined;
  return `${share.limit} ${share.weight} ${lockDelay} ${ttl} ${autoRenew} ${maxHold} ${key}`;
}
